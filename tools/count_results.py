#!/usr/bin/env python3
"""Counts the test cases in Bazel's test.xml files and prints `N passed, N failed` as its last line.

Usage: count_results.py [--failed-steps N] FOLDER…

A test program that failed without saying in which case (a crash, a time-out, a shell test) counts as one failed case; a
step that failed although no case did (a build error) as well, so that a broken build can never read as green.
Exit code 0 if something passed and nothing failed.
"""
import argparse
import os
import sys
import xml.etree.ElementTree as ElementTree


def count(path):
    """The passed and failed cases of one test.xml."""
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError:
        return 0, 1
    passed = failed = 0
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
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
            if more_failed:
                print("failed: //%s (%d)" % (key, more_failed))
            passed += more_passed
            failed += more_failed
    if failed == 0 and (args.failed_steps or passed == 0):
        failed = max(1, args.failed_steps)
    print("%d passed, %d failed" % (passed, failed))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
