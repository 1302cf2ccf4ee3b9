#!/bin/bash
# The pages in a browser: they render, the filter works, nothing of a hostile target runs, nothing makes a narrow window scroll sideways.
# Usage: page_test.sh WRITE_SAMPLE
set -euo pipefail
write_sample=$PWD/$1
source base/page/browser.sh

shown() { grep -c '<article class="requirement [^>]*data-verdict' "$folder/$1" | cat; }
hidden() { grep -cE '<article class="requirement [^>]* hidden=""' "$folder/$1" | cat; }

for color in green red; do "$write_sample" "$color" "$folder/$color" >"$folder/$color.txt"; done

# A green run: everything is there and shown.
dom green/report.html >"$folder/green.dom"
has '<span class="word">PASSED</span>' green.dom
has '<output id="filter-count" aria-live="polite">16 of 16</output>' green.dom
has '<form id="filter">' green.dom
[ "$(hidden green.dom)" = 0 ] || say "a green run hides requirements"

# A run full of failures, from a target that tries to break out.
dom red/report.html >"$folder/red.dom"
has '<span class="word">HARNESS ERROR</span>' red.dom
has '>20 of 20</output>' red.dom
[ "$(shown red.dom)" = 20 ] || say "$(shown red.dom) requirements instead of 20"
has '<title>HARNESS ERROR' red.dom
lacks '<title>owned' red.dom
lacks '<img' red.dom
[ "$(grep -c '<script' "$folder/red.dom")" = 1 ] || say "there is a script that is not ours"
has '⟨U\+202E⟩gnirts' red.dom
lacks 'hunter2-swordfish' red.dom

# A comparison with that run.
dom red/comparison.html >"$folder/comparison.dom"
has '<span class="word">WORSE</span>' comparison.dom
has '<title>WORSE' comparison.dom
lacks '<title>owned' comparison.dom
lacks '<script' comparison.dom
lacks '<img' comparison.dom

for width in 360 500 1280; do
    for page in green/report.html red/report.html red/comparison.html; do fits "$page" "$width"; done
done

# The filter, by what the address says.
dom 'red/report.html#verdict=fail' >"$folder/fail.dom"
has '>3 of 20</output>' fail.dom
[ "$(hidden fail.dom)" = 17 ] || say "$(hidden fail.dom) requirements are hidden instead of 17"
lacks '<article class="requirement v-fail"[^>]* hidden' fail.dom
dom 'red/report.html#verdict=bad' >"$folder/bad.dom"
has '>7 of 20</output>' bad.dom
dom 'red/report.html#text=DELETE%20monitor' >"$folder/text.dom"
has '>2 of 20</output>' text.dom
dom 'red/report.html#verdict=pass&text=nothing-of-that-name' >"$folder/none.dom"
has '>0 of 20</output>' none.dom
dom 'red/report.html#verdict=no-such-verdict' >"$folder/odd.dom"
has '>20 of 20</output>' odd.dom

[ "$failed" = 0 ] && echo "the pages render, filter, fit, and keep a hostile target's text a text"
exit "$failed"
