#include "grammar/scenario/dump.h"

#include <variant>

namespace provdlab::scenario {
namespace {

Json Dump(const Value& value) {
  if (const auto* variable = std::get_if<Value::Variable>(&value.is)) return {{"variable", variable->name}};
  if (const auto* list = std::get_if<Value::List>(&value.is)) {
    Json dump = Json::array();
    for (const Value& element : *list) dump.push_back(Dump(element));
    return dump;
  }
  if (const auto* object = std::get_if<Value::Object>(&value.is)) {
    Json members = Json::array();
    for (const Value::Member& member : *object) members.push_back(Json::array({member.key, Dump(member.value)}));
    return {{"object", members}};
  }
  return std::get<Json>(value.is);
}

Json Dump(const Template& text) {
  Json dump = Json::array();
  for (const Template::Part& part : text.parts) dump.push_back(part.variable ? Json{{"variable", part.text}} : Json(part.text));
  return dump;
}

Json Dump(const JsonPath& path) {
  Json dump = Json::array();
  for (const PathStep& step : path.steps) {
    dump.push_back({{"kind", static_cast<int>(step.kind)},
                    {"key", step.key},
                    {"index", step.index},
                    {"equals", step.equals ? Json::array({Dump(*step.equals)}) : Json()}});
  }
  return dump;
}

Json Dump(const Condition& condition) {
  Json dump = Json::array();
  for (const Predicate& predicate : condition) {
    Json values = Json::array();
    for (const Value& value : predicate.values) values.push_back(Dump(value));
    dump.push_back({{"subject", static_cast<int>(predicate.subject)},
                    {"relation", static_cast<int>(predicate.relation)},
                    {"header", predicate.header},
                    {"phone", predicate.phone},
                    {"path", Dump(predicate.path)},
                    {"values", values},
                    {"codes", predicate.status_codes},
                    {"word", predicate.word},
                    {"target", Dump(predicate.target)},
                    {"number", predicate.number}});
  }
  return dump;
}

Json Bytes(std::string_view bytes) {
  Json dump = Json::array();
  for (const char c : bytes) dump.push_back(static_cast<unsigned char>(c));
  return dump;
}

Json Dump(const PackageDetails& details) {
  return {{"fixture", details.fixture},
          {"version", details.version ? Json(*details.version) : Json()},
          {"bytes", details.bytes ? Json(*details.bytes) : Json()},
          {"entry", details.entry ? Dump(*details.entry) : Json()},
          {"without", details.without_entry},
          {"unlisted", details.unlisted},
          {"named", details.named}};
}

template <typename Time>
Json DumpTime(const Time& time) {
  return time ? Json(time->count()) : Json();
}

Json Dump(const RequestStep& step) {
  Json headers = Json::array();
  for (const HeaderLine& header : step.headers) headers.push_back(Json::array({header.name, Dump(header.value)}));
  Json query = Json::array();
  for (const QueryParameter& parameter : step.query)
    query.push_back(Json::array({parameter.name, Dump(parameter.value), parameter.base64}));
  return {{"method", step.method},
          {"path", Dump(step.path)},
          {"query", query},
          {"raw path", step.raw_path},
          {"as", step.as},
          {"body",
           {{"kind", static_cast<int>(step.body.kind)},
            {"json", Dump(step.body.json)},
            {"text", Dump(step.body.text)},
            {"bytes", Bytes(step.body.bytes)},
            {"pad", step.body.pad_to},
            {"chunked", step.body.chunked}}},
          {"headers", headers},
          {"removed", step.removed_headers},
          {"within", DumpTime(step.within)}};
}

Json Dump(const RawStep& step) {
  Json parts = Json::array();
  for (const RawStep::Part& part : step.parts) {
    parts.push_back({{"kind", static_cast<int>(part.kind)}, {"text", Dump(part.text)}, {"bytes", Bytes(part.bytes)}});
  }
  return {{"parts", parts}, {"answers", step.answers}, {"within", DumpTime(step.within)}};
}

Json Dump(const FollowStep& step) {
  return {
      {"follow", Dump(step.location)}, {"until", static_cast<int>(step.until)}, {"within", step.within.count()}, {"blamed", step.blamed}};
}

Json Dump(const EventuallyStep& step) { return {{"eventually", step.within.count()}, {"request", Dump(step.request)}}; }

Json Dump(const BarrierStep&) { return "barrier"; }

Json Dump(const RestartStep& step) { return step.upgrade ? "upgrade" : "restart"; }

Json Dump(const RepositoryStep& step) {
  return {{"action", static_cast<int>(step.action)},
          {"package", step.package},
          {"file", step.file},
          {"bytes", step.bytes},
          {"fault", step.fault ? Dump(*step.fault) : Json()},
          {"times", step.times ? Json(*step.times) : Json()},
          {"request", step.request ? Json(*step.request) : Json()},
          {"details", Dump(step.details)}};
}

Json Dump(const Transfer& transfer) {
  const auto block = [](const std::optional<std::uint64_t>& number) { return number ? Json(*number) : Json(); };
  Json options = Json::array();
  for (const auto& [name, value] : transfer.options) options.push_back(Json::array({name, value}));
  return {{"file", Dump(transfer.file)},
          {"mode", transfer.mode},
          {"options", options},
          {"loses block", block(transfer.loses_block)},
          {"loses ack", block(transfer.loses_ack)},
          {"repeats ack", block(transfer.repeats_ack)},
          {"stops after", block(transfer.stops_after)},
          {"noise", block(transfer.noise)},
          {"interjects", transfer.interjects ? Json::array({Bytes(transfer.interjects->bytes), transfer.interjects->after}) : Json()},
          {"disturbed", transfer.disturbed}};
}

Json Dump(const PhoneStep& step) {
  Json notify = Json::array();
  for (const NotifyAnswer& answer : step.notify) notify.push_back(answer.text ? Json(*answer.text) : Json(answer.code));
  return {{"action", static_cast<int>(step.action)},
          {"phone", step.phone},
          {"within", DumpTime(step.within)},
          {"without push", step.without_push},
          {"to", step.to},
          {"ignored", step.ignored ? Json(*step.ignored) : Json()},
          {"notify", notify},
          {"after", DumpTime(step.after)},
          {"request", Dump(step.request)},
          {"times", step.times},
          {"transfer", Dump(step.transfer)},
          {"bytes", Bytes(step.bytes)}};
}

Json Dump(const NotificationsStep& step) { return {{"are", static_cast<int>(step.are)}, {"delay", step.delay.count()}}; }

Json Dump(const PhoneLine& phone) {
  return {{"name", phone.name},
          {"count", phone.count},
          {"vendor", phone.vendor},
          {"model", phone.model},
          {"firmware", phone.firmware ? Json(*phone.firmware) : Json()},
          {"at", phone.at}};
}

Json Dump(const Step& step) {
  Json captures = Json::array(), checks = Json::array();
  for (const Capture& capture : step.captures) {
    captures.push_back(Json::array({capture.name, static_cast<int>(capture.from), capture.header, Dump(capture.path),
                                    capture.otherwise ? Json::array({Dump(*capture.otherwise)}) : Json()}));
  }
  for (const Check& check : step.checks) {
    checks.push_back({{"slug", check.slug},
                      {"independent", check.independent},
                      {"condition", Dump(check.condition)},
                      {"control", check.control ? Dump(*check.control) : Json()}});
  }
  Json only_if;
  if (step.only_if) {
    only_if = {{"variable", step.only_if->variable}, {"negated", step.only_if->negated}, {"values", Json::array()}};
    for (const Value& value : step.only_if->values) only_if["values"].push_back(Dump(value));
  }
  return {{"role", static_cast<int>(step.role)},
          {"only if", only_if},
          {"does", std::visit([](const auto& does) { return Dump(does); }, step.does)},
          {"kind", step.does.index()},
          {"answers", step.answers},
          {"expects", Dump(step.expects)},
          {"captures", captures},
          {"needs", step.needs},
          {"checks", checks}};
}

}  // namespace

Json Dump(const Scenario& scenario) {
  Json packages = Json::array(), steps = Json::array(), ids = Json::array(), phones = Json::array(), table;
  for (const Id& id : scenario.ids) ids.push_back(Json::array({id.name, id.length}));
  for (const Package& package : scenario.packages) packages.push_back(Json::array({package.name, Dump(package.details)}));
  for (const PhoneLine& phone : scenario.phones) phones.push_back(Dump(phone));
  for (const Step& step : scenario.steps) steps.push_back(Dump(step));
  if (scenario.table) {
    Json rows = Json::array();
    for (const Value& row : scenario.table->rows) rows.push_back(Dump(row));
    table = {{"names", scenario.table->names}, {"rows", rows}};
  }
  return {{"title", scenario.title},
          {"format", scenario.format},
          {"about", scenario.about},
          {"exclusive", scenario.exclusive},
          {"timed", scenario.timed},
          {"offers", scenario.offers},
          {"proxies", scenario.proxies ? Json(*scenario.proxies) : Json()},
          {"ids", ids},
          {"macs", scenario.macs},
          {"packages", packages},
          {"phones", phones},
          {"accounts", scenario.accounts},
          {"table", table},
          {"steps", steps}};
}

}  // namespace provdlab::scenario
