#!/usr/bin/env bash
# tests/pages.sh: the manual is well-formed and names what exists.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
bad=0
for page in man/*.[158] man/*.7; do
    [ -f "$page" ] || continue
    if out=$(mandoc -Tlint -Wwarning "$page" 2>&1); then
        echo "ok - $page is clean"
    else
        echo "$out" | head -n 10 | sed 's/^/# /'
        echo "not ok - $page is clean"
        bad=1
    fi
done
exit "$bad"
