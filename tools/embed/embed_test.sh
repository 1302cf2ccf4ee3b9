#!/bin/bash
# A file has one name in the binary, whoever builds it: this workspace, or another to which it is a repository.
set -u
embed=$(pwd)/tools/embed/embed.py
cd "$TEST_TMPDIR" || exit 1
failures=0

expect() {  # expect NAME PATH: how a file of that path is called, without data/
    local got
    mkdir -p "$(dirname "$2")"
    echo content >"$2"
    python3 "$embed" --function Files --header data/files.h --strip data/ --cc files.cc --h files.h "$2" || exit 1
    got=$(sed -n 's/^ *{"\(.*\)"sv,$/\1/p' files.cc)
    if [ "$got" != "$1" ]; then
        echo "$2 is called '$got' instead of '$1'"
        failures=1
    fi
}

expect 'a.json' data/a.json
expect 'a.json' external/provdlab/data/a.json
expect 'made.json' bazel-out/k8-fastbuild/bin/data/made.json
expect 'made.json' bazel-out/k8-fastbuild/bin/external/provdlab/data/made.json
expect 'deep/external/a.json' data/deep/external/a.json
expect 'elsewhere/a.json' external/provdlab/elsewhere/a.json

exit $failures
