#!/usr/bin/env bash
# Orders that lie encrypted (casetap-orders(7)): installed so, followed by who was handed the key, and by nobody else: without
# the key, with another one, or where a byte was changed, nothing is captured, and it is said.  What the order says is found in
# no file but where it has to be.
. "$(dirname "$0")/lib.sh"
installation isp
mkdir -m 0700 "$work/cred" "$work/wrong"
age-keygen -o "$work/cred/orders.key" 2>/dev/null
age-keygen -o "$work/wrong/orders.key" 2>/dev/null
key=$work/cred/orders.key wrong=$work/wrong/orders.key
sed -i "/^\[station\]/a orders_encrypt_to = $(age-keygen -y "$key")" "$conf"
canary=26-CV-0117
demo_order LI-1 >"$work/installed" || { fail "order"; exit; }
text=$work/LI-1.order file=$orders/LI-1/1.order
check "install encrypts" grep -q ', encrypted$' "$work/installed"
check "and says that who has the key judges it" grep -q 'not judged here: 1.order: encrypted' "$work/installed"
same "the order is found nowhere in the clear" "" "$(grep -rlaE "$canary|198\.51\.100\.7" "$work/isp")"
check "stock age opens it to the very text that was approved" sh -c "age -d -i '$key' '$file' | cmp - '$text'"

# --- casetap, by who has no key, has it, has another one
expect 0 "an administrator without the key lists the cases" casetap order list --config "$conf"
check "and sees that there is one" grep -q 'LI-1 .*locked' "$work/out"
expect 77 "but not its order" casetap order show LI-1 --config "$conf"
expect 77 "another key shows nothing either" casetap order show LI-1 --config "$conf" --orders-key "$wrong"
check "and it is said" grep -q 'there is no key here that opens it' "$work/out"
expect 0 "the key shows it" casetap order show LI-1 --config "$conf" --orders-key "$key"
check "all of it" sh -c "tail -n +2 '$work/out' | cmp - '$text'"
expect 66 "a key that is not there is none" casetap order show LI-1 --config "$conf" --orders-key "$work/none"
echo nonsense >"$work/nonsense" && chmod 0600 "$work/nonsense"
expect 78 "what is no key is none" casetap order show LI-1 --config "$conf" --orders-key "$work/nonsense"
expect 78 "without the key nobody installs it again" casetap order install "$text" --config "$conf"
says "and is told why" '--orders-key tells whether it is this one'
expect 0 "with it the same order may be installed again" casetap order install "$text" --config "$conf" --orders-key "$key"
expect 65 "what is encrypted already is not approved" casetap order approve "$file" --config "$conf" --key "$keys/approver.key"

# --- capture
captures() { # STATUS SENTENCE [CREDENTIALS]
    expect "$1" "$2" env ${3:+CREDENTIALS_DIRECTORY="$3"} casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
}
refused() { grep -c "\"order-refused\".*$1" "$state/journal/capture/tower-7.jsonl"; }
captures 78 "without the key capture follows no such order"
check "and writes down why" [ "$(refused 'there is no key here that opens it')" = 1 ]
captures 78 "with another key it does not either" "$work/wrong"
cp "$file" "$work/good"
/usr/bin/python3 - "$file" <<'PY'
import sys
b = bytearray(open(sys.argv[1], "rb").read())
b[-20] ^= 1
open(sys.argv[1], "wb").write(b)
PY
captures 78 "of an order that was changed as it lies there, it follows nothing" "$work/cred"
check "and writes down that it was changed" [ "$(refused 'not as it was written')" = 1 ]
head -c 150 "$work/good" >"$file"
captures 78 "nor of one that was cut" "$work/cred"
cp "$work/good" "$file"
chmod 0644 "$key"
captures 77 "a key that others can read is not used" "$work/cred"
chmod 0600 "$key"
mkdir -m 0700 "$work/none"
echo nonsense >"$work/none/orders.key" && chmod 0600 "$work/none/orders.key"
captures 78 "what is handed over as the key and is none is no key" "$work/none"
same "nothing was captured in all this" "" "$(find "$state/spool" -name '*.pcap' -o -name '*.part')"
if is_root; then
    # The keeper has the key in its memory, and the reader that looks at frames has not.
    mkfifo "$work/pipe"
    background "$work/pipe.log" env CREDENTIALS_DIRECTORY="$work/cred" casetap-capture --config "$conf" -r "$work/pipe"
    exec 9>"$work/pipe"
    head -c 24 "$top/examples/demo.pcap" >&9
    keeper=$last
    reader() { pgrep -P "$keeper"; }
    holders() { [ "$(/usr/bin/python3 "$here/memory.py" "$key" "$keeper" "$(reader | tail -n 1)")" = "1 0" ]; }
    until_true 60 reader
    # It is told what to look for only when it has gone on from its fork.
    check "the key is in the keeper's memory and not in the reader's" until_true 3 holders
    exec 9>&-
    wait "$keeper"
    rm -rf "$state"/spool/LI-1 "$state"/journal/capture/tower-7*
fi
captures 0 "with the key capture follows the order" "$work/cred"

# --- the packager
expect 78 "without the key the packager seals nothing of the case" casetap-packager --config "$conf"
says "and says so" 'order file LI-1/1.order: encrypted, and there is no key here that opens it'
same "no package is without its order" "" "$(find "$state/outbox" -name '*.tar')"
expect 0 "with the key it seals" env CREDENTIALS_DIRECTORY="$work/cred" casetap-packager --config "$conf"
first=$(find "$state/outbox" -name '*_0000000001.tar')
check "the package has the text that was approved" sh -c "tar xOf '$first' --wildcards '*/data/orders/1.order' | cmp - '$text'"
check "the records have the file as it lies among the orders" cmp "$file" "$state/records/LI-1/orders/1.order"

# --- the uploader has no key, and is not to have one
expect 0 "the uploader delivers without it" casetap-uploader --config "$conf"
check "all that there is" [ "$(find "$lea" -name '*.tar' | wc -l)" = "$(find "$state/outbox" -name '*.tar' | wc -l)" ]
expect 10 "and what was delivered is verified" casetap-verify --root "$work/isp/etc/root.pub" "$lea"

# --- the rest of its life
expect 0 "status needs no key" casetap status --json --config "$conf"
same "of which it says so and no more" "" "$(cat "$work/err")"
same "and knows that all is delivered" "locked 0" "$(jq -r '.cases[] | "\(.state) \(.streams[0].to_deliver)"' "$work/out")"
expect 65 "without the key nobody sees what may be purged" casetap purge --dry-run --config "$conf"
says "and is told why" 'records/LI-1/orders/1.order: encrypted'
expect 0 "with it one does" casetap purge --dry-run --config "$conf" --orders-key "$key"
expect 74 "a certification needs the key" casetap certify LI-1 --config "$conf"
expect 0 "and is made with it" casetap certify LI-1 --config "$conf" --orders-key "$key"
check "from the order" grep -q "$canary" "$work/out"
echo "by the plan" >"$work/plan"
bound() { casetap bind LI-1 198.51.100.9 --from 2026-11-19T23:50:00Z --to 2026-11-19T23:55:00Z --proof "$work/plan" \
    --key "$keys/approver.key" --config "$conf" "$@"; }
expect 77 "no address is given without the key" bound
expect 65 "with it the order is looked into" bound --orders-key "$key"
says "which has no subject that moves" "its subject does not move"
expect 65 "no extension is written without the key" casetap order extend LI-1 --to 2026-11-20T00:20:00Z --config "$conf"
casetap order extend LI-1 --to 2026-11-20T00:20:00Z --config "$conf" --orders-key "$key" >"$work/2.order"
casetap order approve "$work/2.order" --config "$conf" --key "$keys/approver.key" >/dev/null
expect 78 "nor installed" casetap order install "$work/2.order" --config "$conf"
expect 0 "with it the case goes on" casetap order install "$work/2.order" --config "$conf" --orders-key "$key"
check "at once" grep -q 'revision 2' "$work/out"
same "what the order says is in the packages alone" "" "$(grep -rlaE "$canary" "$work/isp" | grep -v '\.tar$')"
same "and the subject there, and in no record, journal or list" "" "$(grep -rlaF 198.51.100.7 "$work/isp" | grep -v '\.tar$')"

casetap doctor --offline --config "$conf" >"$work/out" 2>&1
check "doctor says that it was not looked into" grep -q 'its order is encrypted and was not looked into' "$work/out"
expect 0 "an approver ends the case without the key" casetap order revoke LI-1 --reason over --key "$keys/approver.key" --config "$conf"
demo_order LI-3 >"$work/installed" && cp "$work/LI-3.order" "$orders/LI-3/1.order"
casetap doctor --offline --config "$conf" >"$work/out" 2>&1
check "doctor says so of one that lies in the clear" grep -q 'its order lies there in the clear' "$work/out"
expect 0 "installed once more" casetap order install "$work/LI-3.order" --config "$conf"
check "it is not said to be encrypted" grep -q '; it lies there in the clear' "$work/out"

# --- plain orders stay what they were
sed -i 's/^orders_encrypt_to = .*/orders_encrypt_to =/' "$conf"
demo_order LI-2 >"$work/installed" || fail "order"
check "without the option nothing is encrypted" cmp "$work/LI-2.order" "$orders/LI-2/1.order"
expect 0 "and needs no key" casetap order show LI-2 --config "$conf"

# --- encrypted later, by hand, as the manual says
rm -rf "$orders/LI-3"
captures 0 "an order in the clear is followed" "$work/cred"
expect 0 "and sealed" env CREDENTIALS_DIRECTORY="$work/cred" casetap-packager --config "$conf"
check "the records have it in the clear" cmp "$work/LI-2.order" "$state/records/LI-2/orders/1.order"
age -r "$(age-keygen -y "$key")" -o "$orders/LI-2/.new" "$orders/LI-2/1.order" && mv "$orders/LI-2/.new" "$orders/LI-2/1.order"
captures 0 "encrypted, it is followed on" "$work/cred"
expect 0 "the packager's next run" env CREDENTIALS_DIRECTORY="$work/cred" casetap-packager --config "$conf"
check "has encrypted the copy in the records too" cmp "$orders/LI-2/1.order" "$state/records/LI-2/orders/1.order"
same "so that it is found in the packages alone" "" "$(grep -rlaF "$canary" "$work/isp" | grep -v '\.tar$')"
