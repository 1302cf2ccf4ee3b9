#!/bin/bash
# Argument: the provdlab binary. Green if a server that is killed in a storm of writes keeps all that it acknowledged, and if the storm
# notices a server that does not.
set -u
export TMPDIR="${TEST_TMPDIR:-$(mktemp -d)}"  # the folder of a server that was found out stays
python3 tools/kill_storm.py "$1" --rounds 8 || exit 1
if python3 tools/kill_storm.py "$1" --rounds 2 --fault configure.values-survive-restart; then
    echo "a server that forgets its parameters was not noticed"
    exit 1
fi
