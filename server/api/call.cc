#include "server/api/call.h"

#include "server/api/errors.h"
#include "server/api/media_type.h"

namespace provdlab::server {

std::string_view Call::Parameter(std::string_view name) const {
  for (const auto& [parameter, value] : match_.parameters) {
    if (parameter == name) return value;
  }
  return {};
}

std::string Call::Path() const {
  std::string path(dialect_.prefix);
  auto parameter = match_.parameters.begin();
  const auto& segments = match_.resource->segments;
  for (auto each = segments.begin() + 1; each != segments.end(); ++each) {  // the first one is the prefix
    const std::string_view segment = *each;
    path += '/';
    path += segment.starts_with('{') ? EncodeSegment((parameter++)->second) : std::string(segment);
  }
  return path;
}

std::string Call::Collection(int segments_above) const {
  std::string path = Path().substr(dialect_.prefix.size() + 1);
  for (; segments_above > 0; --segments_above) path.resize(path.rfind('/'));
  return path;
}

Or<Json> Call::Body() const {
  auto body = ParseJson(request_.body);
  if (!body) return Refuse(errors::BodyIsNotJson(body.error()));
  return std::move(*body);
}

Or<std::string> Call::BodyId() const {
  const auto body = Body();
  if (!body) return Refuse(body.error());
  if (!body->is_object()) return Refuse(errors::NotAnObject("the body"));
  const auto id = body->find("id");
  if (id == body->end()) return Refuse(errors::MemberMissing("the body", "id"));
  if (!id->is_string()) return Refuse(errors::MemberNotAString("the body", "id"));
  return id->get<std::string>();
}

Or<Json> Call::BodyEntity(const std::string& member) const {
  auto body = Body();
  if (!body) return Refuse(body.error());
  if (!body->is_object()) return Refuse(errors::NotAnObject("the body"));
  const auto entity = body->find(member);
  if (entity == body->end()) return Refuse(errors::MemberMissing("the body", member));
  if (!entity->is_object()) return Refuse(errors::NotAnObject("the member '" + member + "'"));
  return std::move(*entity);
}

Or<Json> Call::BodyParameterValue() const {
  const auto body = Body();
  if (!body) return Refuse(body.error());
  if (!body->is_object()) return Refuse(errors::NotAnObject("the body"));
  const auto param = body->find("param");
  if (param == body->end()) return Refuse(errors::MemberMissing("the body", "param"));
  if (!param->is_object()) return Refuse(errors::NotAnObject("the member 'param'"));
  const auto value = param->find("value");
  if (value == param->end()) return Refuse(errors::MemberMissing("the member 'param'", "value"));
  return *value;
}

Or<std::shared_ptr<const LoadedPlugin>> Call::Plugin() const {
  auto plugin = context_.find_plugin(Parameter("plugin"));
  if (!plugin) return Refuse(errors::NoSuchResource());
  return plugin;
}

Or<std::shared_ptr<ConfigurationService>> Call::Configuration() const {
  if (Parameter("plugin").empty()) return context_.configuration(caller_);
  const auto plugin = Plugin();
  if (!plugin) return Refuse(plugin.error());
  if (!(*plugin)->configuration) return Refuse(errors::NoSuchService());
  return (*plugin)->configuration;
}

Or<std::shared_ptr<InstallationService>> Call::Installation() const {
  if (Parameter("plugin").empty()) return std::shared_ptr<InstallationService>(std::shared_ptr<void>(), context_.installation);
  const auto plugin = Plugin();
  if (!plugin) return Refuse(plugin.error());
  if (!(*plugin)->installation) return Refuse(errors::NoSuchService());
  return (*plugin)->installation;
}

http::Response Entity(const Json& json) {
  http::Response response;
  response.headers.Add("Content-Type", std::string(kProvdMediaType));
  response.body = DumpJson(json);
  return response;
}

http::Response Created(const std::string& location) {
  http::Response response;
  response.status = 201;
  response.headers.Add("Location", location);
  return response;
}

http::Response NoContent() {
  http::Response response;
  response.status = 204;
  return response;
}

std::string EncodeSegment(std::string_view segment) { return http::PercentEncode(segment, ":@+"); }

Json Link(std::string_view rel, std::string href) { return {{"rel", rel}, {"href", std::move(href)}}; }

}  // namespace provdlab::server
