#!/usr/bin/env bash
# A custody log that was cut or deleted has a chain without a fault: what lies beside it tells.  Evidence is sealed all the
# same, and the log is not continued until it is restored.  Where the records of a case are lost or older than its packages,
# no number is given again; other cases go on.
. "$(dirname "$0")/lib.sh"

installation isp || { fail "an installation is made"; exit; }
printf '\n[iap shelf]\nslice_seconds = 300\n\n[iap attic]\nslice_seconds = 300\n' >>"$conf"
demo_order LI-A >/dev/null && demo_order LI-B >/dev/null || fail "orders"
capture() { casetap-capture --config "$conf" --iap "$1" -r "$top/examples/demo.pcap" >"$work/capture.out" 2>&1; }
check "a capture" capture tower-7
check "it is sealed" casetap-packager --config "$conf"
check "and delivered" casetap-uploader --config "$conf"
check "which is collected" casetap-packager --config "$conf"
mv "$keys/root.key" "$keys/approver.key" "$work/"
log=$state/records/LI-A/custody.jsonl head=$state/records/LI-A/custody.head
packages() { find "$state/outbox/$1" -name '*.tar' 2>/dev/null | wc -l; } # CASE/IAP
status_says() { casetap status --config "$conf" >"$work/out"; [ $? = 1 ] && grep -q "^! $1" "$work/out"; }
expect 0 "all is well" casetap status --config "$conf"
signed=$state/records/LI-A/custody-2026-10.head
touch "$signed.minisig"
check "a signature without the head that it signs is a matter" status_says "case LI-A: custody-2026-10.head.minisig signs a head .* not there"
mv "$signed.minisig" "$signed"
check "so is a head without its signature" status_says "case LI-A: custody-2026-10.head: the signature .* not there"
touch "$signed.minisig"
expect 0 "the two are none" casetap status --config "$conf"
rm "$signed"*
lines=$(wc -l <"$log")
had="does not hold the $lines lines that it had"

# --- cut
capture shelf || fail "another capture"
cp -a "$state/records" "$work/records"
head -n 5 "$work/records/LI-A/custody.jsonl" >"$log"
expect 65 "a log that was cut is not certified" casetap certify LI-A --config "$conf"
says "it says why" "$had"
expect 65 "nor said to be intact" casetap log LI-A --config "$conf"
says "it says why" "$had"
check "what is left of it is shown" grep -q order-accepted "$work/out"
check "status has it" status_says "case LI-A: its custody log $had"
cp "$head" "$work/head"
expect 65 "the packager alarms" casetap-packager --config "$conf"
says "it names the log" "records/LI-A/custody.jsonl: $had"
same "and seals all the same" "$(packages LI-B/shelf)" "$(packages LI-A/shelf)"
check "something was sealed" test "$(packages LI-A/shelf)" -gt 1
same "the log is not continued" 5 "$(wc -l <"$log")"
check "what is known of it stays" cmp "$head" "$work/head"
expect 0 "another case's log goes on" casetap log LI-B --config "$conf"
check "with what was sealed now" grep -q shelf "$work/out"
rm "$log"
expect 65 "one that was deleted is no other" casetap log LI-A --config "$conf"
expect 65 "to the packager too" casetap-packager --config "$conf"
rm -f "$log" "$head"
expect 65 "nor one without its custody.head: the last seal names it" casetap log LI-A --config "$conf"
says "as it was" "$had"
cp -p "$work/records/LI-A/custody.jsonl" "$log"
cp -p "$work/head" "$head"
expect 0 "restored, it is continued" casetap-packager --config "$conf"
expect 0 "with all that came meanwhile" casetap log LI-A --config "$conf"
same "every seal among it" "$(packages LI-A)" "$(grep -c '"event":"seal"' "$log")"
expect 10 "what was sealed meanwhile is intact, with its records" casetap-verify --root "$work/isp/etc/root.pub" \
    "$state/outbox/LI-A" "$state/records/LI-A"

# --- records that are lost, or older than the packages
check "what is sealed is delivered" casetap-uploader --config "$conf"
check "and collected" casetap-packager --config "$conf"
capture attic || fail "a third capture"
before=$(packages LI-A)
mv "$state/records/LI-A" "$work/lost"
expect 78 "without its records nothing of a case is sealed" casetap-packager --config "$conf"
says "they are named" 'records/LI-A/custody.jsonl: is gone'
same "no number is given again" "$before" "$(packages LI-A)"
check "another case goes on" test "$(packages LI-B/attic)" -gt 1
rm -rf "$state/records/LI-A"
mkdir "$work/first"
for place in outbox receipts; do
    find "$state/$place/LI-A" -name '*_0000000001.tar*' -exec cp -p --parents {} "$work/first/" \; -delete
done
expect 78 "nor where the first package has gone, with its receipts" casetap-packager --config "$conf"
says "they are named all the same" 'records/LI-A/custody.jsonl: is gone'
cp -a "$work/first/$state/." "$state/"
rm -rf "$state/records/LI-A"
mv "$work/lost" "$state/records/LI-A"
expect 0 "with them all is sealed" casetap-packager --config "$conf"
same "each number once" "$(packages LI-B/attic)" "$(packages LI-A/attic)"
mv "$state/records/LI-A" "$work/lost"
cp -a "$work/records/LI-A" "$state/records/"
expect 78 "nor with an older copy of them" casetap-packager --config "$conf"
says "which is named" 'LI-A/shelf: number 1 has a package, and the records would have it sealed again'
same "no number is given again" "$(packages LI-B/shelf)" "$(packages LI-A/shelf)"
mv "$state/outbox/LI-A/shelf" "$work/shelf"
expect 78 "nor where the packages are only known by their receipts" casetap-packager --config "$conf"
says "which is said too" 'LI-A/shelf: number 1 has a package'
mv "$state/receipts/LI-A/shelf" "$work/receipts"
expect 78 "nor where nothing but the emptied spool tells" casetap-packager --config "$conf"
says "which is said too" 'LI-A/shelf: numbers up to [0-9]+ were given, and neither'
mv "$work/receipts" "$state/receipts/LI-A/shelf"
mv "$work/shelf" "$state/outbox/LI-A/shelf"
rm -rf "$state/records/LI-A"
mv "$work/lost" "$state/records/LI-A"
expect 0 "with the right ones all is well again" casetap-packager --config "$conf"
