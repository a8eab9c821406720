#!/usr/bin/env bash
# An order counts once enough distinct approvers, of distinct roles where they have roles, have signed those very bytes
# with keys that may sign at that time.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
cd "$work" || exit

for who in alice bob carol dave stranger; do
    minisign -G -W -p $who.pub -s $who.key >/dev/null
done
new_order() { # CASE [OPTION...]
    casetap order new --config "$conf" --case "$1" --lea county-sheriff --authority title-iii --order-number 26-CV-0117 \
        --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
        --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z --to-destination county-sheriff "${subject[@]}" "${@:2}"
}
approve() { minisign -Sm "$1" -x "$1.$2.minisig" -s "${3:-$2}.key" -W >/dev/null 2>&1; } # FILE NAME [KEY]
put() { # CASE: into the orders folder by hand, whatever install would say
    mkdir -p "$orders/$1" && cp "$1.order" "$orders/$1/1.order"
    for s in "$1".order.*.minisig; do
        [ -e "$s" ] && cp "$s" "$orders/$1/1.order${s#"$1".order}"
    done
    chmod -R go-w "$orders/$1"
}
listed() { casetap order list --config "$conf" 2>/dev/null | grep "^$1 "; }
# state SENTENCE CASE PATTERN
state() {
    if listed "$2" | grep -qE -- "$3"; then pass "$1"; else fail "$1: $(listed "$2")"; fi
}
# no_capture FAULT: of all that is in the orders folder capture takes nothing
no_capture() {
    expect 78 "$1: capture takes none of these" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
    says "in one line" '^casetap-capture: .*demo.pcap: no accepted order to apply to it$'
    same "and stores nothing" "" "$(find "$state/spool" -type f ! -name .casetap)"
}
nothing_installed() { check "$1" [ ! -e "$orders/$2" ]; }

# One approver
new_order LI-ONE >LI-ONE.order
expect 0 "an order without approvals is well-formed" casetap order check LI-ONE.order --config "$conf"
same "and check says what is missing" "missing: LI-ONE.order has 0 of 1 approvals" "$(tail -n 1 out)"
new_order LI-PAIR --vlan 100.7 --vlan 200.7 >LI-PAIR.order 2>err
check "an order may have pairs of VLANs" grep -qx 'vlan = 100.7 200.7' LI-PAIR.order
casetap order check LI-PAIR.order --config "$conf" >out 2>>err
same "and there is nothing to warn of" "" "$(cat err)"
new_order LI-BOTH --vlan 100.7 --vlan 7 >LI-BOTH.order 2>err
check "that one number stands alone and in a pair is a warning where it is written" grep -q 'case LI-BOTH: .*stands alone, too' err
expect 0 "which is no refusal" casetap order check LI-BOTH.order --config "$conf"
casetap order check LI-BOTH.order --config "$conf" >out 2>err
check "and where it is checked" grep -q 'LI-BOTH.order: case LI-BOTH: .*stands alone, too' err
put LI-ONE
state "without approval an order waits" LI-ONE 'waiting for approval: 1.order has 0 of 1 approvals$'
expect 0 "the approver signs" casetap order approve LI-ONE.order --key "$keys/approver.key" --config "$conf"
expect 73 "signing twice does not overwrite the first signature" \
    casetap order approve LI-ONE.order --key "$keys/approver.key" --config "$conf"
expect 0 "the approval is added to the order that waits" casetap order install LI-ONE.order --config "$conf"
state "and it counts" LI-ONE '(in force|ended|not yet)$'
echo "# a later thought" >>"$orders/LI-ONE/1.order"
state "fault 21: changed by one byte it is not approved" LI-ONE 'waiting.*0 of 1.*not a signature of this text'

# Who does not count
new_order LI-BAD >LI-BAD.order
approve LI-BAD.order stranger
expect 78 "fault 22: an unknown signer is refused" casetap order install LI-BAD.order --config "$conf"
says "in one line" "^casetap: case LI-BAD: LI-BAD.order has 0 of 1 approvals; LI-BAD.order.stranger.minisig: by a key that is not in"
nothing_installed "and nothing is installed" LI-BAD
put LI-BAD
state "put there by hand it waits" LI-BAD 'waiting.*by a key that is not in the keyring$'
no_capture "faults 21 and 22"
expect 78 "a stranger's key does not approve" casetap order approve LI-BAD.order --key stranger.key --config "$conf"
says "and is told so" 'stranger.key: this key is no approver'
check "and the custody log hears of it" grep -q '"case":"LI-BAD","event":"operator".*"detail":"refused to approve an order revision"' \
    "$state/journal/operator/operator.jsonl"
expect 78 "the station's key does not approve" casetap order approve LI-BAD.order --key "$keys/station.key" --config "$conf"
expect 78 "nor does the root's" casetap order approve LI-BAD.order --key "$keys/root.key" --config "$conf"
rm -r "$orders/LI-BAD" LI-BAD.order.stranger.minisig
cp LI-ONE.order.approver.minisig LI-BAD.order.approver.minisig
expect 78 "fault 21: the signature of another order is refused" casetap order install LI-BAD.order --config "$conf"
says "in one line" 'LI-BAD.order.approver.minisig: not a signature of this text$'
nothing_installed "and nothing is installed" LI-BAD
echo rubbish >LI-BAD.order.approver.minisig
expect 78 "so is a file that is no signature" casetap order install LI-BAD.order --config "$conf"
rm LI-BAD.order.approver.minisig

# Two approvers with roles: alice and carol are legal, bob is technical, dave has no role; approver is revoked
for line in "alice --role legal" "carol --role legal" "bob --role technical --approvals 2" "dave"; do
    # shellcheck disable=SC2086
    casetap keyring add approver ${line%% *}.pub ${line#"${line%% *}"} --config "$conf" >/dev/null || fail "add $line"
done
expect 0 "a keyring that asks for two approvals" casetap keyring sign --root "$keys/root.key" --config "$conf"
check "says so" grep -qx 'approvals: 2' "$work/isp/etc/keyring.txt"

# approvals CASE WANT SENTENCE NAME[=KEY]...
approvals() {
    local case_id=$1 want=$2 sentence=$3 who
    shift 3
    new_order "$case_id" >"$case_id.order"
    for who in "$@"; do
        approve "$case_id.order" "${who%%=*}" "${who#*=}"
    done
    put "$case_id"
    state "$sentence" "$case_id" "$want"
}
ready='(in force|ended|not yet)$'
approvals LI-2A "waiting.*1 of 2 approvals$" "fault 23: one of two signatures is not enough" alice
approvals LI-2B "waiting.*1 of 2 approvals$" "fault 23: the same key under two names is one approver" alice alice-again=alice
approvals LI-2C "waiting.*1 of 2 approvals .distinct roles are needed.$" "two approvers of one role are not enough" alice carol
no_capture "fault 23"
approvals LI-2D "$ready" "two of distinct roles are" alice bob
approvals LI-2E "$ready" "one with a role and one without are" alice dave
approvals LI-2F "waiting.*1 of 2.*not in the keyring" "a stranger is no second" alice stranger
approvals LI-2G "$ready" "a stranger beside two good ones does no harm" alice bob stranger
expect 0 "install takes an order that waits for its second approver" casetap order install LI-2A.order --config "$conf"
check "and says so" grep -q '^not in force yet: 1.order has 1 of 2 approvals$' out
expect 0 "the second approval goes beside the first" casetap order approve LI-2A.order --key bob.key --config "$conf"
check "and both are there" [ -e LI-2A.order.alice.minisig -a -e LI-2A.order.bob.minisig ]
expect 0 "and is installed like the first" casetap order install LI-2A.order --config "$conf"
state "then the order counts" LI-2A "$ready"

# Revoked, not yet valid, no longer valid
expect 0 "a key is revoked by its id" casetap keyring revoke "$(casetap keyring show --config "$conf" |
    awk '$3 == "bob" {print $2}')" --reason lost --config "$conf"
for line in "late.pub --from 2030-01-01T00:00:00Z" "old.pub --from 2020-01-01T00:00:00Z --to 2021-01-01T00:00:00Z"; do
    minisign -G -W -p "${line%%.*}.pub" -s "${line%%.*}.key" >/dev/null
    # shellcheck disable=SC2086
    casetap keyring add approver $line --config "$conf" >/dev/null || fail "add $line"
done
casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null || fail "sign"
casetap keyring show --config "$conf" >show
for want in "bob +technical .* revoked at .*: lost" "late .* not yet" "old .* expired" "alice +legal .* valid"; do
    check "keyring show: $want" grep -qE "$want" show
done
approvals LI-3A "waiting.*1 of 2.*by a revoked key" "fault 22: a revoked approver does not count" alice bob
approvals LI-3B "waiting.*1 of 2.*not valid yet" "one who is not valid yet does not count" alice late
approvals LI-3C "waiting.*1 of 2.*no longer valid" "one who is no longer valid does not count" alice old
state "nor for an order that capture had not accepted before" LI-2D "waiting.*by a revoked key"
expect 78 "a revoked approver's key does not approve" casetap order approve LI-3A.order --key bob.key --config "$conf"
says "and is told so" 'bob.key: a signature would be by a revoked key$'
expect 78 "nor does it revoke" casetap order revoke LI-2E --reason spite --key bob.key --config "$conf"
check "and leaves nothing" [ ! -e "$orders/LI-2E/revoked.minisig" ]
expect 0 "one approver suffices to revoke" casetap order revoke LI-2E --reason withdrawn --key carol.key --config "$conf"
state "and the case has ended" LI-2E "revoked$|revoked: revoked$"
rm "$orders/LI-2E/revoked"
expect 0 "a revocation killed between signature and text is made again" \
    casetap order revoke LI-2E --reason withdrawn --key carol.key --config "$conf"
check "and is whole" minisign -Vm "$orders/LI-2E/revoked" -p carol.pub

# The next revision
approvals LI-4 "$ready" "an order with its approvals" alice dave
expect 0 "is extended" casetap order extend LI-4 --to 2026-11-21T00:00:00Z --order-number 26-CV-0118 --config "$conf"
cp out LI-4.2.order
same "the next revision names the one before by its hash" "previous = $(sha256sum <LI-4.order | cut -d' ' -f1)" \
    "$(grep ^previous LI-4.2.order)"
expect 0 "it is installed without approvals" casetap order install LI-4.2.order --config "$conf"
check "and waits" grep -q '^not in force yet: 2.order has 0 of 2 approvals$' out
state "the first revision stays in force meanwhile" LI-4 ' 1  .*(in force|ended|not yet): 2.order has 0 of 2 approvals'
approve LI-4.2.order alice && approve LI-4.2.order dave
expect 0 "its approvals are installed" casetap order install LI-4.2.order --config "$conf"
state "then the second is" LI-4 " 2  .*$ready"
