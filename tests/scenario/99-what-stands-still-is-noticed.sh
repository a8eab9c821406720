#!/usr/bin/env bash
# What stands still makes no noise: an access point that nobody runs is something that `casetap status` says by itself, as
# words, as JSON and as a figure.
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
