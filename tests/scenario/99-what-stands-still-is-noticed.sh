#!/usr/bin/env bash
# What stands still makes no noise: an access point that nobody runs, a daemon that is started again and again, a packager or
# an uploader that fails or that no timer starts, are what `casetap status` says by itself, as words, as JSON, as a figure.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
if ! is_root || ! namespaces_up; then
    skip "what stands still is noticed" "needs root and network namespaces"
    exit
fi
ip -n "$ns_b" link add vc type veth peer name vd
ip -n "$ns_b" link set vc up
ip -n "$ns_b" link set vd up
status_of() { casetap status --config "$conf" >"$work/out" 2>&1; }
matter() { status_of; [ $? = 1 ] && grep -qE -- "^! $1" "$work/out"; }
no_matter() { status_of; not_in "$work/out" "^! $1"; }
json() { casetap status --config "$conf" --json | jq -rc "$1"; }
figure() { casetap status --config "$conf" --metrics "$work/metrics" && sed -n "s/^casetap_$1 //p" "$work/metrics"; }
runs() { # IAP: its PID is in $last
    background "$work/$1.log" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf" --iap "$1"
}
captures() { [ "$(jq -r .state "$state/journal/capture/$1.status")" = capturing ]; }

# --- two access points with an interface, one that only reads files
live isp
sed 's/tower-7/tower-8/; s/= vb/= vc/' <(sed -n '/^\[iap tower-7\]/,/^$/p' "$conf") >"$work/iap"
cat "$work/iap" >>"$conf"
printf '\n[iap shelf]\nslice_seconds = 300\n' >>"$conf"
mv "$keys/root.key" "$keys/approver.key" "$work/"
keys=$work
now=$(date +%s)
order LI-ONE $((now - 5)) $((now + 360000))
runs tower-7
tower7=$last
until_true 30 captures tower-7
runs tower-8
tower8=$last
until_true 30 captures tower-8 || fail "both capture"
until_true 10 no_matter .
expect 0 "with both at work all is well, whoever has no interface" casetap status --config "$conf"
kill -TERM "$tower8"
wait "$tower8"
expect 1 "one that was stopped is something to look at, at once" casetap status --config "$conf"
check "it is named, with its case" grep -qx '! case LI-ONE: in force, but not captured at tower-8: casetap-capture is not running there' "$work/out"
same "nothing else is" 1 "$(grep -c '^!' "$work/out")"
same "programs are told" '[{"iap":"tower-8","trouble":"casetap-capture is not running there"}]' "$(json '.cases[0].not_captured')"
same "monitoring is told" "0 1" "$(figure well) $(figure cases_not_captured)"
rm "$state/journal/capture/tower-8.status"
check "one that never ran is too" matter 'case LI-ONE: .* not captured at tower-8: casetap-capture never ran there'
kill -TERM "$tower7"
wait "$tower7"
expect 1 "with none at work the case is said to be captured nowhere" casetap status --config "$conf"
check "in one line" grep -qx '! case LI-ONE: in force, but no capture daemon is capturing it' "$work/out"
same "programs are told of both" "tower-7 tower-8" "$(json '[.cases[0].not_captured[].iap] | join(" ")')"

# --- started again and again
begins_and_dies() {
    runs tower-7
    until_true 30 sh -c "[ \"\$(jq .pid '$state/journal/capture/tower-7.status')\" = $last ]" || fail "a start"
    kill -KILL "$last"
    wait "$last" 2>/dev/null
}
for _ in 2 3 4 5; do begins_and_dies; done
check "five starts within an hour are none too many" no_matter 'tower-7: .* was started'
begins_and_dies
check "six are something to look at" matter 'tower-7: casetap-capture was started 6 times within the last hour'

# --- its reader dies again and again
runs tower-7
tower7=$last
said=$state/journal/capture/tower-7.status
loops() { grep -c '"event":"reader-loop"' "$state/journal/capture/tower-7.jsonl"; }
reader_dies() {
    until_true 30 sh -c "[ \"\$(jq -r '.pid, .state' '$said' | xargs)\" = '$tower7 capturing' ]" || fail "a reader is at work"
    kill -KILL "$(jq .reader_pid "$said")"
    until_true 10 sh -c "! [ \"\$(jq .reader_failures '$said')\" = $1 ]"
}
reader_dies 0
reader_dies 1
check "two readers that died are no matter yet" no_matter 'tower-7: its reader'
same "nor in the journal" 0 "$(loops)"
reader_dies 2
check "three are" matter 'tower-7: its reader died 3 times, one soon behind the other: journalctl -u casetap-capture@tower-7$'
reader_dies 3
same "and are said in the journal, once" 1 "$(loops)"
kill -TERM "$tower7"
wait "$tower7"

# --- packager and uploader
order LI-OLD $((now - 4000)) $((now + 360000))
check "that the packager never ran is something to look at" matter \
    'casetap-packager has never run, or can not begin, though an order is in force since .*: enable its timer; journalctl -u casetap-packager$'
check "so it is of the uploader" matter 'casetap-uploader has never run, or can not begin'
cp "$conf" "$work/conf"
sed -i '/^\[destination /,/^$/d' "$conf"
check "not where there is nowhere to send to" no_matter 'casetap-uploader'
check "while a packager is needed all the same" matter 'casetap-packager has never run'
sed -i '/^\[seal\]/a tsa_url = http://tsa.example/\ntsa_ca = /nowhere' "$conf"
check "for time-stamps it is needed, too" matter 'casetap-uploader has never run'
cat "$work/conf" >"$conf"
expect 0 "the packager runs" casetap-packager --config "$conf"
expect 0 "the uploader runs" casetap-uploader --config "$conf"
check "then neither is" no_matter 'casetap-(packager|uploader)'
same "what they ended with is a figure" "0 0" "$(figure 'run_status{program="packager"}') $(figure 'run_status{program="uploader"}')"
mv "$work/isp/etc/keys/station.key" "$work/station.off"
expect 66 "a packager that has no key" casetap-packager --config "$conf"
check "is something to look at" matter 'casetap-packager ends with 66 since .*: something it needs is missing'
same "programs are told" 66 "$(json '.runs[] | select(.program == "packager") | .status')"
same "monitoring is told" 66 "$(figure 'run_status{program="packager"}')"
mv "$work/station.off" "$work/isp/etc/keys/station.key"
expect 0 "a run of one case is none of all" casetap-packager --config "$conf" --case LI-ONE
check "and clears nothing" matter 'casetap-packager ends with 66'
expect 0 "one of all does" casetap-packager --config "$conf"
check "it is no more" no_matter 'casetap-packager'
run=$state/journal/packager/packager.run
jq -c ".ended = \"$(at $((now - 1000)))\"" "$run" >"$work/run"
cp "$work/run" "$run"
check "one that does not run any more, or fails before it can say so, is something to look at" matter \
    'casetap-packager has not run since .*, or can not begin: systemctl status casetap-packager.timer; journalctl -u casetap-packager$'

# --- killed in each run, or behind another at work
unended() { # N: as that many killed runs before one at work leave it
    jq -c ".ended = null | .began = \"$(at $((now - 60)))\" | .unended = $1 | .unended_since = \"$(at $((now - 300)))\"" "$run" \
        >"$work/run" && cat "$work/run" >"$run"
}
unended 2
check "two runs that never ended are no matter yet" no_matter 'casetap-packager'
unended 3
check "three are" matter 'casetap-packager began 3 times since .* and never came to an end: .*journalctl -u casetap-packager$'
same "programs are told" 3 "$(json '.runs[] | select(.program == "packager") | .unended')"
expect 0 "a run that ends" casetap-packager --config "$conf"
check "clears it" no_matter 'casetap-packager'
exec 9<"$(find "$state/records" -name lock | head -n 1)"
flock -n 9
expect 75 "one that finds another at work on a stream" casetap-packager --config "$conf"
exec 9<&-
same "has ended all the same, and changes no status" "true 0" "$(jq -r '"\(.ended != null) \(.status)"' "$run")"
