# shellcheck shell=bash
# What became of a subject that moves, by a file that was read at tower-7.  Each tells of one case; $words is a pattern of what
# the frames of the file say.

frames() { "$here/frames.py" list "$state/spool/$1/tower-7/"*.pcap | wc -l; }
spoken() { grep -aohE "$words" "$state/spool/$1/tower-7/"*.pcap | tr '\n' ','; }
bindings() { jq -r "select(.case == \"$1\" and (.event | startswith(\"binding\"))) | \"\(.event[8:]) \(.detail.how // .detail.reason)\"" \
    "$state/journal/capture/tower-7.jsonl" | tr '\n' ','; }
gaps() { jq -r '.gaps[]? | "\(.reason) \(.from[11:19]) \(.to[11:19])"' "$state/spool/$1/tower-7/"*.json | tr '\n' ','; }
