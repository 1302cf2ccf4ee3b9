#pragma once
// The one place that holds the version of everything here.

namespace provdlab {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace provdlab
