#include "server/client_lint/exchange.h"

#include <utility>

#include "server/client_lint/limits.h"

namespace provdlab::server::lint {

std::string Quoted(std::string_view text) {
  std::string quoted;
  for (const char c : text.substr(0, limits::kQuotedBytes)) quoted += c >= ' ' && c < 0x7f ? c : '?';
  return text.size() > limits::kQuotedBytes ? quoted + "..." : quoted;
}

Line LineOf(const Exchange& exchange, std::string note) {
  if (note.empty() && !exchange.location.empty()) note = "Location " + Quoted(exchange.location);
  return {exchange.number, Quoted(exchange.method), Quoted(exchange.target), exchange.status, std::move(note)};
}

}  // namespace provdlab::server::lint
