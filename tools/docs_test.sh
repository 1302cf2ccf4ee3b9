#!/bin/bash
# Arguments: the provdlab binary, then the pages (py_test needs a python that this build does not assume).
exec python3 tools/docs_test.py "$@"
