#!/usr/bin/env python3
"""Holds the files of known divergences that come along against the presets that behave like the servers they are about.

    shipped_test.py PROVDLAB PRESET

The whole suite against the preset has to find exactly what the file lists. Without the line of a MUST the same run is red, without that of
a SHOULD it warns, and what a ruling permits has no line: nothing that is listed is a MAY.
"""
import json
import os
import re
import subprocess
import sys

PROVDLAB, PRESET = sys.argv[1], sys.argv[2]
FOLDER = os.environ.get("TEST_TMPDIR", "/tmp")
SERVE = (PROVDLAB + " serve --as " + PRESET + " --rest-port {rest_port} --http-port {http_port} --tftp-port {tftp_port}"
         " --sip-notify-port {sip_port} --state-dir {state_dir} --trusted-proxies {trusted_proxies}")
# A preset's name begins with its dialect.
DIALECT = PRESET.split("-")[0]
if DIALECT == "wazo":
    SERVE += " --tokens {tokens}"


def conform(*options):
    """The exit code, and by slug the verdicts, of a run against the preset."""
    done = subprocess.run([PROVDLAB, "conform", "--dialect", DIALECT, "--launch", SERVE, "--json", "--report", os.path.join(FOLDER, "report"), *options],
                          capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit("conform ended with %d: %s" % (done.returncode, done.stderr))
    return done.returncode, {each["slug"]: each for each in json.loads(done.stdout)["requirements"]}


def entries(text):
    """By slug, the text of each entry."""
    found, slug = {}, None
    for line in text.splitlines(keepends=True):
        if re.match(r"^[a-z0-9-]+\.[a-z0-9.-]+$", line):
            slug = line.strip()
        if slug and (line.startswith((" ", "\t")) or line.strip() == slug):
            found[slug] = found.get(slug, "") + line
    return found


def main():
    failures = []
    code, verdicts = conform("--known", PRESET)
    surprises = [slug for slug, each in verdicts.items() if each["verdict"] not in ("pass", "not-applicable", "known")]
    if code != 0 or surprises:
        failures.append("the preset is not as its file says: " + "; ".join(
            "%s is %s (%s)" % (slug, verdicts[slug]["verdict"], verdicts[slug]["note"]) for slug in surprises))

    shipped = os.path.join(os.path.dirname(os.path.abspath(__file__)), PRESET + ".known")
    with open(shipped, encoding="utf-8") as file:
        text = file.read()
    listed = entries(text)
    by_level = {"must": [], "should": [], "may": []}
    for slug in listed:
        by_level[verdicts[slug]["level"]].append(slug)
    if by_level["may"]:
        failures.append("what is permitted needs no line: " + ", ".join(by_level["may"]))
    for level, wanted in (("must", ("fail", 1)), ("should", ("warn", 0))):
        # One that others don't stand on, so that nothing else changes.
        slug = next((each for each in by_level[level] if not each.startswith("invariant.")), None)
        if slug is None:
            continue
        without = os.path.join(FOLDER, "without.known")
        with open(without, "w", encoding="utf-8") as file:
            file.write(text.replace(listed[slug], ""))
        code, verdicts = conform("--known", without, "--filter", slug)
        if (verdicts[slug]["verdict"], code) != wanted:
            failures.append("without its line %s is %s, and the exit code %d" % (slug, verdicts[slug]["verdict"], code))
    print("%s: %d MUST, %d SHOULD listed" % (PRESET, len(by_level["must"]), len(by_level["should"])))
    for failure in failures:
        print("FAILED: " + failure)
    sys.exit(1 if failures else 0)


main()
