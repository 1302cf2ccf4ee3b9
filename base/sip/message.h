#pragma once
// SIP messages as plain values: what our server, our phones and what stands around them say to one another.
//
//   auto message = sip::Parse(datagram);                       // kInvalid: what is wrong
//   if (message->is_request() && message->method == "NOTIFY") Answer(sip::ResponseTo(*message, 200, "OK", tag).Text());
//
// A message is cut into its parts here; whether the parts that every element relies on are well formed is asked of libosip2, in message.cc
// and nowhere else. libosip2 never gets a body to read: its parser of multipart bodies overflows (CVE-2022-41550).
//
// Values; any thread.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace provdlab::sip {

inline constexpr std::uint16_t kDefaultPort = 5060;
inline constexpr std::size_t kLargestMessage = 65'536;  // no datagram is larger

struct Header {
  std::string name, value;
  friend bool operator==(const Header&, const Header&) = default;
};

struct Message {
  std::string method{};  // of a request; empty in a response
  std::string uri{};     // of a request
  int status = 0;        // of a response
  std::string reason{};
  std::vector<Header> headers{};  // in the order of the wire, without Content-Length, which Text() makes
  std::string body{};

  bool is_request() const { return status == 0; }
  // The first one of that name, in any letter case; long names only. Nullopt if there is none.
  std::optional<std::string> Get(std::string_view name) const;
  std::vector<std::string> All(std::string_view name) const;
  // All values of a header that is a list (Via, Contact, Require …), one by one, however they were spread over lines.
  std::vector<std::string> Elements(std::string_view name) const;
  void Remove(std::string_view name);  // all of that name
  void Add(std::string name, std::string value) { headers.push_back({std::move(name), std::move(value)}); }
  // For the wire. Line breaks in what was put in become blanks, so that no value can begin a header of its own.
  std::string Text() const;
  friend bool operator==(const Message&, const Message&) = default;
};

// A message that has what every message must have (RFC 3261, 8.1.1 and 8.2.6.2): Via, From, To, Call-ID and CSeq, each readable and, but
// for Via, once; a CSeq of the request's method. Compact names are made long, folded lines one. Behind the end that Content-Length gives,
// the rest is dropped, as UDP wants it. kInvalid names what is wrong and where.
Result<Message> Parse(std::string_view datagram);

// A response with the Via, From, To (with `tag` added, if it has none), Call-ID and CSeq of the request.
Message ResponseTo(const Message& request, int status, std::string reason, std::string_view tag);

// Notes in the topmost Via of a request where it came from: `received` where the Via says otherwise, and `rport` where that was asked for
// (RFC 3261, 18.2.1; RFC 3581). Before ResponseTo, so that the response has it too.
void MarkSource(Message& request, std::string_view ip, std::uint16_t port);
// The port that a response over UDP goes to, at the address that the request came from: the request's own if it asked for that with
// `rport`, else the one in its Via.
std::uint16_t ReplyPort(const Message& request, std::uint16_t source_port);

// The parameter of a header's value, unquoted: Parameter("SIP/2.0/UDP h;branch=z9;rport", "branch") is "z9". Parameters of an address in
// <…> are not the header's.
std::optional<std::string> Parameter(std::string_view value, std::string_view name);
// "CSeq: 4 REGISTER" in its parts.
struct Sequence {
  unsigned long number = 0;
  std::string method;
};
std::optional<Sequence> SequenceOf(const Message& message);
// The URI in a header's value: what is in <…> behind a display name, or what stands before the parameters.
std::string_view UriIn(std::string_view value);
// "sip:USER@HOST:PORT;…" in its parts, also within <…> and behind a display name; the user unescaped. Port 0: none is written.
struct Address {
  std::string user, host;
  std::uint16_t port = 0;
};
std::optional<Address> ReadAddress(std::string_view text);
// "OK", "Not Found", …; empty for a status without a usual one.
std::string ReasonPhrase(int status);
// The user part of an address with what RFC 3261 does not allow there escaped.
std::string EscapeUser(std::string_view user);

}  // namespace provdlab::sip
