"""Warnings for our own code; third-party headers come in through -isystem and stay silent."""

COPTS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Werror",
    # gcc 12 reports accesses that cannot happen in C++20's string code when it optimises.
    "-Wno-restrict",
    "-Wno-array-bounds",
    "-Wno-stringop-overflow",
]
