#!/bin/bash
# The line that CI is judged by must count what happened, above all when something went wrong.
set -u
count=$(pwd)/tools/count_results.py
cd "$TEST_TMPDIR" || exit 1
failures=0

result() {  # result NAME XML
    mkdir -p "logs/$1"
    printf '%s' "$2" >"logs/$1/test.xml"
}

expect() {  # expect EXIT LINE ARGUMENT…
    local want_exit=$1 want_line=$2 got_exit got_line
    shift 2
    got_line=$(python3 "$count" "$@" | tail -n 1)
    python3 "$count" "$@" >/dev/null
    got_exit=$?
    if [ "$got_line" != "$want_line" ] || [ "$got_exit" != "$want_exit" ]; then
        echo "count_results $*: wanted '$want_line' and exit $want_exit, got '$got_line' and exit $got_exit"
        failures=1
    fi
}

expect 1 '0 passed, 1 failed' logs  # nothing at all is not green

result good '<testsuites><testsuite><testcase name="a" status="run" result="completed"/><testcase name="b" status="run" result="completed"/></testsuite></testsuites>'
expect 0 '2 passed, 0 failed' logs
expect 1 '2 passed, 1 failed' --failed-steps 1 logs  # a build that broke elsewhere

result skipped '<testsuites><testsuite><testcase name="s" status="run" result="skipped"><skipped/></testcase><testcase name="d" status="notrun" result="suppressed"/></testsuite></testsuites>'
expect 0 '2 passed, 0 failed' logs

result bad '<testsuites><testsuite><testcase name="f" status="run" result="completed"><failure message="x"/></testcase><testcase name="c" status="run" result="completed"/></testsuite></testsuites>'
expect 1 '3 passed, 1 failed' logs

result crashed '<testsuites><testsuite name="x" tests="1" errors="1"><testcase name="x" status="run"><error message="exited with error code 139"></error></testcase></testsuite></testsuites>'
expect 1 '3 passed, 2 failed' logs

result cut '<testsuites><testsuite><testca'
expect 1 '3 passed, 3 failed' logs

expect 1 '3 passed, 3 failed' logs logs  # the same results seen twice count once

said() {  # said TEXT ARGUMENT…: the lines above the last have it
    local text=$1
    shift
    if ! grep -qF -- "$text" <<<"$(python3 "$count" "$@")"; then
        echo "count_results $*: does not say '$text', but:"
        python3 "$count" "$@"
        failures=1
    fi
}

# A case that fails once in a hundred runs is never seen again: its name and its words must be in the log.
result flaky '<testsuites><testsuite><testcase classname="WeatherTest" name="Rains" status="run" result="completed"><failure message="in short"><![CDATA[weather_test.cc:7
Expected: sun
  Actual: rain]]></failure></testcase></testsuite></testsuites>'
said 'failed: //flaky WeatherTest.Rains' logs
said '    weather_test.cc:7' logs
said '      Actual: rain' logs
said 'failed: //crashed x' logs
said '    exited with error code 139' logs
said "failed: //cut its test.xml" logs
{
    printf '<testsuites><testsuite><testcase name="long"><failure message="m">'
    seq 1000
    printf '</failure></testcase></testsuite></testsuites>'
} >logs/flaky/test.xml
said '(970 more lines)' logs

exit $failures
