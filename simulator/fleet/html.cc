#include "simulator/fleet/html.h"

#include <algorithm>
#include <kainjow/mustache.hpp>

#include "base/page/page.h"
#include "base/text.h"
#include "simulator/fleet/page.h"

namespace provdlab::fleet {
namespace {

using page::data;
using page::SetText;
using page::Visible;

std::string_view PageFile(std::string_view name) {
  for (const EmbeddedFile& file : FleetPage()) {
    if (file.path == name) return file.bytes;
  }
  return {};
}

std::string Phones(std::uint64_t count) { return Grouped(count) + (count == 1 ? " phone" : " phones"); }

data Facts(const FleetRecord& record) {
  data facts(data::type::list);
  const auto add = [&facts](const std::string& name, const std::string& value) {
    if (value.empty()) return;
    data fact;
    fact.set("name", name);
    fact.set("value", Visible(value));
    facts.push_back(fact);
  };
  add("Target", record.target);
  add("Files", record.files);
  add("Started", record.started);
  add("Took", InWords(record.took));
  add("Ended early", record.ended);
  add("Phones", Grouped(record.phones));
  add("Requests for files", Grouped(record.requests));
  add("Bytes of files", BytesInWords(record.bytes));
  add("Not answered", Grouped(record.not_answered));
  add("Answered with 5xx", Grouped(record.server_errors));
  add("Asked again after a failure", Grouped(record.retries));
  add("Restarts", Grouped(record.restarts));
  add("DHCP pushes", Grouped(record.pushes) +
                         (record.pushes_refused + record.pushes_failed == 0
                              ? ", all accepted"
                              : ", " + Grouped(record.pushes_refused) + " refused, " + Grouped(record.pushes_failed) + " not answered"));
  add("Fetches at once", record.most_under_way == 0 ? "" : "at most " + Grouped(record.most_under_way));
  add("Longest wait for a turn", record.most_under_way == 0 ? "" : InWords(record.longest_in_line));
  add("Seed", std::to_string(record.seed));
  for (const auto& [name, value] : record.conditions) add(name, value);
  return facts;
}

void SetBar(data& shown, const FleetRecord& record) {
  data bar(data::type::list);
  const auto add = [&bar](const char* verdict, const char* mark, std::uint64_t count, const char* name) {
    if (count == 0) return;
    data part;
    part.set("verdict", std::string(verdict));
    part.set("mark", std::string(mark));
    part.set("count", std::to_string(count));
    part.set("number", Grouped(count));
    part.set("name", std::string(name));
    bar.push_back(part);
  };
  add("pass", "✓", record.configured, "configured");
  add("fail", "✗", record.phones - record.configured, "failed");
  shown.set("bar", bar);
  shown.set("bar_label", Grouped(record.configured) + " configured, " + Grouped(record.phones - record.configured) + " failed");
}

void SetFailures(data& shown, const FleetRecord& record) {
  data failures(data::type::list);
  for (const FailureRecord& failure : record.failures) {
    data one;
    one.set("phones", Phones(failure.phones));
    one.set("stage", Visible(failure.stage));
    SetText(one, "display", failure.display);
    one.set("why", Visible(failure.why));
    one.set("model", Visible(failure.model));
    one.set("mac", Visible(failure.mac));
    SetText(one, "replay", failure.replay);
    one.set("trace", Visible(Join(failure.trace, "\n")));
    one.set("first", &failure == &record.failures.front());
    failures.push_back(one);
  }
  shown.set("has_failures", !record.failures.empty());
  shown.set("failed", Grouped(record.phones - record.configured));
  shown.set("failures", failures);
}

// In per cent of the highest, so that what is there at all can be seen.
std::string Height(std::uint64_t value, std::uint64_t most) {
  return std::to_string(value == 0 ? 0 : std::max<std::uint64_t>(1, value * 100 / std::max<std::uint64_t>(most, 1)));
}

void SetHistogram(data& shown, const FleetRecord& record) {
  std::uint64_t most = 0;
  for (const auto& [end, phones] : record.histogram) most = std::max(most, phones);
  data histogram(data::type::list);
  for (const auto& [end, phones] : record.histogram) {
    data one;
    one.set("height", Height(phones, most));
    one.set("end", InWords(end));
    one.set("phones", Grouped(phones));
    histogram.push_back(one);
  }
  shown.set("has_histogram", !record.histogram.empty());
  shown.set("histogram", histogram);
  if (record.histogram.empty()) return;
  const std::uint64_t width =
      record.histogram.size() > 1 ? record.histogram[1].first - record.histogram[0].first : record.histogram[0].first;
  shown.set("histogram_from", InWords(record.histogram.front().first - std::min(width, record.histogram.front().first)));
  shown.set("histogram_to", InWords(record.histogram.back().first));
  shown.set("boot_p50", InWords(record.boot.p50));
  shown.set("boot_p90", InWords(record.boot.p90));
  shown.set("boot_p99", InWords(record.boot.p99));
  shown.set("boot_most", InWords(record.boot.most));
}

void SetTimeline(data& shown, const FleetRecord& record) {
  std::uint64_t most = 0;
  for (const Moment& moment : record.timeline) most = std::max(most, moment.requests);
  data timeline(data::type::list);
  std::uint64_t at = 0;
  for (const Moment& moment : record.timeline) {
    data one;
    one.set("height", Height(moment.requests, most));
    one.set("at", InWords(at));
    one.set("requests", Grouped(moment.requests));
    one.set("configured", Grouped(moment.configured));
    timeline.push_back(one);
    at += record.moment_width;
  }
  shown.set("has_timeline", !record.timeline.empty());
  shown.set("timeline", timeline);
  shown.set("timeline_to", InWords(at));
  shown.set("width", InWords(record.moment_width));
  shown.set("requests", Grouped(record.requests));
  shown.set("most_requests", Grouped(most * 1'000'000 / std::max<std::uint64_t>(record.moment_width, 1)));
}

void SetTables(data& shown, const FleetRecord& record) {
  data steps(data::type::list);
  for (const StepRecord& step : record.steps) {
    data one;
    one.set("name", Visible(step.name));
    one.set("count", Grouped(step.took.count));
    one.set("missing", Grouped(step.missing));
    one.set("missing_tone", std::string(step.missing == 0 ? "zero" : "some"));
    one.set("failed", Grouped(step.failed));
    one.set("failed_tone", std::string(step.failed == 0 ? "zero" : "some"));
    one.set("p50", InWords(step.took.p50));
    one.set("p90", InWords(step.took.p90));
    one.set("p99", InWords(step.took.p99));
    one.set("most", InWords(step.took.most));
    one.set("bytes", BytesInWords(step.bytes));
    steps.push_back(one);
  }
  shown.set("steps", steps);
  data models(data::type::list);
  for (const ModelRecord& model : record.models) {
    data one;
    one.set("vendor", Visible(model.vendor));
    one.set("model", Visible(model.model));
    one.set("phones", Grouped(model.phones));
    one.set("configured", Grouped(model.configured));
    models.push_back(one);
  }
  shown.set("models", models);
}

}  // namespace

Verdict VerdictOf(const FleetRecord& record) {
  const std::uint64_t failed = record.phones - record.configured;
  const std::string done = record.registers ? "configured and registered" : "configured";
  if (record.phones == 0) return {"NOTHING RUN", "No phone was switched on.", false};
  if (failed == 0 && record.phones == 1)
    return {"CONFIGURED", "The phone is " + done + ", " + InWords(record.boot.most) + " after its power came on.", true};
  if (failed == 0) return {"CONFIGURED", "All " + Phones(record.phones) + " are " + done + ", within " + InWords(record.took) + ".", true};
  if (record.phones == 1) return {"FAILED", "The phone is not " + done + ".", false};
  return {"FAILED", "Of " + Phones(record.phones) + " " + Grouped(failed) + (failed == 1 ? " is" : " are") + " not " + done + ".", false};
}

Result<std::string> HtmlPage(const FleetRecord& record) {
  const Verdict verdict = VerdictOf(record);
  data shown;
  shown.set("title", Visible(verdict.word + " · " + Phones(record.phones) + " · " + record.target));
  shown.set("word", verdict.word);
  shown.set("sentence", Visible(verdict.sentence));
  shown.set("tone", std::string(verdict.good ? "good" : record.phones == 0 ? "open" : "bad"));
  shown.set("target", Visible(record.target));
  shown.set("registers", record.registers);
  shown.set("facts", Facts(record));
  SetText(shown, "command", record.command);
  data remarks(data::type::list);
  for (const std::string& remark : record.remarks) remarks.push_back(Visible(remark));
  shown.set("has_remarks", !record.remarks.empty());
  shown.set("remarks", remarks);
  SetBar(shown, record);
  SetFailures(shown, record);
  SetHistogram(shown, record);
  SetTimeline(shown, record);
  SetTables(shown, record);
  return page::Render(shown, {.body = PageFile("fleet.mustache")});
}

}  // namespace provdlab::fleet
