#include "simulator/phone/condition.h"

#include <algorithm>

#include "base/text.h"

namespace provdlab::phone {
namespace {

bool IsOneOf(const std::optional<std::string>& text, const std::vector<std::string>& texts) {
  if (!text) return false;
  return texts.empty() ? !text->empty() : std::find(texts.begin(), texts.end(), *text) != texts.end();
}

bool Met(const Requirement& requirement, const Circumstances& circumstances) {
  const auto holds = [&](const Condition& condition) { return Holds(condition, circumstances); };
  switch (requirement.kind) {
    case Requirement::Kind::kVersionFrom:
      return CompareNaturally(circumstances.ApplicationVersion(), requirement.text) >= 0;
    case Requirement::Kind::kVersionBelow:
      return CompareNaturally(circumstances.ApplicationVersion(), requirement.text) < 0;
    case Requirement::Kind::kBootVersionFrom:
      return CompareNaturally(circumstances.BootVersion(), requirement.text) >= 0;
    case Requirement::Kind::kBootVersionBelow:
      return CompareNaturally(circumstances.BootVersion(), requirement.text) < 0;
    case Requirement::Kind::kSetting: {
      const std::optional<std::string> name = circumstances.Say(requirement.setting);
      return name && IsOneOf(circumstances.Word("setting", *name), requirement.is);
    }
    case Requirement::Kind::kWord:
      return IsOneOf(circumstances.Word(requirement.text, ""), requirement.is);
    case Requirement::Kind::kFactory:
      return circumstances.Factory();
    case Requirement::Kind::kAny:
      return std::any_of(requirement.conditions.begin(), requirement.conditions.end(), holds);
    case Requirement::Kind::kNot:
      return std::none_of(requirement.conditions.begin(), requirement.conditions.end(), holds);
  }
  return false;
}

}  // namespace

bool Holds(const Condition& condition, const Circumstances& circumstances) {
  return std::all_of(condition.requirements.begin(), condition.requirements.end(),
                     [&](const Requirement& requirement) { return Met(requirement, circumstances); });
}

}  // namespace provdlab::phone
