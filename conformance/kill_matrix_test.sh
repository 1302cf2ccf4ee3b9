#!/bin/bash
# Argument: the provdlab binary. Green if every fault of the reference server makes exactly its requirement fail.
exec python3 conformance/kill_matrix.py "$1" --jobs 4 --json "${TEST_UNDECLARED_OUTPUTS_DIR:-/tmp}/kill_matrix.json"
