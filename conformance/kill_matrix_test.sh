#!/bin/bash
# Argument: the provdlab binary. Green if every fault of the reference server makes exactly its requirement fail.
# Each shard takes its part of the faults.
if [ -n "${TEST_SHARD_STATUS_FILE:-}" ]; then touch "$TEST_SHARD_STATUS_FILE"; fi
exec python3 conformance/kill_matrix.py "$1" --part "$((${TEST_SHARD_INDEX:-0} + 1))/${TEST_TOTAL_SHARDS:-1}" --jobs 2 --json "${TEST_UNDECLARED_OUTPUTS_DIR:-/tmp}/kill_matrix.json"
