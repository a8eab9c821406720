#!/usr/bin/env bash
# A backup was restored, and what an access point had in mind is gone or damaged: it captures nothing until an approver
# resets it, once, for this loss; what its journal still knows to be revoked stays revoked (fault 30).
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
memory=$state/journal/capture
sed -n '/^\[iap tower-7\]/,/^$/p' "$conf" | sed 's/tower-7/tower-8/' >"$work/iap" && cat "$work/iap" >>"$conf"
capture() { casetap-capture --config "$conf" --iap "${1:-tower-7}" -r "$top/examples/demo.pcap"; }
reset() { casetap reset --config "$conf" "$@"; }
request=$state/requests/tower-7.reset
sign() { # KEY
    minisign -Sm "$request" -x "$request.a.minisig" -s "$1" -W >/dev/null 2>&1 </dev/null ||
        echo | minisign -Sm "$request" -x "$request.a.minisig" -s "$1" >/dev/null 2>&1
}
altered() { # WHY SED-SCRIPT
    sed "$2" "$work/request" >"$request"
    sign "$keys/approver.key" || fail "a signature for $1"
    expect 78 "a reset $1 does not count" capture
}

demo_order LI-KEPT >/dev/null && demo_order LI-OVER >/dev/null || fail "two orders"
casetap order revoke LI-OVER --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "a revocation"
expect 0 "what is in force is captured" capture
expect 66 "what misses nothing is not reset" reset tower-7 --reason "just so" --key "$keys/approver.key"
rm "$memory/tower-7.orders" "$orders/LI-OVER/revoked"*
expect 78 "fault 030: with the memory gone nothing is captured" capture
says "and a line says what is to be done" 'until an approver resets orders of access point tower-7: casetap reset tower-7$'
expect 78 "--check says so too" casetap-capture --config "$conf" --iap tower-7 --check
check "the status names it" sh -c "casetap status --config '$conf' | grep -q 'tower-7: captures nothing until an approver resets'"
expect 66 "another access point has nothing to reset" reset tower-8 --reason "just so" --key "$keys/approver.key"
expect 64 "a reset needs a reason" reset tower-7 --key "$keys/approver.key"

expect 0 "a reset can be asked for without a key" reset tower-7 --reason "backup of 20 November"
cp "$request" "$work/request"
expect 78 "and does not count unsigned" capture
says "which is said" '^casetap-capture: requests/tower-7.reset: not signed by an approver'
minisign -G -W -p "$work/other.pub" -s "$work/other.key" >/dev/null
expect 78 "a stranger's key is refused where it would sign" reset tower-7 --reason "mine" --key "$work/other.key"
sign "$work/other.key"
expect 78 "and does not count" capture
sign "$keys/station.key"
expect 78 "nor does the station's own" capture
altered "of another station" 's/^station = .*/station = Other LLC/'
says "which is said" "is another station's"
altered "of another access point" 's/^iap = .*/iap = tower-8/'
altered "for another loss" 's/^token = ..../token = 0000/'
says "which is said" 'answers another loss than this one'
altered "that names something else" 's/^what = .*/what = clock/'
altered "with a key that none has" 's/^reason/force = yes\nreason/'
same "nothing of it was followed" 0 "$(grep -c '"event":"reset"' "$memory/tower-7.jsonl")"

rm -f "$request"*
expect 0 "an approver asks for it" reset tower-7 --reason "backup of 20 November" --key "$keys/approver.key"
cp "$request" "$work/old" && cp "$request".*.minisig "$work/old.minisig"
expect 0 "and what is in force is captured again" capture
same "fault 030: what the journal knows to be revoked stays so" revoked \
    "$(jq -r '.cases[] | select(.case == "LI-OVER") | .state' "$memory/tower-7.orders")"
same "and nothing of it is stored" 0 "$(find "$state/spool/LI-OVER" -name '*.pcap' 2>/dev/null | wc -l)"
jq -r 'select(.event == "reset") | "\(.case) \(.detail.what) \(.detail.approver): \(.detail.reason)"' "$memory/tower-7.jsonl" >"$work/said"
same "the journal says of each case what began anew, by whom, and why" 2 \
    "$(grep -cE '^LI-(KEPT|OVER) orders [a-z-]+: backup of 20 November$' "$work/said")"
check "the word itself is kept, with its signature" sh -c "sha256sum '$memory'/tower-7.*.reset | grep -q '^$(sha256sum <"$work/old" | cut -d' ' -f1)' && ls '$memory'/tower-7.*.reset.minisig"
casetap-packager --config "$conf" 2>/dev/null
check "it stands in the custody log" sh -c "casetap log LI-KEPT --config '$conf' | grep -q ' reset '"
casetap-verify --root "$work/isp/etc/root.pub" --json "$state/outbox" "$state/records/LI-KEPT" >"$work/verdict.json" 2>/dev/null </dev/null
check "and in the verifier's report, with reason and approver" jq -e \
    '[.. | objects | select(.kind? == "memory reset" and (.what | test("backup of 20")))] | length == 1' "$work/verdict.json"

rm "$memory/tower-7.orders"
expect 78 "lost once more, the same reset does not count again" capture
says "which is said" 'answers another loss than this one'
echo '{"format":' >"$memory/tower-7.orders"
rm "$memory/tower-7.clock"
cp "$work/old" "$request" && cp "$work/old.minisig" "$request.a.minisig"
expect 78 "nor for a greater loss" capture
expect 0 "which gets one of its own" reset tower-7 --reason "damaged and gone" --key "$keys/approver.key"
check "that names both" grep -qx 'what = orders clock' "$request"
expect 0 "and is followed" capture
check "what was damaged is kept" sh -c "ls '$memory'/tower-7.orders.*.damaged"
check "no token stays good" [ ! -e "$memory/tower-7.wanted" ]
same "what was revoked still is" revoked "$(jq -r '.cases[] | select(.case == "LI-OVER") | .state' "$memory/tower-7.orders")"

if ! is_root || ! namespaces_up; then
    skip "the time without capture is declared as the reset's" "needs root and network namespaces"
    exit
fi
. "$here/daemon.sh"
live station
order LI-LIVE $(($(date +%s) - 10)) $(($(date +%s) + 3600))
daemon
until_true 30 is_capturing LI-LIVE || fail "a live capture begins"
halt
cp "$state/spool/LI-LIVE/tower-7/state" "$work/state"
rm "$state/journal/capture/tower-7.orders"
daemon
wait "$capture"
same "live, nothing is captured either" 78 $?
reset tower-7 --reason "restored" --key "$keys/approver.key" >/dev/null || fail "a reset"
daemon
check "until the reset" until_true 30 is_capturing LI-LIVE
halt
check "the time without capture is declared as the reset's" sh -c "cat '$state'/spool/LI-LIVE/tower-7/*.json | grep -q '\"reason\":\"reset\"'"

casetap-packager --config "$conf" 2>/dev/null || fail "the packager runs"
cp "$work/state" "$state/spool/LI-LIVE/tower-7/state"
expect 78 "a spool that is older than what was sealed is not sealed on" casetap-packager --config "$conf"
says "which is said" '^casetap-packager: LI-LIVE/tower-7: numbers up to [0-9]+ are sealed, but the spool would give [0-9]+ again'
