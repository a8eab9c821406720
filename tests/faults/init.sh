#!/usr/bin/env bash
# For sweep.py: `casetap init`.  When it says that it is done, an order can be approved, captured, sealed and verified under
# what it made; when it does not, nothing of it is mistaken for an installation: either it can be called again, or it says
# what is in its way, and after that is gone it is made.
what=$1
. "$(dirname "$0")/subject.sh"
init=(init --config "$work/isp/etc" --state "$work/isp/var" --name "Example Wireless LLC" --iap tower-7
    --destination-name county-sheriff --destination-url "file://$work/isp/lea" --allow-volatile-state)
case $what in
prepare)
    mkdir -p "$work/isp/lea"
    exit
    ;;
run)
    printf '%s\0' "$build/admin/casetap" "${init[@]}"
    exit
    ;;
esac

if [ "$RC" != 0 ]; then
    if ! casetap "${init[@]}" >"$S/again" 2>&1; then
        grep -q "$work/isp" "$S/again" || wrong "called again, it does not say what is in its way: $(cat "$S/again")"
        rm -rf "$work/isp/etc" "$work/isp/var"
        casetap "${init[@]}" >"$S/again" 2>&1 || wrong "called again: $(cat "$S/again")"
    fi
fi
demo_order LI-FILE >"$S/order" 2>&1 || wrong "no order: $(cat "$S/order")"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" >"$S/capture" 2>&1 || wrong "capture: $?: $(cat "$S/capture")"
casetap-packager --config "$conf" >"$S/packager" 2>&1 || wrong "packager: $?: $(cat "$S/packager")"
casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox/LI-FILE" >"$S/report" 2>&1
rc=$?
[ $rc = 10 ] || [ $rc = 0 ] || wrong "verify: $rc: $(tail -n 5 "$S/report")"
[ -z "$(find "$work/isp" -name '.*.tmp' -o -name '.*.new')" ] || wrong "left behind: $(find "$work/isp" -name '.*')"
