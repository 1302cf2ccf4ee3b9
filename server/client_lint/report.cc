#include "server/client_lint/report.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"
#include "server/client_lint/limits.h"

namespace provdlab::server::lint {
namespace {

constexpr std::size_t kWidth = 110;

std::string NameOf(const ClientReport& client) {
  return (client.agent.empty() ? "a client without User-Agent" : client.agent) + " (" + client.peer + ")";
}

std::string VerdictOf(const ClientReport& client) {
  const std::uint64_t findings = client.findings.size();
  return (findings == 0 ? "no findings" : Counted(findings, "finding", "findings")) + " for " + NameOf(client);
}

std::string SentenceOf(const Finding& finding) {
  if (finding.after_resets == 0) return finding.sentence;
  return finding.sentence + " After resets " + std::to_string(finding.after_resets) + " more.";
}

std::string CommandOf(const Finding& finding, std::string_view origin) {
  std::string command = finding.command;
  constexpr std::string_view kOrigin = "{origin}";
  for (std::size_t at = command.find(kOrigin); at != std::string::npos; at = command.find(kOrigin, at + origin.size()))
    command.replace(at, kOrigin.size(), origin);
  return command;
}

// The words in lines of at most kWidth, each line but the first behind `indent`.
std::string Folded(std::string_view text, const std::string& indent) {
  std::string out;
  std::size_t column = indent.size();
  for (const std::string_view word : Split(text, ' ')) {
    if (!out.empty() && column + 1 + word.size() > kWidth) {
      out += "\n" + indent;
      column = indent.size();
    } else if (!out.empty()) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string TextOf(const Line& line) {
  std::string text = "#" + std::to_string(line.number);
  text.resize(std::max<std::size_t>(text.size() + 1, 7), ' ');
  text += line.method + " " + line.target + " -> " + std::to_string(line.status);
  return line.note.empty() ? text : text + "  " + line.note;
}

std::string TextOf(const Finding& finding, std::string_view origin) {
  const std::string indent(12, ' ');
  std::string text = "  " + std::string(SeverityName(finding.severity));
  text.resize(indent.size(), ' ');
  text += std::string(finding.rule) + " x" + std::to_string(finding.count) + "\n";
  text += indent + Folded(SentenceOf(finding), indent) + "\n";
  for (const Line& line : finding.example) text += indent + TextOf(line) + "\n";
  if (!finding.further.empty()) {
    std::string numbers = "also";
    for (const std::uint64_t number : finding.further) numbers += " #" + std::to_string(number);
    text += indent + Folded(numbers, indent) + "\n";
  }
  text += "  instead   " + Folded(finding.instead, indent) + "\n";
  text += indent + CommandOf(finding, origin) + "\n";  // in one line, to be copied
  return text;
}

}  // namespace

std::string TextOf(const Report& report, std::string_view origin) {
  std::string text;
  for (const ClientReport& client : report.clients)
    text += VerdictOf(client) + ", " + Counted(client.requests, "request", "requests") + "\n";
  if (report.clients.empty()) text += "no client has asked anything\n";
  if (report.requests_not_looked_at > 0) {
    text += Counted(report.requests_not_looked_at, "request", "requests") + " of further clients not looked at: at most " +
            std::to_string(limits::kClients) + " are\n";
  }
  for (const ClientReport& client : report.clients) {
    if (client.findings.empty()) continue;
    text += "\n" + NameOf(client) + "\n";
    for (const Finding& finding : client.findings) text += TextOf(finding, origin);
  }
  return text;
}

Json JsonOf(const Report& report, std::string_view origin) {
  Json clients = Json::array();
  std::uint64_t total = 0;
  for (const ClientReport& client : report.clients) {
    Json findings = Json::array();
    for (const Finding& finding : client.findings) {
      Json example = Json::array();
      for (const Line& line : finding.example) {
        example.push_back(
            {{"sequence", line.number}, {"method", line.method}, {"target", line.target}, {"status", line.status}, {"note", line.note}});
      }
      findings.push_back({{"rule", finding.rule},
                          {"severity", SeverityName(finding.severity)},
                          {"count", finding.count},
                          {"sentence", SentenceOf(finding)},
                          {"example", std::move(example)},
                          {"further", finding.further},
                          {"instead", finding.instead},
                          {"command", CommandOf(finding, origin)}});
    }
    total += findings.size();
    clients.push_back({{"verdict", VerdictOf(client)},
                       {"agent", client.agent},
                       {"peer", client.peer},
                       {"requests", client.requests},
                       {"findings", std::move(findings)}});
  }
  return {{"findings", total}, {"clients", std::move(clients)}, {"requests_not_looked_at", report.requests_not_looked_at}};
}

}  // namespace provdlab::server::lint
