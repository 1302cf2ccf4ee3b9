#include "simulator/repository/admin.h"

#include <utility>

#include "simulator/repository/action.h"
#include "simulator/repository/embedded_fixtures.h"
#include "simulator/repository/package.h"

namespace provdlab::repository {
namespace {

Error Wrong(std::string_view member, std::string_view wanted) {
  return {ErrorKind::kInvalid, "\"" + std::string(member) + "\" must be " + std::string(wanted), std::nullopt};
}

Result<> ReadText(const Json& value, std::string_view name, std::string& into) {
  if (!value.is_string()) return Fail(Wrong(name, "a text"));
  into = value.get<std::string>();
  return {};
}

Result<> ReadFlag(const Json& value, std::string_view name, bool& into) {
  if (!value.is_boolean()) return Fail(Wrong(name, "true or false"));
  into = value.get<bool>();
  return {};
}

Result<> ReadCount(const Json& value, std::string_view name, std::uint64_t& into) {
  if (!value.is_number_integer() || (!value.is_number_unsigned() && value.get<std::int64_t>() < 0))
    return Fail(Wrong(name, "a number, 0 or more"));
  into = value.get<std::uint64_t>();
  return {};
}

Result<> ReadNumber(const Json& value, std::string_view name, std::optional<int>& into) {
  if (value.is_null()) return {};
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > 1'000'000)
    return Fail(Wrong(name, "a number from 1"));
  into = value.get<int>();
  return {};
}

Result<> ReadTexts(const Json& value, std::string_view name, std::vector<std::string>& into) {
  if (!value.is_array()) return Fail(Wrong(name, "a list of texts"));
  for (const Json& one : value) {
    if (!one.is_string()) return Fail(Wrong(name, "a list of texts"));
    into.push_back(one);
  }
  return {};
}

}  // namespace

Result<Fault> FaultFromJson(const Json& json) {
  if (!json.is_object())
    return Fail(ErrorKind::kInvalid, "a fault is an object such as {\"target\": \"plugins.db\", \"do\": {\"status\": 404}}");
  Fault fault;
  for (const auto& [name, value] : json.items()) {
    Result<> read;
    if (name == "target") {
      read = ReadText(value, name, fault.target);
    } else if (name == "do") {
      fault.action = value;
    } else if (name == "times") {
      read = ReadNumber(value, name, fault.times);
    } else if (name == "request") {
      read = ReadNumber(value, name, fault.request);
    } else {
      read = Fail(ErrorKind::kInvalid, "a fault has no member \"" + name + "\", only target, do, times and request");
    }
    if (!read) return Fail(read.error());
  }
  return fault;
}

Result<Publication> PublicationFromJson(const Json& json) {
  if (!json.is_object())
    return Fail(ErrorKind::kInvalid, "a publication is an object such as {\"id\": \"mine\", \"fixture\": \"minimal\"}");
  Publication publication;
  for (const auto& [name, value] : json.items()) {
    Result<> read;
    if (name == "id") {
      read = ReadText(value, name, publication.id);
    } else if (name == "fixture") {
      read = ReadText(value, name, publication.fixture);
    } else if (name == "version") {
      read = ReadText(value, name, publication.version);
    } else if (name == "bytes") {
      read = ReadCount(value, name, publication.bytes);
    } else if (name == "entry") {
      publication.entry = value;
    } else if (name == "without_entry") {
      read = ReadTexts(value, name, publication.without_entry);
    } else if (name == "listed") {
      read = ReadFlag(value, name, publication.listed);
    } else if (name == "keep_entry") {
      read = ReadFlag(value, name, publication.keep_entry);
    } else {
      read = Fail(ErrorKind::kInvalid, "a publication has no member \"" + name + "\"");
    }
    if (!read) return Fail(read.error());
  }
  return publication;
}

Json ToJson(const Published& published) {
  return {{"id", published.id},
          {"version", published.version},
          {"file", published.file},
          {"size", published.size},
          {"sha1sum", published.sha1sum}};
}

Json RepositoryAdmin::Board::Available() const { return AvailableActions(); }

Result<int> RepositoryAdmin::Board::Switch(const Json& request) {
  const Result<Fault> fault = FaultFromJson(request);
  if (!fault) return Fail(fault.error());
  return repository_.AddFault(*fault);
}

RepositoryAdmin::RepositoryAdmin(Repository& repository, admin::Options options)
    : repository_(repository),
      board_(repository),
      server_(std::move(options), {.faults = &board_, .journal = &repository.journal(), .reset = [&repository] { repository.Reset(); }}) {
  AddRoutes();
}

void RepositoryAdmin::AddRoutes() {
  using admin::Call;
  using admin::Reply;
  server_.Route("GET", "/v1/fixtures", [](const Call&) -> Result<Reply> {
    Json list = Json::array();
    for (const auto& [name, fixture] : EmbeddedFixtures().all()) {
      list.push_back({{"name", name}, {"kind", fixture.attack ? "attack" : "plugin"}, {"about", fixture.settings.value("about", "")}});
    }
    return Reply{.body = {{"fixtures", std::move(list)}}};
  });
  server_.Route("GET", "/v1/packages", [this](const Call&) -> Result<Reply> {
    Json list = Json::array();
    for (const Published& published : repository_.packages()) list.push_back(ToJson(published));
    return Reply{.body = {{"packages", std::move(list)}}};
  });
  server_.Route("POST", "/v1/packages", [this](const Call& call) -> Result<Reply> {
    const Result<Publication> publication = PublicationFromJson(call.body);
    if (!publication) return Fail(publication.error());
    const Result<Published> published = repository_.Publish(*publication);
    if (!published) return Fail(published.error());
    return Reply{.status = 201, .body = ToJson(*published)};
  });
  server_.Route("DELETE", "/v1/packages/*", [this](const Call& call) -> Result<Reply> {
    if (const Result<> removed = repository_.Remove(call.name); !removed) return Fail(removed.error());
    return Reply{.status = 204};
  });
  server_.Route("PUT", "/v1/listed/*", [this](const Call& call) -> Result<Reply> {
    if (const Result<> listed = repository_.List(call.name); !listed) return Fail(listed.error());
    return Reply{.status = 204};
  });
  server_.Route("DELETE", "/v1/listed/*", [this](const Call& call) -> Result<Reply> {
    if (const Result<> unlisted = repository_.Unlist(call.name); !unlisted) return Fail(unlisted.error());
    return Reply{.status = 204};
  });
  server_.Route("GET", "/v1/holds", [this](const Call&) -> Result<Reply> { return Reply{.body = {{"holds", repository_.holds()}}}; });
  server_.Route("POST", "/v1/holds", [this](const Call& call) -> Result<Reply> {
    std::string target;
    std::uint64_t bytes = 0;
    if (!call.body.is_object()) return Fail(ErrorKind::kInvalid, "a hold is an object such as {\"target\": \"acme\", \"bytes\": 200}");
    if (const Result<> read = ReadText(call.body.value("target", Json()), "target", target); !read) return Fail(read.error());
    if (const Result<> read = ReadCount(call.body.value("bytes", Json(0)), "bytes", bytes); !read) return Fail(read.error());
    if (const Result<> held = repository_.Hold(target, bytes); !held) return Fail(held.error());
    return Reply{.status = 201};
  });
  server_.Route("DELETE", "/v1/holds/*", [this](const Call& call) -> Result<Reply> {
    if (const Result<> released = repository_.Release(call.name); !released) return Fail(released.error());
    return Reply{.status = 204};
  });
}

}  // namespace provdlab::repository
