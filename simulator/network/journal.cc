#include "simulator/network/journal.h"

#include <algorithm>

namespace provdlab::network {
namespace {

double Seconds(Instant time) { return static_cast<double>(time.count()) / 1e6; }

// Whether it is an IPv4 address with a port: 127.0.0.1:40123.
bool IsEndpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < text.size() && text.find(':', colon + 1) == std::string_view::npos &&
         std::count(text.begin(), text.end(), '.') == 3 && text.find('.', colon) == std::string_view::npos;
}

}  // namespace

std::string_view KindName(Entry::Kind kind) {
  switch (kind) {
    case Entry::Kind::kPower:
      return "power";
    case Entry::Kind::kAsksLease:
      return "asks-lease";
    case Entry::Kind::kLease:
      return "lease";
    case Entry::Kind::kNoLease:
      return "no-lease";
    case Entry::Kind::kFetches:
      return "fetches";
    case Entry::Kind::kBegan:
      return "began";
    case Entry::Kind::kGoesOn:
      return "goes-on";
    case Entry::Kind::kFetched:
      return "fetched";
    case Entry::Kind::kSends:
      return "sends";
    case Entry::Kind::kHears:
      return "hears";
    case Entry::Kind::kRestarts:
      return "restarts";
    case Entry::Kind::kCall:
      return "call";
    case Entry::Kind::kTells:
      return "tells";
  }
  return "tells";
}

std::string_view HowName(phone::Fetched::How how) {
  using How = phone::Fetched::How;
  switch (how) {
    case How::kWhole:
      return "whole";
    case How::kMissing:
      return "missing";
    case How::kRefused:
      return "refused";
    case How::kServerError:
      return "server-error";
    case How::kTimedOut:
      return "timed-out";
    case How::kUnreachable:
      return "unreachable";
    case How::kCut:
      return "cut";
    case How::kStopped:
      return "stopped";
  }
  return "cut";
}

std::string_view WhatName(phone::Tell::What what) {
  using What = phone::Tell::What;
  switch (what) {
    case What::kStage:
      return "stage";
    case What::kAsked:
      return "asked";
    case What::kGot:
      return "got";
    case What::kRead:
      return "read";
    case What::kBroken:
      return "broken";
    case What::kNone:
      return "none";
    case What::kNoHost:
      return "no-host";
    case What::kDisplay:
      return "display";
    case What::kFirmware:
      return "firmware";
    case What::kRestart:
      return "restart";
    case What::kNotified:
      return "notified";
    case What::kRegister:
      return "register";
    case What::kPause:
      return "pause";
  }
  return "stage";
}

OrderedJson ToJson(const Entry& entry) {
  using Kind = Entry::Kind;
  OrderedJson json;
  json["at"] = Seconds(entry.at);
  json["kind"] = KindName(entry.kind);
  const auto add = [&json](const char* name, const std::string& text) {
    if (!text.empty()) json[name] = text;
  };
  if (entry.kind == Kind::kTells) json["what"] = WhatName(entry.what);
  if (entry.fetch != 0) json["fetch"] = entry.fetch;
  add("method", entry.method);
  add("url", entry.url);
  add("ip", entry.ip);
  add("peer", entry.peer);
  add("text", entry.text);
  if (entry.renew) json["renew"] = true;
  if (entry.kind == Kind::kFetched) {
    json["how"] = HowName(entry.how);
    if (entry.status != 0) json["status"] = entry.status;
    json["size"] = entry.size;
    add("digest", entry.digest);
  }
  if (entry.kind == Kind::kFetched || entry.kind == Kind::kLease) json["took"] = Seconds(entry.took);
  return json;
}

std::string Canonical::Named(const char* kind, const std::string& name) {
  if (name.empty()) return "";
  const auto count = std::count_if(names_.begin(), names_.end(), [&](const auto& known) { return known.second.starts_with(kind); });
  return names_.emplace(name, kind + std::to_string(count + 1)).first->second;
}

std::string Canonical::Replaced(const std::string& text) {
  std::string replaced;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = std::min(text.find_first_of("0123456789", at), text.size());
    const std::size_t end = std::min(text.find_first_not_of("0123456789.:", begin), text.size());
    replaced += text.substr(at, begin - at);
    // What ends a sentence is none of it.
    std::string found = text.substr(begin, end - begin);
    std::string behind;
    while (!found.empty() && (found.back() == '.' || found.back() == ':')) {
      behind.insert(0, 1, found.back());
      found.pop_back();
    }
    replaced += (IsEndpoint(found) ? Named("host-", found) : found) + behind;
    at = end;
  }
  return replaced;
}

std::string Canonical::Line(const Entry& entry) {
  Entry plain = entry;
  plain.url = Replaced(entry.url);
  plain.peer = Replaced(entry.peer);
  plain.text = Replaced(entry.text);
  plain.digest = Named("digest-", entry.digest);
  OrderedJson json = ToJson(plain);
  json.erase("at");
  json.erase("took");
  return DumpJson(json) + "\n";
}

}  // namespace provdlab::network
