#!/usr/bin/env python3
"""Counts the test cases in Bazel's test.xml files and prints `N passed, N failed` as its last line.

Usage: count_results.py [--failed-steps N] FOLDER…

A test program that failed without saying in which case (a crash, a time-out, a shell test) counts as one failed case; a
step that failed although no case did (a build error) as well, so that a broken build can never read as green.
Each failed case is named above that line with what it says of itself: of a log that was cut, the end is what remains.
Exit code 0 if something passed and nothing failed.
"""
import argparse
import os
import sys
import xml.etree.ElementTree as ElementTree


# Of what one failed case says, this many lines are shown: the first are where it failed and on what.
MESSAGE_LINES = 30


def name(case):
    """A case as its test program's filter has it: `Suite.Case`, or its name alone."""
    suite = case.get("classname")
    return "%s.%s" % (suite, case.get("name")) if suite else case.get("name", "?")


def message(case):
    """The lines that a failed case says of itself, blank ones left out."""
    said = []
    for element in case.findall("failure") + case.findall("error"):
        text = (element.text or "").strip() or element.get("message", "")
        said += [line.rstrip() for line in text.splitlines() if line.strip()]
    if len(said) > MESSAGE_LINES:
        said[MESSAGE_LINES:] = ["(%d more lines)" % (len(said) - MESSAGE_LINES)]
    return said


def count(path):
    """The number of passed cases of one test.xml, and of each failed one its name and what it says of itself."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError as error:
        return 0, [("its test.xml", ["can't be read: %s" % error])]
    passed, failed = 0, []
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append((name(case), message(case)))
        elif case.find("skipped") is None and case.get("status", "run") == "run" and case.get("result", "completed") == "completed":
            passed += 1
    return passed, failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--failed-steps", type=int, default=0)
    parser.add_argument("folders", nargs="*")
    args = parser.parse_args()

    seen, passed, failed = set(), 0, 0
    for folder in args.folders:
        for directory, _, names in os.walk(folder):
            key = os.path.relpath(directory, folder)
            if "test.xml" not in names or key in seen:
                continue
            seen.add(key)
            more_passed, more_failed = count(os.path.join(directory, "test.xml"))
            for case, said in more_failed:
                print("failed: //%s %s" % (key, case))
                for line in said:
                    print("    " + line)
            passed += more_passed
            failed += len(more_failed)
    if failed == 0 and (args.failed_steps or passed == 0):
        failed = max(1, args.failed_steps)
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
