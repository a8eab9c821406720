#!/usr/bin/env bash
# What a server refuses, and slices that nobody writes any more, are what an operator must hear of first.
. "$(dirname "$0")/lib.sh"

check "an installation" installation demo
check "an order" demo_order LI-2026-0042
check "a capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
check "a sealing" casetap-packager --config "$conf"
package=$(cd "$state/outbox" && ls LI-2026-0042/tower-7/*/*_0000000002.tar)
mkdir -p "$lea/$(dirname "$package")"
printf 'something\033[31m else\n' >"$lea/$package"
expect 76 "another file lies at the far end" casetap-uploader --config "$conf"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status names the destination, the file and why" \
    grep -q "^! destination county-sheriff: $package: another file lies there under this name" "$work/out"
expect 1 "also for programs" casetap status --config "$conf" --json
check "with the same words" grep -q "another file lies there" "$work/out"
rm "$lea/$package"
touch "$conf" && printf '\n' >>"$conf"
expect 0 "somebody has seen to it" casetap-uploader --config "$conf"
expect 0 "then all is well" casetap status --config "$conf"
# --- what was delivered, and what was journalled, is here still
stays() { # MATTER COMMAND...: with that done status has one matter more, and without it none
    cp -a "$state" "$work/before"
    (cd "$state" && "${@:2}") || fail "${*:2}"
    expect 1 "there is something to look at: ${*:2}" casetap status --config "$conf"
    same "this and nothing else" "! $1" "$(grep '^!' "$work/out")"
    rm -r "$state" && mv "$work/before" "$state"
}
third=${package/_0000000002/_0000000003}
name=$(basename "$package")
words="which was delivered, is gone or has another size here"
stays "case LI-2026-0042 at tower-7: $name, $words; so are 0 more: restore them" rm "outbox/$package"
stays "case LI-2026-0042 at tower-7: $name, $words; so are 1 more: restore them" sh -c "chmod u+w outbox/$package outbox/$third
    truncate -s -1 outbox/$package; : >outbox/$third"
count=$(jq '."capture/tower-7".n' "$state/journal/packager/collected.json")
words="lines that it had: cut, changed or gone"
stays "journal/capture/tower-7.jsonl: does not hold the $count $words" sed -i '$d' journal/capture/tower-7.jsonl
stays "journal/capture/tower-7.jsonl: does not hold the $count $words" rm journal/capture/tower-7.jsonl
stays "case LI-2026-0042 at tower-7: 2 files in quarantine" sh -c "mkdir -p quarantine/LI-2026-0042/tower-7 && cd quarantine/LI-2026-0042/tower-7 &&
    touch 0000000009.pcap 0000000009.json"
# --- what a daemon that is alive says of itself
lives() { # JQ: it wrote this just now, by a clock some seconds ahead: looked at late it still counts
    jq "(now + 5 | todate | sub(\"Z$\"; \".000000000Z\")) as \$now | .written = \$now | $1" journal/capture/tower-7.status >x && mv x journal/capture/tower-7.status
}
stays "tower-7: interface eth7 is gone" lives '.interfaces = [{name: "eth7", state: "gone", missed: 0, lost: 0}]'
stays "tower-7: 3 frames lost in the interface eth7 since the reader began" lives '.interfaces = [{name: "eth7", state: "up", missed: 3, lost: 0}]'
stays "tower-7: 4 frames lost in the kernel on eth7 since the reader began" lives '.interfaces = [{name: "eth7", state: "up", missed: 0, lost: 4}, {name: "eth8"}]'
stays "tower-7: 5 records lost for want of disk" lives '.records.lost_disk = 5'
stays "tower-7: 6 frames not stored, for ERSPAN leaves open in which VLANs they were: set erspan_vlan of [tunnel NAME]" lives '.not_followed["erspan-tag"] = 6'
stays "tower-7: 7 mirrored streams were not counted throughout, for there was no room for so many (4096): loss is possible; send fewer to one access point" lives '.records.crowded = 7'
stays "tower-7: its reader died 3 times, one soon behind the other: journalctl -u casetap-capture@tower-7" lives '.reader_failures = 3'
expect 0 "all is well again" casetap status --config "$conf"
ended=$(jq -c '.ended = null' "$state/spool/LI-2026-0042/tower-7/state")
echo "$ended" >"$state/spool/LI-2026-0042/tower-7/state"
rm "$state/journal/capture/tower-7.status"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that a stream was left behind" grep -q "its order has ended, its stream has not" "$work/out"

rm "$work"/LI-2026-0042.order*
check "another installation" installation killed
check "its order" demo_order LI-2026-0042
mkfifo "$work/source"
background "$work/killed.log" casetap-capture --config "$conf" -r "$work/source"
exec 9>"$work/source"
head -c 60000 "$top/examples/demo.pcap" >&9
check "a slice is open" until_true 20 sh -c "ls '$state'/spool/LI-2026-0042/tower-7/*.part"
# shellcheck disable=SC2046
kill -9 "$last" $(pgrep -P "$last")
wait "$last" 2>/dev/null
exec 9>&-
rm -f "$state/journal/capture/tower-7.status"
casetap-packager --config "$conf" >/dev/null 2>&1
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that nobody writes the open slice" grep -q "slices are open and nobody writes them" "$work/out"
echo x >"$state/spool/LI-2026-0042/tower-7/state"
expect 1 "there is something to look at" casetap status --config "$conf"
check "status says that a spool can not be read" grep -q "its spool can not be read" "$work/out"
