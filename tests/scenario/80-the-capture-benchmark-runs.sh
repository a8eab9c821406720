#!/usr/bin/env bash
# The benchmark of tests/bench/ still runs, in a configuration too small to judge anything by: each section, beside tcpdump,
# fills its part of the table, and no frame is missing.
# Runs alone: it measures.
. "$(dirname "$0")/lib.sh"
if ! is_root || ! namespaces_up; then
    skip "the capture benchmark runs" "needs root and network namespaces"
    exit
fi
if [ ! -x "$build/tests/bench/sender_bench" ]; then
    skip "the capture benchmark runs" "this build has none: -DBENCH=ON"
    exit
fi
expect 0 "every section of it runs" /usr/bin/python3 "$here/../bench/capture.py" "$build" --tiny --json "$work/table"
for row in "reader's CPU" "greatest rate" "cases beside 1" "SHA-256 of each slice" "classify, the mix"; do
    check "the table has: $row" jq -e --arg row "$row" 'any(.[]; .what | contains($row))' "$work/table"
done
same "no frame is missing from casetap's slices" 0 \
    "$(jq '[.[] | select(.what | contains("frames missing")) | .casetap] | add' "$work/table")"
check "what ran beside tcpdump is compared with it" jq -e 'any(.[]; .ratio != null and .ratio > 0)' "$work/table"
