#include "tools/scenario_report.h"

#include <algorithm>
#include <filesystem>
#include <istream>
#include <iterator>
#include <ostream>

#include "base/files.h"
#include "base/result.h"
#include "grammar/scenario/explain.h"
#include "grammar/scenario/limits.h"
#include "grammar/scenario/parse.h"
#include "tools/from_here.h"

namespace provdlab::tools {
namespace {

constexpr int kRight = 0, kNotRight = 1, kNotDone = 3;

std::string NameOf(const std::string& file) { return file == "-" ? "standard input" : file; }

Result<std::string> Read(const std::string& file, std::istream& in) {
  if (file != "-") return ReadFile(FromHere(file));
  // One byte more than a scenario may have is enough for the parser to refuse it.
  std::string text(scenario::kLongestScenario + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::size_t FirstDifference(std::string_view a, std::string_view b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return 1 + static_cast<std::size_t>(std::count(a.begin(), in_a, '\n'));
}

// Reads each file and gives its text to `use`, which returns an exit code; the worst of all is returned.
template <typename Use>
int ForEach(const std::vector<std::string>& files, ScenarioStreams streams, Use use) {
  int worst = kRight;
  for (const std::string& file : files) {
    const Result<std::string> text = Read(file, streams.in);
    if (!text) {
      streams.err << text.error().message << "\n";
      worst = kNotDone;
      continue;
    }
    worst = std::max(worst, use(file, *text));
  }
  return worst;
}

}  // namespace

int CheckScenarios(const std::vector<std::string>& files, ScenarioStreams streams) {
  return ForEach(files, streams, [&](const std::string& file, const std::string& text) {
    const Result<scenario::Scenario> parsed = scenario::ParseScenario(text);
    if (!parsed) {
      streams.err << RenderError(parsed.error(), text, NameOf(file)) << "\n";
      return kNotRight;
    }
    std::size_t checks = 0;
    for (const scenario::Step& step : parsed->steps) {
      const auto* follow = std::get_if<scenario::FollowStep>(&step.does);
      checks += step.checks.size() + (follow != nullptr && !follow->blamed.empty() ? 1 : 0);
    }
    const std::size_t steps = parsed->steps.size();
    streams.out << NameOf(file) << ": right, " << steps << (steps == 1 ? " statement, " : " statements, ") << checks
                << (checks == 1 ? " check\n" : " checks\n");
    return kRight;
  });
}

int FormatScenarios(const std::vector<std::string>& files, ScenarioFormatOptions options, ScenarioStreams streams) {
  return ForEach(files, streams, [&](const std::string& file, const std::string& text) {
    const Result<std::string> formatted = scenario::FormatText(text);
    if (!formatted) {
      streams.err << RenderError(formatted.error(), text, NameOf(file)) << "\n";
      return kNotRight;
    }
    if (options.check) {
      if (*formatted == text) return kRight;
      streams.err << NameOf(file) << ":" << FirstDifference(text, *formatted)
                  << ": not in canonical form: `provdlab scenario format --write " << file << "` mends it\n";
      return kNotRight;
    }
    if (!options.write || file == "-") {
      streams.out << *formatted;
      return kRight;
    }
    if (*formatted == text) return kRight;
    if (const Result<> written = WriteFileAtomically(FromHere(file), *formatted); !written) {
      streams.err << written.error().message << "\n";
      return kNotDone;
    }
    streams.out << file << ": formatted\n";
    return kRight;
  });
}

int ExplainScenario(const std::string& file, ScenarioStreams streams) {
  return ForEach({file}, streams, [&](const std::string&, const std::string& text) {
    const Result<scenario::Scenario> parsed = scenario::ParseScenario(text);
    if (!parsed) {
      streams.err << RenderError(parsed.error(), text, NameOf(file)) << "\n";
      return kNotRight;
    }
    streams.out << scenario::Explain(*parsed);
    return kRight;
  });
}

}  // namespace provdlab::tools
