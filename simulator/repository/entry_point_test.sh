#!/bin/sh
# The packages' entry.py under python3, against a stand-in of a Python provd's modules.
exec python3 simulator/repository/entry_point_test.py
