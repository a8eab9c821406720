#!/usr/bin/env bash
# Whichever call of casetap-capture fails, runs out of memory, or is its last before the power goes: the next run goes on, what
# is sealed is intact, and each frame is there once or declared lost.  A few points of each sweep; `./bootstrap soak` has all.
. "$(dirname "$0")/lib.sh"
sweep=$top/tests/faults/sweep.py
subject=$top/tests/faults/capture.sh
if [ ! -e "$build/tests/faults/libcasetap_faults.so" ]; then
    skip "faults 111 to 115, 118, 123, 126, 135, 138: any call may fail" "not in a build with sanitizers"
    exit
fi
swept() { # SENTENCE MODE OPTION...
    local sentence=$1
    shift
    check "$sentence" "$sweep" "$1" "$subject" "$build" "${@:2}"
    tail -n 1 "$work/check.out" | sed 's/^/# /'
}
swept "faults 111 to 114, 118, 126: a call that fails costs nothing undeclared" errno --points "${POINTS:-14}"
swept "fault 138: nor does an allocation that fails" oom --points "${POINTS:-10}"
if is_root && losetup -f >/dev/null 2>&1; then
    swept "faults 123 and 135: nor does a call that is the last before a power cut" kill --points "${POINTS:-12}"
else
    skip "faults 123 and 135: a call may be the last before a power cut" "needs root and loop devices"
fi
