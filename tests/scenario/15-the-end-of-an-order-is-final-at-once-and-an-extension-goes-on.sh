#!/usr/bin/env bash
# Live: at an order's end the stream's last day is closed by a final ledger, in the packager's next run; an extension goes on
# where it stopped, and ends in a final ledger again.  A reader that was killed in between, and the time between the two ends,
# are declared: in one verification of it all every second of the window is captured or declared.  What is cut off shows.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"

# Within a minute: capture tells of the end at once, and the packager runs so often.
pause=$(sed -n 's/^OnUnitInactiveSec=\([0-9]*\)s$/\1/p' "$top/packager/casetap-packager.timer")
accuracy=$(sed -n 's/^AccuracySec=\([0-9]*\)s$/\1/p' "$top/packager/casetap-packager.timer")
check "the packager runs at most half a minute after its last run" [ $((pause + accuracy)) -le 31 ]
if ! is_root || ! namespaces_up; then
    skip "the end of an order is final at once, and an extension goes on" "needs root and network namespaces"
    exit
fi
live isp
root=$work/isp/etc/root.pub
outbox=$state/outbox/LI-END/tower-7
sender 100
daemon
until_true 20 is_state idle || fail "the daemon starts"
begin=$(date +%s)
# final N REASON REVISION: does the Nth final ledger say so?
finals() { grep -lE '^final: yes' "$outbox"/*/*.ledger.txt; }
final() { [ "$(finals | sed -n "$1p" | xargs -r sed -n 's/^final: yes //p')" = "($2, revision $3)" ]; }
# sealed_after N SECONDS: was the day of the Nth final ledger signed before that many seconds after the order's end?
sealed_after() {
    local day sealed
    day=$(dirname "$(finals | sed -n "$1p")")
    sealed=$(sed -n 's/^trusted comment: .*sealed=//p' "$day/SHA256SUMS.minisig")
    [ $(($(date -d "$sealed" +%s) - ends)) -lt "$2" ]
}
has_ended() { jq -e ".ended | .reason == \"not_after\" and .revision == $1" "$state/spool/LI-END/tower-7/state"; } # REVISION
recovered() { find "$state/spool/LI-END" -name '*.json' -exec jq -r '.state // empty' {} + | grep -qx recovered; }

# --- the first end, behind a crash
ends=$((begin + 8))
order LI-END "$begin" $ends
until_true 20 is_capturing LI-END || fail "it is captured"
has_frames() { [ "$(stat -c %s "$state"/spool/LI-END/tower-7/*.part 2>/dev/null | sort -n | tail -n 1)" -gt 3000 ]; }
until_true 20 has_frames || fail "frames are stored"
kill -9 $(pgrep -P "$capture")
check "the daemon recovers from a reader that was killed" until_true 20 recovered
until_true 30 is_case LI-END expired || fail "the order ends"
check "capture tells the spool so" until_true 10 has_ended 1
expect 0 "the packager's next run" casetap-packager --config "$conf"
check "makes its day final" final 1 not_after 1
check "within a minute of the end" sealed_after 1 60
same "nothing of it is left in the spool" "" "$(find "$state/spool/LI-END" -name '*.pcap' -o -name '*.part')"
first=$(finals)
cp -r "$outbox" "$work/first"

# --- the extension
ends=$(($(date +%s) + 6))
casetap order extend LI-END --to "$(at $ends)" --config "$conf" >"$work/2.order" &&
    casetap order approve "$work/2.order" --config "$conf" --key "$keys/approver.key" >/dev/null &&
    casetap order install "$work/2.order" --config "$conf" >/dev/null || fail "the order is extended"
until_true 20 is_capturing LI-END || fail "the extension is captured"
until_true 30 is_case LI-END expired || fail "the extension ends"
until_true 10 has_ended 2 || fail "capture tells the spool"
until_true 10 no_part LI-END || fail "its last slice is closed"
halt
expect 0 "the packager seals the extension" casetap-packager --config "$conf"
check "its end is final again" final 2 not_after 2
check "within a minute" sealed_after 2 60
second=$(finals | sed -n 2p)
same "its ledger goes on from the first" "$(sha256sum <"$first" | cut -d' ' -f1)" "$(sed -n 's/^prev-ledger-sha256: //p' "$second")"
expect 0 "all of it is delivered" casetap-uploader --config "$conf"

# --- one verification
expect 10 "all of it is verified in one command" casetap-verify --root "$root" --json "$lea/LI-END"
jq . "$work/out" >"$work/report"
same "the whole window is due, up to the extension's end" "$(((ends - begin) * 1000000000))" "$(jq '.cases[0].coverage.due_ns' "$work/report")"
same "none of it is missing" 0 "$(jq '.cases[0].coverage | .missing_ns + .due_ns - .captured_ns - .declared_ns' "$work/report")"
note "gaps: $(jq -c '[.cases[0].gaps[] | [.reason, .from, .to]]' "$work/report")"
check "the time between the ends is declared" jq -e '[.cases[0].gaps[].reason] | length >= 2' "$work/report"
"$here/frames.py" list "$lea"/LI-END/tower-7/*/*.tar >"$work/frames"
check "there are frames of both revisions" [ "$(wc -l <"$work/frames")" -gt 100 ]
same "none is there twice" 0 "$(cut -d' ' -f4 "$work/frames" | sort | uniq -d | wc -l)"

# --- what is cut off
mkdir "$work/cut" && cp -r "$work/first" "$work/cut/tower-7"
expect 10 "up to the first end it is whole, for the order as it was then" casetap-verify --root "$root" --json "$work/cut"
same "and says up to which revision" 1 "$(jq '.cases[0].order_revision' "$work/out")"
last=$(ls "$(dirname "$second")"/*.tar | tail -n 1)
name=$(basename "$(dirname "$second")")
cp -r "$(dirname "$second")" "$work/cut/tower-7/$name" && rm "$work/cut/tower-7/$name/$(basename "$last")"
expect 11 "without its last package" casetap-verify --root "$root" "$work/cut"
check "that is missed" grep -q "$(basename "$last").*is missing" "$work/out"
rm -f "$work/cut/tower-7/$name"/*.ledger.txt "$work/cut/tower-7/$name"/SHA256SUMS*
if command -v faketime >/dev/null; then
    expect 11 "nor is a tail whose ledger is gone taken for whole, days later" faketime -f +4d casetap-verify --root "$root" "$work/cut"
    check "and the ledger is missed" grep -q "ledgers from $name on are missing" "$work/out"
else
    skip "a tail whose ledger is gone" "needs faketime"
fi
