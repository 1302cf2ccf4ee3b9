#!/bin/sh
# Stands in for a provd of somebody's own: options by other names, and four ways in which it is not what the API says.
# Behind it is provdlab's reference server with faults, so that the example needs no second server; yours is whatever you build.
#
#   their_provd --listen ADDRESS:PORT --data FOLDER
set -eu

usage() {
    echo "usage: their_provd --listen ADDRESS:PORT --data FOLDER" >&2
    exit 2
}

listen="" data=""
while [ $# -gt 0 ]; do
    [ $# -ge 2 ] || usage
    case "$1" in
    --listen) listen=$2 ;;
    --data) data=$2 ;;
    *) usage ;;
    esac
    shift 2
done
case "$listen" in *:*) ;; *) usage ;; esac
[ -n "$data" ] || usage

# Where Bazel keeps what this needs to run: in a test it says so, otherwise it is beside the program.
runfiles=${RUNFILES_DIR:-$0.runfiles}

exec "$runfiles/provdlab/tools/provdlab" serve --bind "${listen%:*}" --rest-port "${listen##*:}" --state-dir "$data" \
    --fault config.autocreate-has-provds-type \
    --fault config.longest-id-accepted \
    --fault device.overlong-id-refused \
    --fault finding.sort-numbers-by-value
