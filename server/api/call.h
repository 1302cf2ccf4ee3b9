#pragma once
// One request on its way through a handler: what was sent, what its path names, and the answers that a handler can give.
// Handlers read in four beats: validate, look up, act, answer.
//
//   http::Response SetParameter(const Call& call) {
//     const auto value = call.ParameterValue();             // validate
//     if (!value) return value.error();
//     const auto service = call.Configuration();            // look up
//     ...
//
// Lives on the stack of the thread that answers.

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "base/http/message.h"
#include "base/json.h"
#include "server/api/context.h"
#include "server/api/dialect.h"
#include "server/api/router.h"

namespace provdlab::server {

// A value, or the answer that says why there is none.
template <typename T>
using Or = tl::expected<T, http::Response>;
inline tl::unexpected<http::Response> Refuse(http::Response response) { return tl::unexpected<http::Response>(std::move(response)); }

class Call {
 public:
  Call(const Context& context, const Dialect& dialect, Caller caller, const http::Request& request, const Router::Match& match)
      : context_(context), dialect_(dialect), caller_(std::move(caller)), request_(request), match_(match) {}

  const Context& context() const { return context_; }
  const Dialect& dialect() const { return dialect_; }
  const Caller& caller() const { return caller_; }
  // A path below the prefix as this dialect has it.
  std::string Url(std::string_view path) const { return std::string(dialect_.prefix).append(path); }
  std::string locale() const { return context_.locale ? context_.locale() : std::string(); }
  // What stands for {name} in the resource's pattern, decoded.
  std::string_view Parameter(std::string_view name) const;
  // The resource's path as we write it, whatever spelling was asked for.
  std::string Path() const;
  // The same of the resource that many segments above, below the prefix: "pg_mgr/install".
  std::string Collection(int segments_above) const;

  // What follows the '?', as sent.
  std::string_view raw_query() const { return request_.raw_query(); }

  // The body, which must be JSON.
  Or<Json> Body() const;
  // The member of the body, an object, that names what the call is about.
  Or<std::string> BodyId() const;
  // The body's one member of interest, an object: {"device": {…}}.
  Or<Json> BodyEntity(const std::string& member) const;
  // {"param": {"value": …}}
  Or<Json> BodyParameterValue() const;

  // The service of the path: the manager's, or that of {plugin}. 404 if there is no such plugin or it has no such service.
  Or<std::shared_ptr<ConfigurationService>> Configuration() const;
  Or<std::shared_ptr<InstallationService>> Installation() const;

 private:
  // Null with a 404 if the path has no loaded {plugin}.
  Or<std::shared_ptr<const LoadedPlugin>> Plugin() const;

  const Context& context_;
  const Dialect& dialect_;
  const Caller caller_;
  const http::Request& request_;
  const Router::Match& match_;
};

// The answers.
http::Response Entity(const Json& json);              // 200 in provd's media type
http::Response Created(const std::string& location);  // 201 with nothing but Location
http::Response NoContent();                           // 204

// A segment of a path that we write.
std::string EncodeSegment(std::string_view segment);
// {"rel": …, "href": …}
Json Link(std::string_view rel, std::string href);

}  // namespace provdlab::server
