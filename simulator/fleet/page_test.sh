#!/bin/bash
# The page in a browser: it renders, nothing of a hostile target runs, nothing makes a narrow window scroll sideways.
# Usage: page_test.sh WRITE_SAMPLE
set -euo pipefail
write_sample=$PWD/$1
folder=$TEST_TMPDIR
export HOME=$folder

failed=0
say() { echo "page_test: $*" >&2; failed=1; }

dom() {
    local page=$1
    shift
    timeout 60 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync --user-data-dir="$folder/browser" "$@" \
        --dump-dom "file://$folder/$page" 2>"$folder/browser.log" || { cat "$folder/browser.log" >&2; exit 1; }
}
# fits PAGE WIDTH: in a frame of that width the page is no wider than the frame.
fits() {
    cat >"$folder/frame.html" <<END
<body><iframe style="width:$2px;height:600px" src="$1"></iframe><script>
document.querySelector('iframe').onload = event => {
  const root = event.target.contentDocument.documentElement;
  document.body.dataset.sticksOut = root.scrollWidth - root.clientWidth;
};
</script>
END
    dom frame.html --disable-web-security --allow-file-access-from-files --virtual-time-budget=5000 >"$folder/frame.dom"
    grep -q 'data-sticks-out="0"' "$folder/frame.dom" || say "$1 is wider than $2 pixels: $(grep -o 'data-sticks-out="[^"]*"' "$folder/frame.dom")"
}
has() { grep -qE -- "$1" "$folder/$2" || say "$2 lacks $1"; }
lacks() { ! grep -qE -- "$1" "$folder/$2" || say "$2 has $1"; }

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
