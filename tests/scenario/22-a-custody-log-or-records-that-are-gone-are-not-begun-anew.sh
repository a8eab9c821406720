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
(sleep 0.7; touch "$signed") & started+=("$!")
expect 0 "none where the head comes a moment later, as the packager writes them" casetap status --config "$conf"
check "it came" until_true 5 test -e "$signed"
rm "$signed"; mv "$signed.minisig" "$signed"
check "so is a head without its signature" status_says "case LI-A: custody-2026-10.head: the signature .* not there"
touch "$signed.minisig"
check "nor do two count that are none" status_says "case LI-A: custody-2026-10.head: this head of its custody log does not count: is no head"
expect 0 "but the log is whole" casetap log LI-A --config "$conf"
says "and that is said of it" 'custody-2026-10.head: this head .* does not count'
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

# --- a log that is lost for good is begun anew, by approval only
root=$work/isp/etc/root.pub
verify() { casetap-verify --root "$root" --keyring "$work/isp/etc/keyring.txt" "$@"; }
ask() { casetap log LI-A --begin-anew --reason "disk failed, no backup" "$@" --config "$conf"; }
lines=$(wc -l <"$log") count=$(packages LI-A)
last=$(tail -n 1 "$log" | tr -d '\n' | sha256sum | cut -d ' ' -f 1)
expect 66 "a whole log is not begun anew" ask
says "it says so" 'there is nothing to begin anew'
cp -p "$log" "$work/whole"
cp -p "$head" "$work/oldhead"
printf '{"what":"is left"}\n' >>"$log"
expect 0 "one whose chain is broken may be, though all that is known of it is there" ask
check "what of it is there is said" grep -Eq "^lost: $lines lines; but lines up to $lines, of [-0-9TZ:]+ are there, and their chain holds: all that are known" "$work/out"
same "and stands in what is to be signed" "$lines" "$(sed -n 's/^left = //p' "$state"/requests/cases/LI-A/*.request)"
says "where it is broken is said" "custody.jsonl:$((lines + 1)): the chain of the custody log is broken here"
rm "$state"/requests/cases/LI-A/*.request
cp -p "$work/whole" "$log"
rm "$log"
check "what to do is said" status_says "case LI-A: .*where there is none, casetap log LI-A --begin-anew"
expect 0 "it is asked for" ask
check "that nothing is left is said" grep -q "^lost: $lines lines; nothing of the log is left" "$work/out"
check "it waits" grep -Eq 'waits for 1 approvals' "$work/out"
asked=$(find "$state/requests/cases/LI-A" -name '*.request' | sort | tail -n 1)
expect 65 "without approval it is not done" casetap-packager --config "$conf"
check "nothing is begun" test ! -e "$log"
check "another asks with an approver's key" ask --key "$work/approver.key"
sed -n 's/^\(lines\|head\) = //p' "$(find "$state/requests/cases/LI-A" -name '*.request' | sort | tail -n 1)" >"$work/lost"
same "for the lines that are lost" "$lines $last" "$(tr '\n' ' ' <"$work/lost" | sed 's/ $//')"
expect 65 "the next run still tells of the loss" casetap-packager --config "$conf"
check "and begins the log anew" test -s "$log"
same "behind the line that was the last" "$((lines + 1)) $last" "$(head -n 1 "$log" | jq -r '"\(.n) \(.prev)"')"
same "its first line says why and on whose word" "disk failed, no backup|approver" \
    "$(head -n 1 "$log" | jq -r '.entry.detail | "\(.reason)|\(.approvers)"')"
expect 0 "from there on all is well" casetap-packager --config "$conf"
casetap status --config "$conf" >"$work/out"
check "status has no alarm of it any more" grep -q '^! .*wait.*approv' "$work/out"
same "but that the other request waits" "" "$(grep "^!" "$work/out" | grep -v wait)"
check "and has the gap" grep -Eq "custody log lost up to line $lines" "$work/out"
expect 0 "the log is shown" casetap log LI-A --config "$conf"
check "with what is lost" grep -Eq "lines 1 to $lines are lost" "$work/out"
same "what the journals hold was taken again" "$count" "$(grep -c '"event":"seal"' "$log")"
check "a certification names it" casetap certify LI-A --config "$conf" --out "$work/certified"
check "in its statement" grep -q 'but for the lines of its custody log that are lost' "$work/certified"
expect 11 "the verifier misses who vouches for what is there now, as nothing was sealed since" verify "$state/outbox/LI-A" "$state/records/LI-A"
check "and tells the loss like a gap, by name" grep -Eq "custody.jsonl: its lines up to $lines are lost: .*approved by approver: disk failed" "$work/out"
expect 11 "also of the records alone" verify "$state/records/LI-A"
report_fits "and for programs, as the schema has it" "$state/outbox/LI-A" "$state/records/LI-A"
check "with the act" grep -q "custody log begun anew" "$work/fits.json"
kept=$(head -n 1 "$log" | jq -r .entry.object)
# What a run that was killed leaves, or whoever copies the case meanwhile has: all but the log, or its first line alone.
mkdir "$work/between"
cp -a "$state/records/LI-A" "$work/between/"
cp -p "$work/oldhead" "$work/between/LI-A/custody.head"
head -n 1 "$log" >"$work/between/LI-A/custody.jsonl"
expect 11 "with no more than its first line and the old head it is incomplete, not tampering" verify "$state/outbox/LI-A" "$work/between/LI-A"
rm "$work/between/LI-A/custody.jsonl"
expect 11 "and so it is before that line is there" verify "$state/outbox/LI-A" "$work/between/LI-A"
mv "$state/records/LI-A/requests/$kept.request.approver.minisig" "$work/"
expect 12 "without its approval it is tampering" verify "$state/outbox/LI-A" "$state/records/LI-A"
check "which is said" grep -Eq "begins with line $((lines + 1)), and what was before is gone: the request that it names has 0 of 1 approvals" "$work/out"
mv "$work/$kept.request.approver.minisig" "$state/records/LI-A/requests/"
mv "$state/records/LI-A/requests/$kept.request" "$work/"
check "without its request it counts as cut" status_says "case LI-A: its custody log does not hold"
mv "$work/$kept.request" "$state/records/LI-A/requests/"
check "the other request is signed, too late" minisign -Sm "$asked" -x "$asked.approver.minisig" -s "$work/approver.key" -W
cp "$log" "$work/before"
expect 65 "it begins nothing again" casetap-packager --config "$conf"
says "it is said why" 'the custody log has all the lines that are known'
check "the log goes on as it was" cmp -n "$(stat -c %s "$work/before")" "$work/before" "$log"
check "with the refusal" grep -q '"event":"begin-anew-refused"' "$log"
expect 0 "and it is done with" casetap-packager --config "$conf"
expect 11 "the verdict is the same" verify "$state/outbox/LI-A" "$state/records/LI-A"
# --- what is sealed from then on says so, to whoever has no records
rm -rf "$state/records/LI-B/custody.jsonl"
casetap log LI-B --begin-anew --reason "lost too" --key "$work/approver.key" --config "$conf" >/dev/null || fail "asked for LI-B"
expect 65 "the other case's log is begun anew" casetap-packager --config "$conf"
printf '\n[iap cellar]\nslice_seconds = 300\n' >>"$conf"
capture cellar || fail "a fourth capture"
expect 0 "what comes then is sealed" casetap-packager --config "$conf"
ledger=$(find "$state/outbox/LI-B/cellar" -name '*.ledger.txt' | head -n 1)
check "its ledger names the loss" grep -Eq '^custody-lost: [0-9]+ [0-9a-f]{64} [0-9a-f]{64}$' "$ledger"
expect 10 "so packages alone are verified with it" casetap-verify --root "$root" "$state/outbox/LI-B"
check "once" grep -Eq 'the custody log of the case was lost up to its line [0-9]+ and begun anew' "$work/out"
same "and once only" 1 "$(grep -c 'was lost up to its line' "$work/out")"
expect 10 "and with the records" casetap-verify --root "$root" "$state/outbox/LI-B" "$state/records/LI-B"
