#!/bin/bash
# The check of the pages must see what is wrong in them: a command that prints something else, lines that a file has no more.
set -u
check=$(pwd)/tools/docs_test.py
cd "$TEST_TMPDIR" || exit 1
failures=0

expect() {  # expect EXIT LINE PAGE: how checking this page ends
    local got got_exit
    printf '%b' "$3" >page.md
    got=$(python3 "$check" /bin/true page.md)
    got_exit=$?
    if [ "$got_exit" != "$1" ] || [ "$(tail -n 1 <<<"$got")" != "$2" ]; then
        printf 'the page\n%b' "$3"
        echo "ended with $got_exit instead of $1, or not with '$2':"
        echo "$got"
        failures=1
    fi
}

printf 'first = 1\nsecond = [\n    "a",\n]\nthird = 3\n' >file.txt

expect 1 '0 commands and 0 excerpts shown, 0 wrong' 'Nothing to check.\n'
expect 0 '1 commands and 0 excerpts shown, 0 wrong' '```console\n$ echo yes\nyes\n```\n'
expect 1 '1 commands and 0 excerpts shown, 1 wrong' '```console\n$ echo yes\nno\n```\n'
expect 1 '1 commands and 0 excerpts shown, 1 wrong' '```console\n$ exit 3\n```\n'

expect 0 '0 commands and 1 excerpts shown, 0 wrong' '```python file.txt\nsecond = [\n    "a",\n]\n```\n'
expect 0 '0 commands and 1 excerpts shown, 0 wrong' '```python file.txt\nfirst = 1\n…\nthird = 3\n```\n'
expect 0 '0 commands and 1 excerpts shown, 0 wrong' '```python file.txt\n    "…",\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python file.txt\nfirst = 1\nthird = 3\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python file.txt\nthird = 3\n…\nfirst = 1\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python file.txt\n"a",\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python file.txt\nfirst = 1\nsecond\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python file.txt\n```\n'
expect 1 '0 commands and 1 excerpts shown, 1 wrong' '```python gone.txt\nfirst = 1\n```\n'
expect 0 '1 commands and 1 excerpts shown, 0 wrong' '```python file.txt\nfirst = 1\n```\n```console\n$ true\n```\n```sh\nnot checked\n```\n'

exit $failures
