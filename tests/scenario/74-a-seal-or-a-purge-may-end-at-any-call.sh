#!/usr/bin/env bash
# Whichever call of casetap-packager fails, or is its last before the power goes, while it seals and while it purges: nothing is
# deleted without a certificate, nothing published is changed, and the next run ends it.  A few points of each sweep;
# `./bootstrap soak` has all.
. "$(dirname "$0")/lib.sh"
sweep=$top/tests/faults/sweep.py
if [ ! -e "$sweep" ] || [ ! -e "$build/tests/faults/libcasetap_faults.so" ] || ! command -v faketime >/dev/null; then
    skip "faults 111 to 114, 118, 123, 135: a seal or a purge may end at any call" \
        "needs faketime and a build without sanitizers"
    exit
fi
swept() { # SENTENCE MODE SUBJECT POINTS
    check "$1" "$sweep" "$2" "$top/tests/faults/$3.sh" "$build" --points "${POINTS:-$4}"
    tail -n 1 "$work/check.out" | sed 's/^/# /'
}
swept "faults 111 to 114, 118: a call that fails spoils no purge" errno purge 8
swept "faults 111 to 114, 118: nor a seal" errno seal 8
if is_root && losetup -f >/dev/null 2>&1; then
    swept "faults 123 and 135: nor does a call that is the last before a power cut spoil a purge" kill purge 8
    swept "faults 123 and 135: or a seal" kill seal 8
    swept "faults 123 and 135: or the renewal of the root" kill renew 12
else
    skip "faults 123 and 135: a call may be the last before a power cut" "needs root and loop devices"
fi
