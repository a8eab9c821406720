#!/usr/bin/env bash
# What was revoked is revoked for ever: at every access point, and whatever is taken out of the state folder (fault 30).
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
demo=$top/examples/demo.pcap
memory=$state/journal/capture
stored() { find "$state/spool" -name '*.pcap' | wc -l; }
sed -n '/^\[iap tower-7\]/,/^$/p' "$conf" | sed 's/tower-7/tower-8/' >"$work/iap" && cat "$work/iap" >>"$conf"
capture() { casetap-capture --config "$conf" --iap "$1" -r "$demo"; }

demo_order LI-OVER >/dev/null || fail "an order"
casetap order revoke LI-OVER --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "a revocation"
expect 78 "a revoked order is not applied" capture tower-7
rm "$orders/LI-OVER/revoked"*
expect 78 "fault 030: without its revocation neither" capture tower-7
expect 78 "fault 030: nor at an access point that never heard of it" capture tower-8
same "nothing is stored" 0 "$(stored)"

mv "$memory/tower-7.orders" "$work/"
mv "$memory/tower-8.orders" "$work/"
expect 78 "fault 030: nor with the memory taken away" capture tower-7
says "which is named" '^casetap-capture: journal/capture/tower-7.orders is gone: '
expect 78 "--check finds it too" casetap-capture --config "$conf" --iap tower-7 --check
mv "$work"/tower-?.orders "$memory/"
mv "$memory/tower-7.clock" "$work/"
expect 78 "fault 031: nor does a clock begin anew without its mark" capture tower-7
says "which is named" '^casetap-capture: journal/capture/tower-7.clock is gone: '
mv "$work/tower-7.clock" "$memory/"
same "nothing is stored" 0 "$(stored)"
demo_order LI-NEXT >/dev/null || fail "another order"
expect 0 "with all in its place, what is in force is captured" capture tower-7

# An older file alone, out of a backup: the journal says what came after it (fault 30).
demo_order LI-BACK >/dev/null || fail "a third order"
expect 0 "which is accepted too" capture tower-7
cp "$memory/tower-7.orders" "$work/older.orders" && cp "$memory/tower-7.jsonl" "$work/older.jsonl"
rm -rf "$state/spool/LI-BACK"
casetap order revoke LI-BACK --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "its revocation"
expect 0 "and is revoked" capture tower-7
rm "$orders/LI-BACK/revoked"* && cp -a "$memory" "$work/newer"
back() { rm -rf "$memory" && cp -a "$work/newer" "$memory"; }
of_case() { jq -r '.cases[] | select(.case == "LI-BACK") | .state' "$memory/$1.orders"; }
none() { [ "$(find "$state/spool/LI-BACK" -name '*.pcap' 2>/dev/null | wc -l)" = 0 ]; }
cp "$work/older.orders" "$memory/tower-7.orders"
expect 0 "an older memory is no reason to stop" capture tower-7
same "fault 030: it revives nothing" revoked "$(of_case tower-7)"
back && jq -c 'del(.journal)' "$work/older.orders" >"$memory/tower-7.orders"
expect 0 "nor is one of a version that kept no mark of the journal" capture tower-7
same "which revives nothing either" revoked "$(of_case tower-7)"
back && head -n 3 "$work/older.jsonl" >"$memory/tower-7.jsonl"
expect 78 "fault 030: an older journal beside a newer memory is a loss" capture tower-7
says "which is named" '^casetap-capture: journal/capture/tower-7.jsonl is not the one that tower-7.orders was written by'
casetap reset tower-7 --reason "an older journal" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "a reset"
expect 0 "that an approver may have begin anew" capture tower-7
same "without anything coming alive" revoked "$(of_case tower-7)"
back && cp "$work/older.orders" "$memory/tower-7.orders" && head -c -7 "$work/newer/tower-7.jsonl" >"$memory/tower-7.jsonl"
expect 0 "a line that a crash tore after the memory was written heals by itself" capture tower-7
expect 0 "and the start after that one is as ever" capture tower-7
back && rm "$memory/tower-8."* && sed -i 's/^\[iap tower-8\]/[iap tower-9]/' "$conf" && rm "$memory/tower-7.orders" "$memory/tower-7.clock"
capture tower-9 2>/dev/null
same "fault 030: an access point of another name takes what the others' journals say" revoked "$(of_case tower-9)"
rm -rf "$memory"
expect 78 "fault 030: nor is all of journal/capture forgotten where the spool has streams" capture tower-7
expect 78 "nor under another name" capture tower-9
check "nothing of it is stored" none

mkdir -p "$state/spool/LI-BACK/tower-7" && rm -rf "$memory" && cp -a "$work/newer" "$memory" && cp "$work/older.orders" "$memory/tower-7.orders"
cp "$work/older.jsonl" "$memory/tower-7.jsonl"
jq -c '.ended = {"reason": "revoked", "revision": 1, "at": "2026-11-20T00:00:00.000000000Z"}' \
    "$state/spool/LI-NEXT/tower-7/state" >"$state/spool/LI-BACK/tower-7/state"
expect 0 "with memory and journal of before, but not the spool" capture tower-7
same "fault 030: a stream that ended as revoked still says so" revoked "$(of_case tower-7)"
check "nothing of it is stored" none

# Who may write where orders, keys and memories lie could bring back what was taken away.
back
for f in "$orders" "$orders/LI-NEXT" "$work/isp/etc" "$memory"; do
    mode=$(stat -c %a "$f") && chmod 777 "$f"
    capture tower-7 >/dev/null 2>"$work/err"
    code=$?
    check "capture refuses ${f#"$work/isp/"} where all can write there" sh -c "[ $code = $([ "$f" = "$orders/LI-NEXT" ] && echo 78 || echo 77) ]"
    check "and names it" grep -q "${f##*/}: writable by others (mode .777)" "$work/err"
    chmod "$mode" "$f"
done
chmod 777 "$memory" && casetap doctor --offline --config "$conf" >"$work/ill" 2>&1
check "doctor sees it too" grep -q 'journal/capture' "$work/ill"
chmod 2750 "$memory"

# An older keyring, or one of another root, beside what programs have seen.
back && etc=$work/isp/etc && cp "$etc/keyring.txt" "$etc/keyring.txt.minisig" "$work/"
sed -i 's/^\[iap tower-9\]/[iap tower-8]/' "$conf"
minisign -G -W -p "$work/second.pub" -s "$work/second.key" >/dev/null
casetap keyring add approver "$work/second.pub" --name second --config "$conf" >/dev/null &&
    casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null || fail "keyring version 2"
capture tower-7 2>/dev/null
check "the journal names the keyring that is in force, and its root" \
    grep -q '"event":"keyring".*"detail":{"version":2,"root":"RW' "$memory/tower-7.jsonl"
same "what was seen names the root too" "$(tail -1 "$etc/root.pub")" "$(jq -r .root "$memory/keyring.seen")"
jq -c 'del(.root)' "$memory/keyring.seen" >"$work/seen" && cp "$work/seen" "$memory/keyring.seen"
capture tower-7 2>/dev/null
same "also where it did not" "$(tail -1 "$etc/root.pub")" "$(jq -r .root "$memory/keyring.seen")"
rm -rf "$work/newer" && cp -a "$memory" "$work/newer"
rm "$memory/keyring.seen"
expect 78 "what keyring was seen is not forgotten either" capture tower-7
says "which is named" '^casetap-capture: journal/capture/keyring.seen is gone: '
casetap reset tower-7 --reason "seen is gone" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "a reset"
capture tower-7 2>/dev/null
same "an approver may have it begin anew" 2 "$(jq .version "$memory/keyring.seen")"
back && cp "$etc/keyring.txt" "$work/k2" && cp "$etc/keyring.txt.minisig" "$work/k2.minisig"
cp "$work/keyring.txt" "$work/keyring.txt.minisig" "$etc/"
rm "$memory/keyring.seen"
expect 78 "but under no older keyring" capture tower-7
says "which is said" '^casetap-capture: keyring version 1: older than version 2, which was seen before'
printf '{"format":"casetap-keyring-seen/1","version":1,"sha256":"%s"}\n' "$(sha256sum <"$etc/keyring.txt" | cut -c 1-64)" >"$memory/keyring.seen"
expect 78 "nor with an older memory of it" capture tower-7
cp "$work/k2" "$etc/keyring.txt" && cp "$work/k2.minisig" "$etc/keyring.txt.minisig"
back
casetap init --config "$work/x" --state "$work/xs" --name "Example Wireless LLC" --iap tower-7 --allow-volatile-state >/dev/null
cp "$work/x/root.pub" "$etc/root.pub" && sed 's/^version: 1/version: 3/' "$work/x/keyring.txt" >"$etc/keyring.txt" && rm "$etc/keyring.txt.minisig"
minisign -Sm "$etc/keyring.txt" -s "$work/x/keys/root.key" </dev/null >/dev/null 2>&1 || fail "a stranger's keyring is signed"
expect 78 "another root, that nothing ties to the one of before, is not believed" capture tower-7
says "which is said" '^casetap-capture: root key RW.*: not the one seen before, RW.*, and no roots.txt ties it'
expect 78 "nor by the packager" casetap-packager --config "$conf"
expect 78 "and the status says so" casetap status --config "$conf"
says "in words" '^casetap: root key RW.*: not the one seen before'

# --- spool and journal lost, and older orders put back: the custody log alone knows of the revocation
installation lost && demo_order LI-LOST >/dev/null || fail "an installation of its own"
capture() { casetap-capture --config "$conf" --iap tower-7 -r "$demo"; }
expect 0 "an order is applied" capture
expect 0 "what was captured is sealed" casetap-packager --config "$conf"
casetap order revoke LI-LOST --reason "withdrawn" --key "$keys/approver.key" --config "$conf" >/dev/null || fail "a revocation"
expect 78 "it is revoked" capture
expect 0 "which gets into the custody log" casetap-packager --config "$conf"
check "as it should" grep -q '"event":"order-revoked"' "$state/records/LI-LOST/custody.jsonl"
printf '\n[iap shelf]\nslice_seconds = 300\n' >>"$conf"
rm -rf "$state/spool"/* "$state/journal/capture"/* "$orders/LI-LOST/revoked"* && sleep 6
sealed=$(find "$state/outbox" -name '*.tar' -exec sha256sum {} + | sort)
capture() { casetap-capture --config "$conf" --iap shelf -r "$demo"; }
expect 0 "fault 030: capture that has lost everything knows nothing of it" capture
expect 78 "but the packager does" casetap-packager --config "$conf"
says "and says so" 'LI-LOST/shelf: number 2: its slice was begun at .*, and the case was revoked at .*, as its custody log says'
same "nothing that was captured then is sealed" 0 "$(find "$state/outbox/LI-LOST/shelf" -name '*.tar' -exec tar tf {} \; | grep -c 'pcap$')"
check "it lies apart, and a gap is declared in its place" sh -c "ls '$state'/quarantine/LI-LOST/shelf/*.pcap && tar tf '$state'/outbox/LI-LOST/shelf/*/LI-LOST_shelf_0000000002.tar | grep -q gap.json"
same "what was sealed before is as it was" "$sealed" "$(find "$state/outbox/LI-LOST/tower-7" -name '*.tar' -exec sha256sum {} + | sort)"
