# Looks at pages in a browser; sourced by the tests of pages, which find their files in $folder and end with $failed.
#
#   source base/page/browser.sh
#   dom report.html >"$folder/report.dom"
#   has '<title>PASSED' report.dom
#   fits report.html 360
#   exit "$failed"
folder=$TEST_TMPDIR
export HOME=$folder

failed=0
say() { echo "page_test: $*" >&2; failed=1; }

# The page as it is after its script has run; more options may follow.
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
# has WHAT PAGE: a line that matches is there.
has() { grep -qE -- "$1" "$folder/$2" || say "$2 lacks $1"; }
lacks() { ! grep -qE -- "$1" "$folder/$2" || say "$2 has $1"; }
