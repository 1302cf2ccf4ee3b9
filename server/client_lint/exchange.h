#pragma once
// One request and its answer, as the lint sees them: plain values, nothing of sockets. server/api/client_watch.h makes them.
//
//   Exchange exchange{.number = 4, .agent = "curl/7.88.1", .peer = "127.0.0.1", .method = "GET", .target = "/provd/configure",
//                     .path = "/provd/configure", .pattern = "/provd/configure", .status = 200};
//
// The views in it, and what `before` and the two JSON values hold, need to live only while it is being seen.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace provdlab::server::lint {

struct Exchange {
  std::uint64_t number = 0;  // of the journal
  std::chrono::steady_clock::time_point at{};

  std::string agent{};           // User-Agent; empty: none
  std::string peer{};            // the address, without port
  std::uint64_t connection = 0;  // counted from 1; 0: not known

  std::string method{};
  std::string target{};        // as sent
  std::string path{};          // without the query, every segment decoded
  std::string query{};         // as sent, without the '?'
  std::string_view pattern{};  // of the resource, as in the table of routes; empty: the path names nothing
  std::vector<std::string> content_types{}, accepts{};
  std::string_view body{};
  std::optional<Json> json{};  // of the body, if it is JSON

  int status = 0;
  std::string location{};             // decoded like `path`; empty: none
  std::string allow{};                // of a 405
  std::string_view answer{};          // the body
  bool answer_is_whole = true;        // false: it is a long list and was sent in pieces
  std::optional<Json> answer_json{};  // of monitors, documents and lists of documents

  std::optional<Json> before{};      // the document that a PUT replaces, as it was
  bool misled = false;               // a fault that was switched on is in the answer
  std::vector<std::string> hrefs{};  // in such an answer: a client that follows them does right

  bool Asks() const { return method == "GET" || method == "HEAD"; }
  bool Sends() const { return method == "POST" || method == "PUT"; }
  bool Succeeded() const { return status >= 200 && status < 300; }
  bool Changed() const { return !Asks() && Succeeded(); }

  bool OfMonitor() const { return pattern.ends_with("/{monitor}"); }
  bool OfDocument() const { return pattern == "/provd/dev_mgr/devices/{device}" || pattern == "/provd/cfg_mgr/configs/{config}"; }
  bool OfDocuments() const { return pattern == "/provd/dev_mgr/devices" || pattern == "/provd/cfg_mgr/configs"; }
  // Anything that is a list: of documents, plugins, packages or parameters.
  bool OfList() const {
    return OfDocuments() || pattern == "/provd/pg_mgr/plugins" || pattern.ends_with("/installable") || pattern.ends_with("/installed") ||
           pattern.ends_with("/configure");
  }
  // What wraps a document: {"device": {…}}.
  const char* Wrapper() const { return pattern.starts_with("/provd/dev_mgr") ? "device" : "config"; }
};

// What is told of an exchange.
struct Line {
  std::uint64_t number = 0;
  std::string method{}, target{};
  int status = 0;
  std::string note{};  // "Location …", "application/json"; may be empty
};
Line LineOf(const Exchange& exchange, std::string note = "");

// A client's text without anything that a terminal would act on, cut to a line.
std::string Quoted(std::string_view text);

}  // namespace provdlab::server::lint
