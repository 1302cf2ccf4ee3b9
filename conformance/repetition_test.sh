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

# A verdict that a sound network and a sound server would not give is told, and its report kept.
faulty=$TEST_TMPDIR/faulty
cat >"$faulty" <<END
#!/bin/sh
exec "$(realpath "$provdlab")" "\$@" --launch '$(realpath "$provdlab") serve --rest-port {rest_port} --state-dir {state_dir} --fault configure.nat-reads-as-integer'
END
chmod +x "$faulty"
if said=$(provdlab=$faulty repeat --kind resets --rate 1/20 --runs 1); then
    echo "no alarm: $said"
    exit 1
fi
echo "$said"
grep -q '^    configure.nat-reads-as-integer fail$' <<<"$said"
grep -q '^1 runs, 1 false alarm$' <<<"$said"
[[ -e $TEST_TMPDIR/reports/1/report.json ]]
