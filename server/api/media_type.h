#pragma once
// provd's media type and the two header fields that name it.
//
//   IsProvdMediaType("application/vnd.proformatique.provd+json; charset=utf-8");   // true
//   AcceptsProvd({"text/html, */*;q=0.1"});                                          // true
//
// Pure functions, any thread.

#include <string>
#include <string_view>
#include <vector>

namespace provdlab::server {

inline constexpr std::string_view kProvdMediaType = "application/vnd.proformatique.provd+json";

// Is this value of Content-Type provd's type? Letter case and parameters do not matter (RFC 9110 §8.3.1, rulings.md);
// application/json is another type.
bool IsProvdMediaType(std::string_view content_type);

// Do these values of Accept, all fields of a request in order, admit provd's type? No field and empty fields admit
// everything. The type itself, application/* and */* admit it anywhere in a list; parameters, q=0 too, are not looked at.
bool AcceptsProvd(const std::vector<std::string>& accept);

}  // namespace provdlab::server
