#!/usr/bin/env bash
# The key of an approver was revoked: set back to before that, the clock makes none of its approvals count (faults 22, 31).
. "$(dirname "$0")/lib.sh"
fake=$(find /usr/lib -name libfaketime.so.1 2>/dev/null | head -n 1)
if [ -z "$fake" ]; then
    skip "fault 31: a clock set back brings no revoked key back" "needs libfaketime"
    exit
fi
installation isp || { fail "an installation is made"; exit; }
cd "$work" || exit
minisign -G -W -p alice.pub -s alice.key >/dev/null
hours_ago() { date -u -d "-$1 hours" +%Y-%m-%dT%H:%M:%SZ; }
pub=$(tail -n 1 alice.pub)
{
    sed 's/^version: .*/version: 2/' isp/etc/keyring.txt
    echo "approver: $pub name=alice from=$(hours_ago 3)"
    echo "revoked: $pub at=$(hours_ago 1) reason=lost"
} >keyring.new
cp keyring.new isp/etc/keyring.txt
minisign -Sm isp/etc/keyring.txt -x isp/etc/keyring.txt.minisig -s "$keys/root.key" -W >/dev/null 2>&1 ||
    echo | minisign -Sm isp/etc/keyring.txt -x isp/etc/keyring.txt.minisig -s "$keys/root.key" >/dev/null
demo_order LI-GOOD >/dev/null || fail "an order"
expect 0 "what an officer approved is captured" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"

casetap order new --config "$conf" --case LI-STOLEN --lea county-sheriff --authority title-iii --order-number 26-CV-0118 \
    --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
    --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z --to-destination county-sheriff "${subject[@]}" >stolen.order
mkdir "$orders/LI-STOLEN" && cp stolen.order "$orders/LI-STOLEN/1.order"
minisign -Sm "$orders/LI-STOLEN/1.order" -x "$orders/LI-STOLEN/1.order.alice.minisig" -s alice.key -W >/dev/null
stored() { find "$state/spool/LI-STOLEN" -type f 2>/dev/null | wc -l; }
expect 0 "the other order alone is applied" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
same "fault 22: a revoked key approves nothing" 0 "$(stored)"
back() { env LD_PRELOAD="$fake" FAKETIME=-7200s FAKETIME_DONT_FAKE_MONOTONIC=1 "$@"; }
expect 0 "the clock is set back to when the key was good" back "$build/capture/casetap-capture" --config "$conf" -r "$top/examples/demo.pcap"
same "fault 31: and still it approves nothing" 0 "$(stored)"
same "nor is it remembered as an order" 0 "$(grep -c LI-STOLEN "$state/journal/capture/tower-7.orders")"
back "$build/capture/casetap-capture" --config "$conf" --check >orders.out
check "--check says so too" grep -q "^LI-STOLEN .*by a revoked key" orders.out
