#!/usr/bin/env bash
# Two orders for one subject stay apart to the last delivered byte; and, live, orders that are removed, put back, edited,
# superseded, restored and that end inside a slice: each stops to the frame's time stamp, in one line, and stops no other.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"

# --- two orders for one subject, from a file: nothing of one case reaches the other's folder
installation two
mkdir -p "$work/two/federal"
cat >>"$conf" <<C

[destination federal]
url = file://$work/two/federal
deliver = packages
C
pcap=$top/examples/demo.pcap
demo_order LI-SHERIFF >/dev/null || fail "LI-SHERIFF"
casetap order new --config "$conf" --case LI-FEDERAL --lea federal --authority title-iii --order-number 26-FED-1 \
    --issued-by "Hon. B. Example" --presented-by "Agent Example" --responsible "C. Example" --from 2026-11-19T23:45:00Z \
    --to 2026-11-20T00:15:00Z --to-destination federal "${subject[@]}" >"$work/LI-FEDERAL.order" &&
    casetap order approve "$work/LI-FEDERAL.order" --config "$conf" --key "$keys/approver.key" >/dev/null &&
    casetap order install "$work/LI-FEDERAL.order" --config "$conf" >/dev/null || fail "LI-FEDERAL"
for program in "casetap-capture --config $conf -r $pcap" "casetap-packager --config $conf" "casetap-uploader --config $conf"; do
    expect 0 "two orders for one subject: ${program%% *} runs" $program
done
frames_of() { "$here/frames.py" list "$@" | cut -d' ' -f1,4 | sort | sha256sum; }
n=$("$here/frames.py" list "$lea"/LI-SHERIFF/tower-7/*/*.tar | wc -l)
same "fault 33: both LEAs have every frame of the subject" "$(wc -l <"$top/examples/demo.subject")" "$n"
same "fault 33: the same ones" "$(frames_of "$lea"/LI-SHERIFF/tower-7/*/*.tar)" \
    "$(frames_of "$work"/two/federal/LI-FEDERAL/tower-7/*/*.tar)"
same "fault 33: nothing of one is named in what the other was given" "" \
    "$(grep -rlaE 'LI-FEDERAL|26-FED-1' "$lea"; grep -rlaE 'LI-SHERIFF|26-CV-0117' "$work/two/federal")"
same "fault 33: nor in its records" "" \
    "$(grep -rlaE 'LI-FEDERAL' "$state/records/LI-SHERIFF"; grep -rlaE 'LI-SHERIFF' "$state/records/LI-FEDERAL")"
for folder in "$lea" "$work/two/federal"; do
    casetap-verify --root "$work/two/etc/root.pub" "$folder" >"$work/report" 2>&1
    same "fault 33: ${folder##*/} is intact by itself" 10 $?
done
# --- the certification of one of them
page=$work/certification
expect 0 "a case has its certification" casetap certify --config "$conf" LI-SHERIFF --out "$page" --key "$keys/approver.key"
check "it is signed as stock minisign checks" minisign -Vqm "$page" -p "$keys/approver.pub"
for line in '(a)(1) .*198\.51\.100\.' '(a)(2) .* enabled  *2026-11-19T23:.*Z at tower-7' '(a)(3) ' '(a)(4) .*Hon' '(a)(5) .*title-iii' '(a)(6) ' \
    'Revision 1' 'Approved by .*approver' 'Accepted  *20'; do
    check "47 CFR 1.20004: the certification has $line" grep -q "^ *$line" "$page"
done
check "its head is the custody log's" grep -q "^ *$(tail -n 1 "$state/records/LI-SHERIFF/custody.jsonl" | tr -d '\n' | sha256sum | cut -d' ' -f1)" "$page"
same "it names nothing of the other case" "" "$(grep -E 'FEDERAL|26-FED' "$page")"
same "only its owner reads it" 600 "$(stat -c %a "$page")"
expect 73 "one that is there is not overwritten" casetap certify --config "$conf" LI-SHERIFF --out "$page"
expect 66 "a case without records has none" casetap certify --config "$conf" LI-NOBODY
expect 64 "a signature needs a file" casetap certify --config "$conf" LI-SHERIFF --key "$keys/approver.key"

if ! is_root || ! namespaces_up; then
    skip "faults 28, 29, 30: orders change under a running daemon" "needs root and network namespaces"
    exit
fi
live isp
sender
daemon
until_true 10 is_state idle || fail "the daemon starts"

# --- what begins by itself, and what ends inside a slice
now=$(date +%s)
starts=$((now + 2)) ends=$((now + 7))
[ $((ends % 5)) != 0 ] || ends=$((ends + 1))
order LI-BRIEF $starts $ends
order LI-STAYS $now $((now + 3600))
order LI-GONE $now $((now + 3600))
order LI-EDITED $now $((now + 3600))
order LI-GROWS $now $((now + 3600))
for c in STAYS GONE EDITED GROWS BRIEF; do
    until_true 10 is_capturing LI-$c || fail "LI-$c is captured"
done

# --- removed, put back
sleep 1
mv "$orders/LI-GONE" "$work/LI-GONE.away"
removed=$(date +%s.%N)
check "fault 28: the slice of a removed order is closed" until_true 5 no_part LI-GONE
check "fault 28: the case is told missing" until_true 5 is_case LI-GONE missing
check "fault 28: its removal is in the journal" journalled LI-GONE order-missing
check "fault 28: so is the end of its capture" journalled LI-GONE capture-stop
same "fault 28: nothing is stored a second after the removal" 0 \
    "$(stored LI-GONE "$(awk -v t="$removed" 'BEGIN { printf "%.3f", t + 1 }')")"
check "fault 28: all before it is" [ "$(stored LI-GONE)" -gt 20 ]
sleep 1
back=$(date +%s.%N) # before it is: from then on frames are the subject's again
mv "$work/LI-GONE.away" "$orders/LI-GONE"
check "fault 28: identical bytes resume it" until_true 5 is_capturing LI-GONE

# --- edited in place
sleep 0.5
cp -p "$orders/LI-EDITED/1.order" "$work/edited.order"
sed -i 's/^responsible.*/responsible = D. Example/' "$orders/LI-EDITED/1.order"
edited=$(date +%s.%N)
check "fault 30: an order that is edited stops" until_true 5 is_case LI-EDITED changed
until_true 5 no_part LI-EDITED
same "fault 30: within a second" 0 "$(stored LI-EDITED "$(awk -v t="$edited" 'BEGIN { printf "%.3f", t + 1 }')")"
says_once "fault 30: one line raises the alarm" "^casetap-capture: LI-EDITED: the order's file was changed: capture of it stops$"
check "fault 30: the journal has it" journalled LI-EDITED order-changed
(cd "$orders/LI-EDITED" && minisign -Sm 1.order -x 1.order.new.minisig -s "$keys/approver.key" -W) >/dev/null 2>&1
sleep 1.5
check "fault 30: a new signature under the edited text changes nothing" is_case LI-EDITED changed
check "fault 30: no other case is touched" is_capturing LI-STAYS

# --- an older revision, an older keyring
cp -r "$orders/LI-GROWS" "$work/LI-GROWS.old"
casetap order extend LI-GROWS --to "$(at $((now + 4000)))" --config "$conf" >"$work/LI-GROWS-2.order" &&
    casetap order approve "$work/LI-GROWS-2.order" --config "$conf" --key "$keys/approver.key" >/dev/null &&
    casetap order install "$work/LI-GROWS-2.order" --config "$conf" >/dev/null || fail "LI-GROWS is extended"
check "the extension is accepted" until_true 5 journalled LI-GROWS order-extended
rm -r "$orders/LI-GROWS" && cp -r "$work/LI-GROWS.old" "$orders/LI-GROWS"
check "fault 30: with its last revision deleted, the older one revives nothing" until_true 5 is_case LI-GROWS missing
until_true 5 no_part LI-GROWS || fail "the slice of LI-GROWS is closed"
cp "$work/isp/etc/keyring.txt" "$work/keyring.1" && cp "$work/isp/etc/keyring.txt.minisig" "$work/keyring.1.minisig"
minisign -G -W -p "$work/new.pub" -s "$work/new.key" >/dev/null 2>&1
casetap keyring add approver "$work/new.pub" --role technical --config "$conf" >/dev/null 2>&1 &&
    casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null 2>&1 || fail "a second keyring is made"
is_keyring() { [ "$(told .keyring_version)" = "$1" ]; }
check "a new keyring is followed" until_true 5 is_keyring 2
cp "$work/keyring.1.minisig" "$work/isp/etc/keyring.txt.minisig" && cp "$work/keyring.1" "$work/isp/etc/keyring.txt"
check "fault 30: an older keyring put back is refused" until_true 5 grep -q 'the keyring in force stays version 2' "$work/capture.log"
check "fault 30: and stops no case" is_capturing LI-STAYS

# --- the end inside a slice
until_true 15 is_case LI-BRIEF expired || fail "LI-BRIEF expires"
until_true 5 no_part LI-BRIEF || fail "the slice of LI-BRIEF is closed"
same "fault 29: nothing is stamped at or after not_after" 0 "$(stored LI-BRIEF $ends)"
same "fault 29: nor before not_before" 0 "$(stored LI-BRIEF 0 $starts)"
check "fault 29: the last half second before it is there" [ "$(stored LI-BRIEF "$((ends - 1)).5" $ends)" -gt 10 ]
last=$(find "$state/spool/LI-BRIEF" -name '0*.json' | sort | tail -n 1)
same "fault 29: its last slice ends there, for that reason" "order-end $(at $ends | sed 's/Z$/.000000000Z/')" \
    "$(jq -r '"\(.rolled) \(.window.to // .to)"' "$last")"
check "fault 29: it is in the journal" journalled LI-BRIEF order-expired

halt
same "the daemon ends with 0" 0 $?
resumed=$(stored LI-GONE "$back")
check "fault 28: what came after the resumption is stored ($resumed frames)" [ "$resumed" -gt 20 ]
check "fault 28: the time between is a gap of that name" grep -q '^order-missing ' <(gaps LI-GONE)
same "fault 28: with nothing stored inside" 0 "$(stored LI-GONE "$(awk -v t="$removed" 'BEGIN { printf "%.3f", t + 1 }')" "$back")"
expect 78 "fault 30: nor does a new start take the older keyring" ip netns exec "$ns_b" casetap-capture --config "$conf"
same "fault 30: in one line" 1 "$(wc -l <"$work/err")"
