#!/usr/bin/env bash
# A server that crashes, of a REST request and of a phone's, launched by the suite that runs several scenarios side by side: it is
# blamed for that alone, and the rest is tested.
set -euo pipefail
provdlab=$1

# crash FAULT ASKED FILTER…: the server with that fault is blamed, and ASKED is the first request that was not answered.
crash() {
    local fault=$1 asked=$2 report=$TEST_TMPDIR/report said=$TEST_TMPDIR/said filters=()
    shift 2
    for filter in "$@"; do filters+=(--filter "$filter"); done
    local launch
    launch="$(realpath "$provdlab") serve --rest-port {rest_port} --http-port {http_port} --state-dir {state_dir} --fault $fault"
    echo "== $fault"
    if "$provdlab" conform --launch "$launch" "${filters[@]}" --jobs 4 --report "$report" --no-color >"$said"; then
        echo "it passed"
        exit 1
    fi
    cat "$said"
    grep -q '^FAILED .* 1 fails, ' "$said"
    grep -q '1\. failed  invariant.still-answers  must' "$said"
    grep -q 'crashed: signal 6' "$said"
    grep -q "fault $fault: the server ends here" "$report/target.log"

    # Nothing else fails, nothing goes untested, and all that is blocked is blocked by that.
    python3 - "$report/report.json" "$asked" <<'END'
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
got = [check["got"] for scenario in run["scenarios"] for step in scenario["steps"] for check in step["checks"]
       if check["verdict"] == "fail"]
assert got and all(sys.argv[2] in each for each in got), got
END
}

crash invariant.still-answers 'PUT /provd/configure/' configure links
crash invariant.still-answers/of-a-phone 'GET /Acme/' provisioning.unconfigured-file-is-missing links
