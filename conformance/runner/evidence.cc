#include "conformance/runner/evidence.h"

#include <algorithm>

#include "base/json.h"

namespace provdlab::conformance {
namespace {

// Through JSON and back: bytes that are not UTF-8 become U+FFFD.
std::string Readable(std::string_view bytes) {
  std::string text(bytes.substr(0, kLongestBody));
  const Json shown = Json::parse(DumpJson(Json(text)), nullptr, false);
  if (shown.is_string()) text = shown.get<std::string>();
  if (bytes.size() > kLongestBody) text += "\n… cut: " + std::to_string(bytes.size()) + " bytes in all";
  return text;
}

// In single quotes, or as $'…' where the text has bytes that a line of a shell should not show.
std::string Quote(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
  if (plain) {
    std::string quoted = "'";
    for (const char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
  }
  // printf's octal escapes work in every POSIX shell; $'…' does not.
  std::string quoted = "\"$(printf '";
  for (const unsigned char c : text) {
    const bool safe = c >= 0x20 && c < 0x7f && c != '\\' && c != '%' && c != '\'';
    if (safe) {
      quoted.push_back(static_cast<char>(c));
    } else {
      quoted += {'\\', static_cast<char>('0' + (c >> 6)), static_cast<char>('0' + ((c >> 3) & 7)), static_cast<char>('0' + (c & 7))};
    }
  }
  return quoted + "')\"";
}

std::vector<std::pair<std::string, std::string>> Pairs(const http::Headers& headers) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const http::Header& header : headers.fields()) pairs.emplace_back(Readable(header.name), Readable(header.value));
  return pairs;
}

}  // namespace

std::string Curl(const http::Request& request, const Target& target) {
  const std::string origin = target.url().substr(0, target.url().size() - target.prefix().size());
  std::string line = request.method == "HEAD" ? "curl -sS -I" : "curl -sS -i -X " + Quote(request.method);
  line += " --path-as-is";
  for (const http::Header& header : request.headers.fields())
    line += " -H " + Quote(header.name + (header.value.empty() ? ";" : ": " + header.value));
  if (!request.headers.Has("Accept")) line += " -H 'Accept:'";
  if (!request.body.empty()) {
    if (!request.headers.Has("Content-Type")) line += " -H 'Content-Type:'";
    if (request.body.size() > 16 * 1024) {
      line += " --data-binary @body  # the body has " + std::to_string(request.body.size()) + " bytes";
      return line.insert(line.find(" --data-binary"), " " + Quote(origin + request.target));
    }
    line += " --data-binary " + Quote(request.body);
  }
  return line + " " + Quote(origin + request.target);
}

ExchangeRecord Evidence(const http::Exchange& exchange, const Target& target) {
  ExchangeRecord record;
  record.method = Readable(exchange.request.method);
  record.target = Readable(exchange.request.target);
  record.request_headers = Pairs(exchange.request.headers);
  record.request_body = Readable(exchange.request.body);
  record.outcome = http::OutcomeName(exchange.outcome);
  record.problem = Readable(exchange.problem);
  record.microseconds = exchange.elapsed.count();
  const bool raw = exchange.request.method.empty();
  if (raw) record.request_body = Readable(exchange.sent);
  if (exchange.response) {
    record.status = exchange.response->status;
    record.response_headers = Pairs(exchange.response->headers);
    record.response_body = Readable(exchange.response->body);
  } else {
    record.response_body = Readable(exchange.received);
  }
  if (!raw) record.curl = Curl(exchange.request, target);
  return record;
}

std::string Describe(const http::Exchange& exchange) {
  const std::string what =
      exchange.request.method.empty() ? "the raw request" : Readable(exchange.request.method) + " " + Readable(exchange.request.target);
  if (exchange.outcome == http::Outcome::kAnswered && exchange.response)
    return what + " answered " + std::to_string(exchange.response->status);
  std::string text = what + " was not answered (" + std::string(http::OutcomeName(exchange.outcome)) + ")";
  if (!exchange.problem.empty()) text += ": " + Readable(exchange.problem);
  return text;
}

}  // namespace provdlab::conformance
