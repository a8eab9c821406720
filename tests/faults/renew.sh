#!/usr/bin/env bash
# For sweep.py: `casetap keyring renew-root`.  Wherever it ends, the programs go on under the old root or the new one; called
# again it is done, and what was sealed before verifies by either.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" || exit 1
    cp "$work/isp/etc/root.pub" "$S/old-root.pub"
    minisign -G -W -f -p "$S/new-root.pub" -s "$S/new-root.key" >/dev/null </dev/null && chmod 600 "$S/new-root.key"
    exit
    ;;
run)
    printf '%s\0' "$build/admin/casetap" keyring renew-root --old "$keys/root.key" --new "$S/new-root.key" --config "$conf"
    exit
    ;;
esac

etc=$work/isp/etc
casetap-packager --config "$conf" >"$S/packager" 2>&1 || wrong "packager: $?: $(cat "$S/packager")"
pinned=$(sed -n 2p "$etc/root.pub")
if [ "$pinned" != "$(sed -n 2p "$S/new-root.pub")" ]; then
    [ "$RC" != 0 ] || wrong "it said that it was done, and the old root is pinned"
    casetap keyring renew-root --old "$keys/root.key" --new "$S/new-root.key" --config "$conf" >"$S/again" 2>&1 ||
        wrong "called again: $?: $(cat "$S/again")"
fi
[ "$(sed -n 2p "$etc/root.pub")" = "$(sed -n 2p "$S/new-root.pub")" ] || wrong "the new root is not pinned"
minisign -Vm "$etc/keyring.txt" -p "$S/new-root.pub" >"$S/minisign" 2>&1 || wrong "the keyring is not the new root's"
[ "$(wc -l <"$etc/roots.txt")" = 14 ] || wrong "roots.txt: $(cat "$etc/roots.txt")"
casetap keyring show --config "$conf" >"$S/show" 2>&1 || wrong "keyring show: $?: $(cat "$S/show")"
casetap-packager --config "$conf" >"$S/packager" 2>&1 || wrong "packager: $?: $(cat "$S/packager")"
for root in old new; do
    casetap-verify --root "$S/$root-root.pub" --keyring "$etc/keyring.txt" "$state/outbox/LI-FILE" >"$S/report" 2>&1
    rc=$?
    [ $rc = 10 ] || wrong "verify by the $root root: $rc: $(tail -n 5 "$S/report")"
done
[ -z "$(find "$etc" -name '.*.tmp' -o -name '.*.new')" ] || wrong "left behind: $(ls -A "$etc")"
