#!/bin/bash
exec python3 conformance/field_cases/field_cases.py "$@"
