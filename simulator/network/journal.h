#pragma once
// What a phone did and what happened to it, entry by entry: for traces, files, figures and comparisons.
//
//   station.OnEntry([&](const Station& station, const Entry& entry) { out << DumpJson(ToJson(entry)) << "\n"; });
//   Canonical canonical;
//   lines += canonical.Line(entry);        // the same in two runs, though ports and times are not
//
// Values; any thread.

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/json.h"
#include "simulator/network/agenda.h"
#include "simulator/phone/phone.h"

namespace provdlab::network {

struct Entry {
  enum class Kind {
    kPower,      // text: "on", "off"
    kAsksLease,  // text: its vendor class; renew
    kLease,      // ip, took; options are told by the phone itself
    kNoLease,    // nobody answered
    kFetches,    // fetch, method, url
    kBegan,      // fetch, size: of the head that is there
    kGoesOn,     // fetch; text: "on", "stop"
    kFetched,    // fetch, method, url, how, status, size, digest, took
    kSends,      // SIP: peer; text: first line and CSeq
    kHears,      // the same
    kRestarts,   // the phone itself; what was under way is over
    kCall,       // text: "begins", "ends"
    kTells,      // what, text: as the phone says it
  };
  Kind kind = Kind::kTells;
  Instant at{0};
  int fetch = 0;
  std::string method{}, url{}, ip{}, peer{}, text{}, digest{};
  bool renew = false;
  phone::Fetched::How how = phone::Fetched::How::kWhole;
  int status = 0;
  std::uint64_t size = 0;
  Instant took{0};
  phone::Tell::What what = phone::Tell::What::kStage;
};

std::string_view KindName(Entry::Kind kind);        // "lease", "fetches", "fetched", …
std::string_view HowName(phone::Fetched::How how);  // "whole", "missing", …
std::string_view WhatName(phone::Tell::What what);  // "stage", "read", …

// {"at": 12.345, "kind": …} with the members that the kind has; `at` and `took` in seconds.
OrderedJson ToJson(const Entry& entry);

// Writes a phone's entries so that two runs over real sockets can be compared: without times, and with each 127.0.0.1:40123 and each digest
// numbered in the order in which they are seen. One for each phone.
class Canonical {
 public:
  std::string Line(const Entry& entry);

 private:
  std::string Named(const char* kind, const std::string& name);
  std::string Replaced(const std::string& text);

  std::map<std::string, std::string> names_;  // what is written instead
};

}  // namespace provdlab::network
