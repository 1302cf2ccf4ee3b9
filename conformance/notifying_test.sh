#!/bin/sh
# Usage: notifying_test.sh PROVDLAB ami|gateway
# The scenarios about synchronize, and those in which phones are told something, with an exchange between target and phones.
set -eu
report=$(mktemp -d)
trap 'rm -rf "$report"' EXIT
if ! "$1" conform "--$2" 0 --filter synchronize --filter 'phone.*' --no-color --report "$report" >"$report/summary"; then
    cat "$report/summary"
    exit 1
fi
# A run in which nobody can be told anything is green as well.
python3 - "$report/report.json" <<'END'
import json, sys
verdicts = {each["slug"]: each["verdict"] for each in json.load(open(sys.argv[1]))["requirements"]}
# This many phones would all have to register, each with a user of its own.
verdicts.pop("synchronize.many-side-by-side")
wrong = {slug: verdict for slug, verdict in verdicts.items() if slug.startswith("synchronize.") and verdict != "pass"}
sys.exit("not passed: %s" % wrong if wrong else 0)
END
