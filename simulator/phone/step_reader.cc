#include "simulator/phone/step_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace provdlab::phone {
namespace {

constexpr int kDeepestStep = 12;
constexpr std::size_t kMostSteps = 5000;

struct Verb {
  std::string_view name;
  Step::Kind kind;
};
constexpr std::array<Verb, 12> kVerbs = {{
    {"get", Step::Kind::kGet},
    {"head", Step::Kind::kHead},
    {"put", Step::Kind::kPut},
    {"firmware", Step::Kind::kFirmware},
    {"pause", Step::Kind::kPause},
    {"do", Step::Kind::kDo},
    {"each", Step::Kind::kEach},
    {"restart", Step::Kind::kRestart},
    {"show", Step::Kind::kShow},
    {"halt", Step::Kind::kHalt},
    {"leave", Step::Kind::kLeave},
    {"apply", Step::Kind::kApply},
}};

struct Branch {
  const char* name;
  std::optional<std::vector<Step>> Step::*member;
};
constexpr std::array<Branch, 6> kBranches = {{
    {"found", &Step::found},
    {"broken", &Step::broken},
    {"missing", &Step::missing},
    {"refused", &Step::refused},
    {"failed", &Step::failed},
    {"otherwise", &Step::otherwise},
}};

std::vector<Step> ReadList(const ObjectReader& object, const char* name, ValueReader& values, int depth);

Step ReadStep(const Json& json, const std::string& where, ValueReader& values, int depth) {
  const ObjectReader object(json, where, values.mistakes());
  Step step;
  std::vector<std::string_view> verbs;
  for (const Verb& verb : kVerbs) {
    if (object.Find(std::string(verb.name).c_str()) == nullptr) continue;
    verbs.push_back(verb.name);
    step.kind = verb.kind;
  }
  if (verbs.empty()) {
    object.Mistake("it does nothing: a step has one of get, head, put, firmware, pause, do, each, restart, show, halt, leave, apply");
    return step;
  }
  if (verbs.size() > 1) object.Mistake("it does two things, " + std::string(verbs[0]) + " and " + std::string(verbs[1]));
  const std::string verb(verbs[0]);
  step.when = values.When(object, "when");

  const auto server = [&] {
    const std::string from = object.Text("from", "folder");
    if (from != "folder" && from != "root") object.Mistake("from is neither folder nor root");
    step.from_root = from == "root";
    step.servers = values.Phrases(object, "server");
  };
  const auto branches = [&] {
    for (const Branch& branch : kBranches)
      if (object.Find(branch.name) != nullptr) step.*branch.member = ReadList(object, branch.name, values, depth);
  };
  switch (step.kind) {
    case Step::Kind::kGet: {
      object.NothingElse({"get", "when", "as", "wins", "from", "server", "found", "broken", "missing", "refused", "failed", "otherwise"});
      step.text = values.NeededPhrase(object, "get");
      const std::string as = object.Text("as", "file");
      if (as != "file" && as != "settings") object.Mistake("as is neither file nor settings");
      step.as = as == "settings" ? Step::As::kSettings : Step::As::kFile;
      step.wins = object.Boolean("wins", false);
      if (object.Find("broken") != nullptr && step.as == Step::As::kFile) object.Mistake("only a file of settings can be broken");
      server(), branches();
      break;
    }
    case Step::Kind::kHead:
      object.NothingElse({"head", "when", "from", "server", "found", "missing", "refused", "failed", "otherwise"});
      step.text = values.NeededPhrase(object, "head");
      server(), branches();
      break;
    case Step::Kind::kPut:
      object.NothingElse({"put", "when", "body", "from", "server", "found", "missing", "refused", "failed", "otherwise"});
      step.text = values.NeededPhrase(object, "put");
      step.body = values.OptionalPhrase(object, "body", "");
      server(), branches();
      break;
    case Step::Kind::kFirmware: {
      object.NothingElse(
          {"firmware", "when", "of", "reads", "formats", "from", "server", "found", "missing", "refused", "failed", "otherwise"});
      step.text = values.NeededPhrase(object, "firmware");
      const std::string of = object.Text("of", "application");
      if (of != "application" && of != "boot_program") object.Mistake("of is neither application nor boot_program");
      step.of_boot_program = of == "boot_program";
      const std::string reads = object.Text("reads", "whole");
      if (reads != "whole" && reads != "head") object.Mistake("reads is neither whole nor head");
      step.head_only = reads == "head";
      step.formats = object.Boolean("formats", false);
      server(), branches();
      break;
    }
    case Step::Kind::kPause:
      object.NothingElse({"pause", "when", "for"});
      step.takes = values.Duration(object, "pause", Milliseconds(0));
      step.text = values.OptionalPhrase(object, "for", "");
      break;
    case Step::Kind::kDo:
    case Step::Kind::kLeave:
      object.NothingElse({verb, "when"});
      step.name = object.Text(verb.c_str());
      break;
    case Step::Kind::kEach: {
      object.NothingElse({"each", "when", "separator", "steps"});
      step.list = object.Text("each");
      if (std::count(step.list.begin(), step.list.end(), '#') > 1) object.Mistake("each has more than one '#'");
      const std::string separator = object.Text("separator", ",");
      if (separator.size() != 1) object.Mistake("separator is not one character");
      step.separator = separator.empty() ? ',' : separator[0];
      const ValueReader::AlsoKnown item(values, "item");
      step.steps = ReadList(object, "steps", values, depth);
      if (step.steps.empty()) object.Mistake("there are no steps");
      break;
    }
    case Step::Kind::kRestart:
      object.NothingElse({"restart", "when", "after"});
      step.text = values.NeededPhrase(object, "restart");
      step.takes = values.Duration(object, "after", Milliseconds(0));
      break;
    case Step::Kind::kShow:
    case Step::Kind::kHalt:
      object.NothingElse({verb, "when"});
      step.text = values.NeededPhrase(object, verb.c_str());
      break;
    case Step::Kind::kApply:
      object.NothingElse({"apply", "when"});
      if (!object.Boolean("apply", true)) object.Mistake("apply can only be true");
      break;
  }
  return step;
}

std::vector<Step> ReadList(const ObjectReader& object, const char* name, ValueReader& values, int depth) {
  std::vector<Step> steps;
  if (depth >= kDeepestStep) {
    object.Mistake("steps stand deeper in one another than " + std::to_string(kDeepestStep));
    return steps;
  }
  object.EachOf(name, [&](const Json& json, const std::string& where) { steps.push_back(ReadStep(json, where, values, depth + 1)); });
  return steps;
}

class Walk {
 public:
  Walk(const Groups& groups, std::string where, Mistakes& mistakes) : groups_(groups), where_(std::move(where)), mistakes_(mistakes) {}

  void Through(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (mistakes_.first()) return;
      if (++steps_ > kMostSteps) return mistakes_.Add(where_ + ": there are more than " + std::to_string(kMostSteps) + " steps in all");
      if (step.kind == Step::Kind::kLeave && !groups_.contains(step.name))
        return mistakes_.Add(where_ + ": there is no group " + step.name + " to leave");
      if (step.kind == Step::Kind::kDo) Into(step.name);
      Through(step.steps);
      for (const Branch& branch : kBranches)
        if (const auto& then = step.*branch.member) Through(*then);
    }
  }

 private:
  void Into(const std::string& name) {
    const auto group = groups_.find(name);
    if (group == groups_.end()) return mistakes_.Add(where_ + ": there is no group " + name);
    if (std::find(inside_.begin(), inside_.end(), name) != inside_.end())
      return mistakes_.Add(where_ + ": the group " + name + " comes to do itself");
    inside_.push_back(name);
    Through(group->second);
    inside_.pop_back();
  }

  const Groups& groups_;
  const std::string where_;
  Mistakes& mistakes_;
  std::vector<std::string> inside_;
  std::size_t steps_ = 0;
};

}  // namespace

std::vector<Step> ReadSteps(const ObjectReader& object, const char* name, ValueReader& values) { return ReadList(object, name, values, 0); }

void CheckSteps(const std::vector<Step>& steps, const Groups& groups, const std::string& where, Mistakes& mistakes) {
  Walk(groups, where, mistakes).Through(steps);
}

}  // namespace provdlab::phone
