#include "conformance/runner/evidence.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "conformance/report/shell.h"

namespace provdlab::conformance {
namespace {

constexpr std::size_t kLongestShown = 16 * 1024;  // bytes of a body in a line that is to be pasted
constexpr std::size_t kWorthMaking = 256;         // bytes of one kind, to be made instead of shown

// Through JSON and back: bytes that are not UTF-8 become U+FFFD.
std::string Readable(std::string_view bytes) {
  std::string text(bytes.substr(0, kLongestBody));
  const Json shown = Json::parse(DumpJson(Json(text)), nullptr, false);
  if (shown.is_string()) text = shown.get<std::string>();
  if (bytes.size() > kLongestBody) text += "\n… cut: " + std::to_string(bytes.size()) + " bytes in all";
  return text;
}

bool IsPlain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 && c != 0x7f; });
}

std::string Octal(unsigned char c) {
  return {'\\', static_cast<char>('0' + (c >> 6)), static_cast<char>('0' + ((c >> 3) & 7)), static_cast<char>('0' + (c & 7))};
}

// printf's octal escapes work in every POSIX shell; $'…' does not.
std::string Printf(std::string_view text) {
  std::string format;
  for (const unsigned char c : text) {
    const bool safe = c >= 0x20 && c < 0x7f && c != '\\' && c != '%' && c != '\'' && !(c == '-' && format.empty());
    format += safe ? std::string(1, static_cast<char>(c)) : Octal(c);
  }
  return "printf '" + format + "'";
}

// A word of a command line, also where it has bytes that a line should not show.
std::string Quote(std::string_view text) { return IsPlain(text) ? InSingleQuotes(text) : "\"$(" + Printf(text) + ")\""; }

// Commands that print the text; long runs of one byte, which pad a body, are made there and then. "" if the line would be too long.
std::string Printing(std::string_view text) {
  std::vector<std::string> commands;
  std::size_t written = 0;
  std::size_t begin = 0;
  const auto flush = [&](std::size_t end) {
    if (end == begin) return;
    written += end - begin;
    if (written <= kLongestShown) commands.push_back(Printf(text.substr(begin, end - begin)));
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = std::min(text.find_first_not_of(text[at], at), text.size()) - at;
    if (run >= kWorthMaking) {
      flush(at);
      commands.push_back("head -c " + std::to_string(run) + " /dev/zero | tr '\\000' '" + Octal(static_cast<unsigned char>(text[at])) +
                         "'");
      begin = at + run;
    }
    at += run;
  }
  flush(text.size());
  if (written > kLongestShown) return "";
  return commands.size() == 1 ? commands.front() : "{ " + Join(commands, "; ") + "; }";
}

std::vector<std::pair<std::string, std::string>> Pairs(const http::Headers& headers) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const http::Header& header : headers.fields()) pairs.emplace_back(Readable(header.name), Readable(header.value));
  return pairs;
}

// The request with the header for pieces where the client added it, which shows in what went out only.
http::Request AsFramed(const http::Exchange& exchange) {
  http::Request request = exchange.request;
  const std::string_view head = std::string_view(exchange.sent).substr(0, exchange.sent.find("\r\n\r\n"));
  const bool chunked = Lower(head).find("\r\ntransfer-encoding: chunked") != std::string::npos;
  if (chunked && !request.headers.Has("Transfer-Encoding")) request.headers.Set("Transfer-Encoding", "chunked");
  return request;
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
    if (IsPlain(request.body) && request.body.size() <= kLongestShown) {
      line += " --data-binary " + InSingleQuotes(request.body);
    } else if (const std::string printing = Printing(request.body); !printing.empty()) {
      line = printing + " | " + line + " --data-binary @-";
    } else {
      return line + " --data-binary @body " + Quote(origin + request.target) + "  # body: a file of these " +
             std::to_string(request.body.size()) + " bytes";
    }
  }
  return line + " " + Quote(origin + request.target);
}

ExchangeRecord Evidence(const http::Exchange& exchange, const Target& target) {
  ExchangeRecord record;
  record.method = Readable(exchange.request.method);
  record.target = Readable(exchange.request.target);
  const http::Request request = AsFramed(exchange);
  record.request_headers = Pairs(request.headers);
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
  if (!raw) record.curl = Curl(request, target);
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
