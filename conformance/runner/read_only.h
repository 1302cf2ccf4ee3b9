#pragma once
// What a run that must change nothing leaves out.
//
//   if (const auto why = WhatWrites(run.file->scenario)) LeaveOut("--read-only: " + *why);
//
// Decided from the text alone: a scenario that only looks has no statement but GETs and HEADs, and follows of what they name. A plain
// function of its argument; any thread may call.

#include <optional>
#include <string>
#include <string_view>

#include "grammar/scenario/model.h"

namespace provdlab::conformance {

// Whether a request with this method only looks (RFC 9110, section 9.2.1; OPTIONS and TRACE are none of provd's).
constexpr bool OnlyLooks(std::string_view method) { return method == "GET" || method == "HEAD"; }

// The first thing in the scenario that may change something on a target, in words; nullopt: it only looks.
std::optional<std::string> WhatWrites(const scenario::Scenario& scenario);

}  // namespace provdlab::conformance
