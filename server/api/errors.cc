#include "server/api/errors.h"

#include <string>
#include <utility>

#include "server/api/limits.h"
#include "server/api/media_type.h"

namespace provdlab::server::errors {
namespace {

http::Response Answer(int status, std::string sentence) {
  http::Response response;
  response.status = status;
  response.headers.Add("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(sentence);
  return response;
}

// A client's text in a sentence of ours: short, and without anything that a terminal, a log or a browser would act on.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text.substr(0, limits::kQuotedCharacters)) {
    const bool harmless = c >= ' ' && c < 0x7f && c != '<' && c != '>' && c != '&' && c != '\'' && c != '"';
    quoted += harmless ? c : '?';
  }
  if (text.size() > limits::kQuotedCharacters) quoted += "...";
  return quoted + "'";
}

// The application's sentence, which may repeat what a client sent, on one short line and without markup.
std::string Harmless(std::string_view sentence) {
  std::string harmless;
  for (const char c : sentence.substr(0, limits::kSentenceBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    harmless += byte < ' ' || byte == 0x7f || c == '<' || c == '>' ? '?' : c;
  }
  if (sentence.size() <= limits::kSentenceBytes) return harmless;
  // Not in the middle of a character.
  while (!harmless.empty() && (static_cast<unsigned char>(harmless.back()) & 0xC0) == 0x80) harmless.pop_back();
  if (!harmless.empty() && static_cast<unsigned char>(harmless.back()) >= 0xC0) harmless.pop_back();
  return harmless + "...";
}

}  // namespace

http::Response NoToken(bool wrong) {
  return Answer(401, wrong ? "Nobody has this X-Auth-Token" : "The header X-Auth-Token is missing: it has to be sent with every request");
}

http::Response NotYourTenant() { return Answer(401, "This X-Auth-Token does not act for that Wazo-Tenant"); }

http::Response NoSuchPath() { return Answer(404, "No resource has this path"); }

http::Response NoSuchResource() { return Answer(404, "No such resource"); }

http::Response NoSuchService() { return Answer(404, "This plugin does not offer this service"); }

http::Response MethodNotAllowed(std::string_view method, std::string_view allow) {
  auto response = Answer(405, Quoted(method) + " is not allowed on this resource; allowed: " + std::string(allow));
  response.headers.Add("Allow", std::string(allow));
  return response;
}

http::Response NotAcceptable() {
  return Answer(406, "This resource is only available as " + std::string(kProvdMediaType) + ", which Accept does not admit");
}

http::Response UnsupportedMediaType(std::string_view content_type) {
  const std::string wanted = "Content-Type must be " + std::string(kProvdMediaType);
  return Answer(415, content_type.empty() ? wanted + "; none was sent" : wanted + ", not " + Quoted(content_type));
}

http::Response BodyIsNotJson(const Error& error) {
  std::string place;
  if (error.position) place = " at line " + std::to_string(error.position->line) + ", column " + std::to_string(error.position->column);
  return Answer(400, "The body can't be read" + place + ": " + Harmless(error.message));
}

http::Response NotAnObject(std::string_view what) { return Answer(400, "In the JSON sent, " + std::string(what) + " must be an object"); }

http::Response MemberMissing(std::string_view what, std::string_view member) {
  return Answer(400, "In the JSON sent, " + std::string(what) + " must have a member '" + std::string(member) + "'");
}

http::Response MemberNotAString(std::string_view what, std::string_view member) {
  return Answer(400, "In the JSON sent, the member '" + std::string(member) + "' of " + std::string(what) + " must be a string");
}

http::Response InvalidDeviceId() { return Answer(400, "invalid device ID"); }

http::Response FromApplication(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kNotFound:
      return NoSuchResource();
    case ErrorKind::kInvalid:
    case ErrorKind::kConflict:
      return Answer(400, Harmless(error.message));
    case ErrorKind::kForbidden:
      return Answer(403, Harmless(error.message));
    case ErrorKind::kUnavailable:
    case ErrorKind::kTimeout:
    case ErrorKind::kCancelled:
    case ErrorKind::kInternal:
      break;
  }
  return Answer(503, Harmless(error.message));
}

http::Response FromApplicationAboutBody(const Error& error) {
  return error.kind == ErrorKind::kNotFound ? Answer(400, Harmless(error.message)) : FromApplication(error);
}

}  // namespace provdlab::server::errors
