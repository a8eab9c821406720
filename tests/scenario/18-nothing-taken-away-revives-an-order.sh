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
