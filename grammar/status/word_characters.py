#!/usr/bin/env python3
"""Prints word_characters.inc: which characters beyond ASCII are \\w and \\d to a client written in Python 3.

    python3 grammar/status/word_characters.py > grammar/status/word_characters.inc
"""
import sys
import unicodedata


def ranges(holds):
    first = None
    for code in range(0x80, sys.maxunicode + 2):
        inside = code <= sys.maxunicode and holds(chr(code))
        if inside and first is None:
            first = code
        elif not inside and first is not None:
            yield first, code - 1
            first = None


def table(name, element, items):
    print("constexpr %s %s[] = {" % (element, name))
    line = "   "
    for item in items:
        if len(line) + 1 + len(item) > 138:
            print(line)
            line = "   "
        line += " " + item
    print(line + "\n};")


print("// Made by word_characters.py from Unicode %s. clang-format off" % unicodedata.unidata_version)
table("kWordRanges", "Range", ["{0x%X,0x%X}," % pair for pair in ranges(str.isalnum)])
print("// The zeros of the decimal digits; each is followed by its 1 to 9.")
table("kZeros", "char32_t", ["0x%X," % code for code in range(0x80, sys.maxunicode + 1) if unicodedata.decimal(chr(code), None) == 0])
print("// clang-format on")
