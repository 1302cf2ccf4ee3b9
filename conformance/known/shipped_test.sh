#!/bin/sh
# Arguments: the provdlab binary, a preset.
exec python3 conformance/known/shipped_test.py "$@"
