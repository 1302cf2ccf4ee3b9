#!/usr/bin/env bash
# A server that crashes, of a REST request and of a phone's, one a part of which hangs for good, and one that does not start again, launched
# by the suite that runs several scenarios side by side: it is blamed for that alone, and the rest is tested.
set -euo pipefail
provdlab=$1

# blame FAULT HOW ASKED FILTER…: the server with that fault is blamed, it went like HOW, and ASKED is what was asked then.
blame() {
    local fault=$1 how=$2 asked=$3 report=$TEST_TMPDIR/report said=$TEST_TMPDIR/said filters=()
    shift 3
    for filter in "$@"; do filters+=(--filter "$filter"); done
    local launch
    launch="$(realpath "$provdlab") serve --rest-port {rest_port} --http-port {http_port} --tftp-port {tftp_port}"
    launch+=" --sip-notify-port {sip_port} --state-dir {state_dir} --fault $fault"
    echo "== $fault"
    if "$provdlab" conform --launch "$launch" "${filters[@]}" --jobs 4 --report "$report" --no-color >"$said"; then
        echo "it passed"
        exit 1
    fi
    cat "$said"
    grep -q '^FAILED .* 1 fails[,.]' "$said"
    grep -q "1\. failed  ${fault%/*}  must" "$said"

    # Nothing else fails, nothing goes untested, and all that is blocked is blocked by that.
    python3 - "$report/report.json" "${fault%/*}" "$how" "$asked" <<'END'
import json, sys
report, broken, how, asked = sys.argv[1:]
run = json.load(open(report))
assert run["ended"] == "", run["ended"]
verdicts = {}
for requirement in run["requirements"]:
    verdicts.setdefault(requirement["verdict"], []).append(requirement["slug"])
    if requirement["verdict"] == "blocked":
        assert requirement["blocked_by"] == [broken] and not requirement["unexplained"], requirement
assert verdicts["fail"] == [broken], verdicts["fail"]
assert set(verdicts) <= {"pass", "fail", "blocked", "not-applicable"}, verdicts.keys()
assert len(verdicts["pass"]) > 10 * len(verdicts.get("blocked", [])) / 3, verdicts
got = [check["got"] for scenario in run["scenarios"] for step in scenario["steps"] for check in step["checks"]
       if check["verdict"] == "fail"]
assert got and all(how in each and asked in each for each in got), got
END
}

crash() {
    blame "$1" 'crashed: signal 6' "${@:2}"
    grep -q "fault $1: the server ends here" "$TEST_TMPDIR/report/target.log"
}

crash invariant.still-answers 'PUT /provd/configure/' configure links
crash invariant.still-answers/of-a-phone 'GET /Acme/' provisioning.unconfigured-file-is-missing links
blame invariant.still-answers/of-devices 'still answers GET /provd, and has not answered GET /provd/dev_mgr/devices for 10 s' \
    'the first request without an answer: GET /provd/dev_mgr/devices' identification.end-of-lease-without-ip-refused links device.get-answers-200 config.get-answers-200
blame invariant.starts-again 'ended with exit code 3 before it answered' '' device.survives-restart links device.get-answers-200
grep -q 'fault invariant.starts-again: it does not start with a device of its own' "$TEST_TMPDIR/report/target.log"
