#!/usr/bin/env bash
# A server that crashes, launched by the suite that runs several scenarios side by side: it is blamed for that alone, and the rest is tested.
set -euo pipefail
provdlab=$1
launch="$(realpath "$provdlab") serve --rest-port {rest_port} --state-dir {state_dir} --fault invariant.still-answers"
report=$TEST_TMPDIR/report
if "$provdlab" conform --launch "$launch" --filter configure --filter links --jobs 4 --report "$report" --no-color >"$TEST_TMPDIR/said"; then
    echo "it passed"
    exit 1
fi
cat "$TEST_TMPDIR/said"
grep -q '^FAILED .* 1 fails, ' "$TEST_TMPDIR/said"
grep -q '1\. failed  invariant.still-answers  must' "$TEST_TMPDIR/said"
grep -q 'crashed: signal 6' "$TEST_TMPDIR/said"
grep -q 'fault invariant.still-answers: the server ends here' "$report/target.log"

# Nothing else fails, nothing goes untested, and all that is blocked is blocked by that.
python3 - "$report/report.json" <<'END'
import json, sys
run = json.load(open(sys.argv[1]))
assert run["ended"] == "", run["ended"]
verdicts = {}
for requirement in run["requirements"]:
    verdicts.setdefault(requirement["verdict"], []).append(requirement["slug"])
    if requirement["verdict"] == "blocked":
        assert requirement["blocked_by"] == ["invariant.still-answers"] and not requirement["unexplained"], requirement
assert verdicts["fail"] == ["invariant.still-answers"], verdicts["fail"]
assert set(verdicts) <= {"pass", "fail", "blocked", "not-applicable"}, verdicts.keys()
assert len(verdicts["pass"]) > 10 * len(verdicts["blocked"]) / 3, verdicts
END
