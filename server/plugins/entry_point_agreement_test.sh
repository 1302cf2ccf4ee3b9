#!/bin/sh
# What the packages' entry.py makes of phones, under python3, beside what the reference server makes of them.
exec python3 server/plugins/entry_point_agreement_test.py
