#include "simulator/fleet/record.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace provdlab::fleet {
namespace {

constexpr int kFormat = 1;

// The value that `share` of them do not exceed, by the nearest rank.
std::uint64_t Percentile(const std::vector<std::uint32_t>& sorted, std::uint64_t per_cent) {
  if (sorted.empty()) return 0;
  const std::uint64_t rank = (sorted.size() * per_cent + 99) / 100;
  return sorted[std::max<std::uint64_t>(rank, 1) - 1];
}

double Seconds(std::uint64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

OrderedJson ToJson(const Distribution& distribution) {
  return {{"count", distribution.count},
          {"p50", Seconds(distribution.p50)},
          {"p90", Seconds(distribution.p90)},
          {"p99", Seconds(distribution.p99)},
          {"most", Seconds(distribution.most)}};
}

template <typename... Values>
std::string Formatted(const char* format, Values... values) {
  std::array<char, 64> text;
  return std::string(text.data(), static_cast<std::size_t>(std::snprintf(text.data(), text.size(), format, values...)));
}

}  // namespace

Distribution DistributionOf(std::vector<std::uint32_t>& microseconds) {
  std::sort(microseconds.begin(), microseconds.end());
  Distribution distribution{.count = microseconds.size()};
  distribution.p50 = Percentile(microseconds, 50);
  distribution.p90 = Percentile(microseconds, 90);
  distribution.p99 = Percentile(microseconds, 99);
  distribution.most = microseconds.empty() ? 0 : microseconds.back();
  return distribution;
}

OrderedJson ToJson(const FleetRecord& record) {
  OrderedJson json;
  json["format"] = kFormat;
  if (!record.started.empty()) json["started"] = record.started;
  json["target"] = record.target;
  json["files"] = record.files;
  json["seed"] = record.seed;
  json["command"] = record.command;
  for (const auto& [name, value] : record.conditions) json["conditions"][name] = value;
  json["phones"] = record.phones;
  json["configured"] = record.configured;
  json["registers"] = record.registers;
  json["took"] = Seconds(record.took);
  if (!record.ended.empty()) json["ended"] = record.ended;
  json["requests"] = record.requests;
  json["requests_per_second"] = record.took == 0 ? 0.0 : static_cast<double>(record.requests) / Seconds(record.took);
  json["bytes"] = record.bytes;
  json["retries"] = record.retries;
  json["restarts"] = record.restarts;
  json["not_answered"] = record.not_answered;
  json["server_errors"] = record.server_errors;
  json["pushes"] = {{"sent", record.pushes}, {"refused", record.pushes_refused}, {"failed", record.pushes_failed}};
  json["most_under_way"] = record.most_under_way;
  json["longest_in_line"] = Seconds(record.longest_in_line);
  json["boot"] = ToJson(record.boot);
  json["histogram"] = OrderedJson::array();
  for (const auto& [end, phones] : record.histogram) json["histogram"].push_back({{"up_to", Seconds(end)}, {"phones", phones}});
  json["steps"] = OrderedJson::array();
  for (const StepRecord& step : record.steps) {
    json["steps"].push_back(
        {{"name", step.name}, {"failed", step.failed}, {"missing", step.missing}, {"bytes", step.bytes}, {"took", ToJson(step.took)}});
  }
  json["timeline"] = {{"width", Seconds(record.moment_width)}, {"moments", OrderedJson::array()}};
  for (const Moment& moment : record.timeline) {
    json["timeline"]["moments"].push_back(
        {{"requests", moment.requests}, {"configured", moment.configured}, {"restarts", moment.restarts}});
  }
  json["models"] = OrderedJson::array();
  for (const ModelRecord& model : record.models) {
    json["models"].push_back(
        {{"vendor", model.vendor}, {"model", model.model}, {"phones", model.phones}, {"configured", model.configured}});
  }
  json["failures"] = OrderedJson::array();
  for (const FailureRecord& failure : record.failures) {
    json["failures"].push_back({{"stage", failure.stage},
                                {"display", failure.display},
                                {"why", failure.why},
                                {"phones", failure.phones},
                                {"model", failure.model},
                                {"mac", failure.mac},
                                {"trace", failure.trace},
                                {"replay", failure.replay}});
  }
  json["remarks"] = record.remarks;
  return json;
}

std::string InWords(std::uint64_t microseconds) {
  if (microseconds < 1'000) return std::to_string(microseconds) + " µs";
  if (microseconds < 10'000) return Formatted("%.1f ms", static_cast<double>(microseconds) / 1e3);
  if (microseconds < 1'000'000) return Formatted("%.0f ms", static_cast<double>(microseconds) / 1e3);
  if (microseconds < 100'000'000) return Formatted("%.2f s", Seconds(microseconds));
  return Formatted("%.0f s", Seconds(microseconds));
}

std::string Grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t behind = 3; behind < digits.size(); behind += 4) digits.insert(digits.size() - behind, ",");
  return digits;
}

std::string BytesInWords(std::uint64_t bytes) {
  if (bytes < 1'000) return std::to_string(bytes) + " B";
  if (bytes < 1'000'000) return Formatted("%.1f kB", static_cast<double>(bytes) / 1e3);
  if (bytes < 1'000'000'000) return Formatted("%.1f MB", static_cast<double>(bytes) / 1e6);
  return Formatted("%.1f GB", static_cast<double>(bytes) / 1e9);
}

}  // namespace provdlab::fleet
