#!/usr/bin/env bash
# Keys and signatures are minisign's own: stock minisign signs the keyring, approves an order with keys of its own making,
# with and without a password, and checks every signature that casetap writes.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
etc=$work/isp/etc
cd "$work" || exit

minisign_quietly() { minisign "$@" >"$work/minisign.out" 2>&1; }
# verified SENTENCE FILE PUBKEYFILE [SIGNATURE]: does stock minisign find the signature good, and its comment ours?
verified() { check "$1" minisign -Vm "$2" -p "$3" -x "${4:-$2.minisig}"; }
new_order() { # CASE
    casetap order new --config "$conf" --case "$1" --lea county-sheriff --authority title-iii --order-number 26-CV-0117 \
        --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
        --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z --to-destination county-sheriff "${subject[@]}"
}

# What init made
verified "minisign finds init's keyring signed by the root" "$etc/keyring.txt" "$etc/root.pub"
for key in root station approver; do
    minisign_quietly -R -s "$keys/$key.key" -p "$work/again.pub" -W -f
    same "minisign reads the $key key that init made" "$(sed -n 2p "$keys/$key.pub")" "$(sed -n 2p "$work/again.pub")"
    same "the $key key is its owner's alone" 600 "$(stat -c %a "$keys/$key.key")"
done

# Keys of minisign's making: alice with a password, bob without
printf 'correct horse\ncorrect horse\n' | minisign_quietly -G -p alice.pub -s alice.key
minisign_quietly -G -W -p bob.pub -s bob.key
# Short of memory minisign chooses limits that take less time: for what is refused.
(ulimit -v 65536 && printf 'correct horse\ncorrect horse\n' | minisign_quietly -G -p carol.pub -s carol.key)
expect 0 "a key made by minisign with a password goes into a draft" \
    casetap keyring add approver alice.pub --role legal --config "$conf"
expect 0 "and one without" casetap keyring add approver bob.pub --role technical --config "$conf"
verified "the keyring in force stays as it was until the draft is signed" "$etc/keyring.txt" "$etc/root.pub"
same "the draft is version 2 with both" 2 "$(sed -n 's/^version: //p' "$etc/keyring.txt.draft")"

# The root signs with stock minisign, as on an offline machine
cp "$etc/keyring.txt.draft" offline.txt
minisign_quietly -Sm offline.txt -s "$keys/root.key" -W
expect 0 "what stock minisign signed as root is put in force" casetap keyring import offline.txt --config "$conf"
verified "the signature in force is the one minisign made" "$etc/keyring.txt" "$etc/root.pub"
check "the draft is gone" [ ! -e "$etc/keyring.txt.draft" ]
expect 0 "importing the same again changes nothing" casetap keyring import offline.txt --config "$conf"

# ... and legacy signatures, other people's signatures and shortened keyrings are not the root's word
casetap keyring revoke approver --reason replaced --config "$conf" >/dev/null
cp "$etc/keyring.txt.draft" next.txt
minisign_quietly -Sm next.txt -s bob.key -W
expect 78 "a keyring that someone else signed is refused" casetap keyring import next.txt --config "$conf"
says "in one line that says so" '^casetap: the new keyring is not signed by the root$'
minisign_quietly -S -l -m next.txt -s "$keys/root.key" -W
expect 78 "a legacy signature is refused" casetap keyring import next.txt --config "$conf"
grep -v "$(sed -n 2p bob.pub)" next.txt >short.txt
minisign_quietly -Sm short.txt -s "$keys/root.key" -W
expect 78 "a keyring that forgets a key is refused" casetap keyring import short.txt --config "$conf"
says "naming the line that it lacks" 'lacks line [0-9]+ of the one in force'
verified "nothing of that touched the keyring in force" "$etc/keyring.txt" "$etc/root.pub"
expect 0 "casetap signs the draft with the root key" casetap keyring sign --root "$keys/root.key" --config "$conf"
verified "minisign finds casetap's signature of the keyring good" "$etc/keyring.txt" "$etc/root.pub"
cp "$etc/keyring.txt" now.txt && cp "$etc/keyring.txt.minisig" now.txt.minisig
cp offline.txt "$etc/keyring.txt" && cp offline.txt.minisig "$etc/keyring.txt.minisig"
expect 78 "an older keyring put back is refused" casetap keyring show --config "$conf"
says "by its version" 'version 2: older than version 3'
sed 's/^issued: .*/issued: 2026-11-21T00:00:00Z/' now.txt >other.txt
minisign_quietly -Sm other.txt -s "$keys/root.key" -W
expect 78 "behind it another version 3 than the one seen is refused" casetap keyring import other.txt --config "$conf"
says "as another one" 'version 3: not the one of this version that was seen before'
check "and is not put in its place" cmp offline.txt "$etc/keyring.txt"
cp now.txt.minisig "$etc/keyring.txt.minisig"
expect 0 "a keyring whose replacement was killed half way is put right by the same command" \
    casetap keyring import now.txt --config "$conf"
verified "and is whole again" "$etc/keyring.txt" "$etc/root.pub"

# An order, approved by stock minisign
new_order LI-1 >LI-1.order
printf 'correct horse\n' | minisign_quietly -Sm LI-1.order -x LI-1.order.alice.minisig -s alice.key
expect 0 "an order approved by stock minisign with a password is good" casetap order check LI-1.order --config "$conf"
same "and lacks nothing" 1 "$(grep -c '^approved' "$work/out")"
expect 0 "it is installed" casetap order install LI-1.order --config "$conf"
casetap order list --config "$conf" >"$work/list" 2>&1
check "and ready" grep -qE '^LI-1 .*(in force|ended|not yet)$' "$work/list"
minisign_quietly -Sm "$orders/LI-1/1.order" -x "$orders/LI-1/1.order.bob.minisig" -s bob.key -W
check "a second approval may be put straight beside the installed order" casetap order check "$orders/LI-1/1.order" --config "$conf"

# An order, approved by casetap with minisign's keys
new_order LI-2 >LI-2.order
casetap order approve LI-2.order --key carol.key --config "$conf" <<<'wrong' >"$work/out" 2>"$work/err"
same "a wrong password is a refusal" 77 $?
says "that says so" 'carol\.key: wrong password'
check "and leaves no signature" [ ! -e LI-2.order.carol.minisig ]
expect 77 "no password is a refusal" casetap order approve LI-2.order --key alice.key --config "$conf"
casetap order approve LI-2.order --key alice.key --config "$conf" <<<'correct horse' >"$work/out" 2>"$work/err"
same "a minisign key with a password approves" 0 $?
expect 0 "so does one without" casetap order approve LI-2.order --key bob.key --config "$conf"
verified "minisign finds alice's approval good" LI-2.order alice.pub LI-2.order.alice.minisig
verified "minisign finds bob's approval good" LI-2.order bob.pub LI-2.order.bob.minisig
check "the trusted comment names the approver" grep -q '^trusted comment: casetap approval by bob at ' LI-2.order.bob.minisig
check "the algorithm is ED, prehashed" \
    [ "$(sed -n 2p LI-2.order.bob.minisig | base64 -d | head -c 2)" = ED ]
expect 0 "the order is installed" casetap order install LI-2.order --config "$conf"
verified "and its approvals with it, byte for byte" "$orders/LI-2/1.order" bob.pub "$orders/LI-2/1.order.bob.minisig"

# A revocation
expect 0 "an order is revoked" casetap order revoke LI-2 --reason "withdrawn by the court" --key bob.key --config "$conf"
verified "minisign finds the revocation good" "$orders/LI-2/revoked" bob.pub
casetap order list --config "$conf" >"$work/list" 2>&1
check "and it counts" grep -qE '^LI-2 .* revoked' "$work/list"
same "revoked again is revoked" "case LI-2 is revoked already" \
    "$(casetap order revoke LI-2 --reason again --key bob.key --config "$conf")"
expect 78 "nothing revives it" casetap order install LI-2.order --config "$conf"
says "and the line says why" 'LI-2: the case was revoked: nothing revives it'

# Key files
chmod 0644 bob.key
expect 77 "fault 14: a secret key that others can read is not used" casetap order approve LI-1.order --key bob.key --config "$conf"
says "and the line says why" 'bob\.key: a secret that others can read'
expect 66 "a key that is not there" casetap order approve LI-1.order --key nobody.key --config "$conf"
cp "$keys/root.pub" nothing.key && chmod 0600 nothing.key
expect 65 "a file that is no key" casetap order approve LI-1.order --key nothing.key --config "$conf"
