#pragma once
// What a device's document may be, and which changes of it concern its phone.
//
//   if (auto valid = CheckDevice(device); !valid) return Fail(valid.error());   // kInvalid, a sentence that names the member
//   if (ConcernsPhone(before, after)) Configure(after);
//
// Members that nobody defined are kept as they are. Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/result.h"

namespace provdlab::server {

// The longest id of a document, in characters.
inline constexpr std::size_t kLongestDocumentId = 255;

// Whether a document may have this id: 1 to 255 letters, digits and -._~:@+ of ASCII, but neither "." nor "..", so that it can be
// written in a path.
bool IsDocumentId(std::string_view id);
// The id of a document that a client wants to make: nullopt if it leaves the choice to the server. kInvalid.
Result<std::optional<std::string>> IdOf(const Json& document);
// Whether it was refused for characters of ASCII, its length or its dots. For faults: other characters have a rule of their own.
bool HasRefusedAsciiId(const Json& document);
bool HasNonAsciiId(const Json& document);

// "00:1a:2b:3c:4d:5e": six bytes of two lower-case hexadecimal digits, joined by colons.
bool IsNormalMac(std::string_view mac);
// The normal form of a MAC address with digits of either case: six bytes joined by colons or by dashes, which may lack their leading
// zeros as in what ISC's dhcpd prints ("0:8:5d:1:2:3"), or twelve digits that nothing joins. nullopt if it is none.
std::optional<std::string> NormaliseMac(std::string_view mac);
// Four decimal numbers up to 255 without leading zeros, joined by dots.
bool IsDottedQuad(std::string_view ip);

// mac and ip, if they are there, must be in their forms. kInvalid.
Result<> CheckDevice(const Json& device);

// Whether the phone has to be configured anew: plugin, config, mac, uuid, vendor, model, version or options differ.
bool ConcernsPhone(const Json& before, const Json& after);

// The text under a name; "" if there is none or it is of another type.
std::string TextOf(const Json& document, std::string_view name);

}  // namespace provdlab::server
