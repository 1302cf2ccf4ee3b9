#!/usr/bin/env python3
"""Writes a C++ source that holds files as string literals. Called by embed.bzl; see there."""
import argparse
import os
import re

CHUNK = 2000  # bytes a literal; compilers join neighbours


def literal(data):
    """One C string literal. Octal escapes have three digits, so that no following digit can join them."""
    out = []
    for byte in data:
        char = chr(byte)
        if char in '"\\?':
            out.append("\\" + char)
        elif 0x20 <= byte < 0x7F:
            out.append(char)
        else:
            out.append("\\%03o" % byte)
    return '"%s"' % "".join(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--function", required=True)
    parser.add_argument("--header", required=True)
    parser.add_argument("--strip", default="")
    parser.add_argument("--cc", required=True)
    parser.add_argument("--h", required=True)
    parser.add_argument("files", nargs="*")
    args = parser.parse_args()

    entries = []
    for path in args.files:
        # Generated files stand below bazel-out/CONFIGURATION/bin, and all of them below external/REPOSITORY where another
        # workspace builds this one: a file's name is the same everywhere.
        name = re.sub(r"^(bazel-out/[^/]*/[^/]*/)?(external/[^/]*/)?", "", path)
        if args.strip and name.startswith(args.strip):
            name = name[len(args.strip):]
        with open(path, "rb") as f:
            entries.append((name, f.read()))
    entries.sort()

    with open(args.h, "w") as out:
        out.write("#pragma once\n// Made by tools/embed.\n\n#include <span>\n\n#include \"base/embedded.h\"\n\n")
        out.write("namespace provdlab {\nstd::span<const EmbeddedFile> %s();\n}  // namespace provdlab\n" % args.function)
    with open(args.cc, "w") as out:
        out.write('#include "%s"\n\n#include <array>\n\nnamespace provdlab {\nnamespace {\nusing namespace std::string_view_literals;\n' % args.header)
        out.write("constexpr std::array<EmbeddedFile, %d> kFiles = {{\n" % len(entries))
        for name, data in entries:
            chunks = [literal(data[i:i + CHUNK]) for i in range(0, len(data), CHUNK)] or ['""']
            out.write("    {%ssv,\n     " % literal(name.encode()))
            out.write("\n     ".join(chunks) + "sv},\n")
        out.write("}};\n}  // namespace\n\nstd::span<const EmbeddedFile> %s() { return kFiles; }\n}  // namespace provdlab\n" % args.function)


if __name__ == "__main__":
    main()
