#pragma once
// Every error that the REST API can answer, by name: the catalogue. Handlers never write messages or statuses themselves.
//
//   if (!monitor) return errors::NoSuchResource();
//
// All are text/plain, one sentence without a final line break, and quote at most 80 harmless characters of what a client sent.
// Pure functions, any thread. In the order of the checks (rulings.md).

#include <string_view>

#include "base/http/message.h"
#include "base/result.h"

namespace provdlab::server::errors {

// 401: the request has no token, or one that nobody has.
http::Response NoToken(bool wrong);
// 401: the token does not act for the tenant that is named.
http::Response NotYourTenant();

// 404: no resource has such a path.
http::Response NoSuchPath();

// 404: what the path names is not there. The wording is documented.
http::Response NoSuchResource();
// 404: the plugin is there but has no such service.
http::Response NoSuchService();

// 405 with Allow.
http::Response MethodNotAllowed(std::string_view method, std::string_view allow);

// 406: Accept admits no representation that we have.
http::Response NotAcceptable();

// 415: the body's type is not provd's; `content_type` is empty if none was said.
http::Response UnsupportedMediaType(std::string_view content_type);

// 400: the body is not JSON, or beyond its limits; `error` is the parser's, with its position.
http::Response BodyIsNotJson(const Error& error);

// 400: the body's JSON has another shape. `what` names the place: "the body", "param".
http::Response NotAnObject(std::string_view what);
http::Response MemberMissing(std::string_view what, std::string_view member);
http::Response MemberNotAString(std::string_view what, std::string_view member);

// 400: what is to be reconfigured is not there. The wording is documented.
http::Response InvalidDeviceId();

// What the application refused: 404 for kNotFound, 400 for kInvalid and kConflict, 403 for kForbidden. Otherwise it can't do now what it
// could do another time, as with a full disk: 503.
http::Response FromApplication(const Error& error);
// The same for calls that name something in their body: what is not found is the body's mistake, 400.
http::Response FromApplicationAboutBody(const Error& error);

}  // namespace provdlab::server::errors
