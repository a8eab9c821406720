#!/usr/bin/env bash
# tests/style.sh: what a reader should not have to look for himself.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
bad=0
check() {
    local sentence=$1 found=$2
    if [ -n "$found" ]; then
        echo "$found" | head -n 20 | sed 's/^/# /'
        echo "not ok - $sentence"
        bad=1
    else
        echo "ok - $sentence"
    fi
}
mapfile -t code < <(find include lib capture packager uploader admin tests -name '*.[ch]' | sort)
own=$(find include lib capture packager uploader admin -name '*.[ch]')

check "clang-format has nothing to say" "$(printf '%s\0' "${code[@]}" | xargs -0 -n 40 -P "$(nproc)" clang-format --dry-run 2>&1 | grep -E 'warning|error' | sort -u)"
check "no line is longer than 124 columns" "$(awk '{ line = $0
    while ((i = index(line, "\t")) != 0)
        line = substr(line, 1, i - 1) sprintf("%*s", 8 - (i - 1) % 8, "") substr(line, i + 1)
    if (length(line) > 124) print FILENAME ":" FNR ": " $0 }' "${code[@]}")"
check "no trailing white space" "$(grep -nE '[ 	]+$' "${code[@]}" bootstrap tests/*.sh tests/scenario/*.sh README.md)"
check "no TODO, FIXME or numbered error label" "$(grep -nE 'TODO|FIXME|XXX|err[0-9]+:' $own)"
check "no unsafe string function" "$(grep -nE '\b(strcpy|strcat|sprintf|gets|strncpy|system|popen)\(' $own)"
check "no mutable global is shared by extern" "$(grep -nE '^extern ' $own | grep -v 'extern const char \*const')"
check "only main() ends the process" "$(grep -nwE '_?exit\(' $own | grep -vE '/main\.c:|_main\.c:|: ?\*|child_exit')"
check "a ring's counters, which reading clears, have one reader" \
    "$(grep -nE 'PACKET_STATISTICS|pcap_stats(_ex)?\(' $own | grep -vE '^capture/source_live\.c:|^[^:]*:[0-9]+: ?/?\*')"
check "every header has its guard" \
    "$(for h in $(find include capture packager uploader admin -name '*.h'); do
        g=${h##*/} g=${g%.h} g=${g^^}_H
        grep -qE "^#ifndef (CASETAP_)?$g\$" "$h" || echo "$h"
    done)"
exit "$bad"
