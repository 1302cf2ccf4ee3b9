#!/usr/bin/env bash
# The repetition itself, on little: it counts runs, and tells an alarm from none.
set -euo pipefail
provdlab=$1
repeat() {
    python3 conformance/repetition.py --provdlab "$provdlab" --runs 2 --folder "$TEST_TMPDIR/reports" --filter configure "$@"
}

said=$(repeat --rate 1/20)
echo "$said"
grep -q '^2 runs, 0 false alarms$' <<<"$said"
[[ -z $(ls "$TEST_TMPDIR/reports" 2>/dev/null) ]]

# Nothing comes through a network that resets every connection: that is told, and the report kept.
if said=$(repeat --kind resets --rate 1/1 --runs 1); then
    echo "no alarm: $said"
    exit 1
fi
echo "$said"
grep -q '^1 runs, 1 false alarm$' <<<"$said"
[[ -e $TEST_TMPDIR/reports/1/report.json ]]
