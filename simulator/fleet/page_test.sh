#!/bin/bash
# The page in a browser: it renders, nothing of a hostile target runs, nothing makes a narrow window scroll sideways.
# Usage: page_test.sh WRITE_SAMPLE
set -euo pipefail
write_sample=$PWD/$1
source base/page/browser.sh

for kind in good hostile; do
    "$write_sample" "$kind" "$folder/$kind.html"
    dom "$kind.html" >"$folder/$kind.dom"
    for width in 360 500 1280; do fits "$kind.html" "$width"; done
done
has '<span class="word">CONFIGURED</span>' good.dom
has '<title>CONFIGURED' good.dom
has '<span class="word">FAILED</span>' hostile.dom
has '<title>FAILED' hostile.dom
lacks '<title>owned' hostile.dom
lacks '<img' hostile.dom
lacks '<script' hostile.dom
has '⟨U\+202E⟩gnirts' hostile.dom

[ "$failed" = 0 ] && echo "the page renders, fits, and keeps a hostile target's text a text"
exit "$failed"
