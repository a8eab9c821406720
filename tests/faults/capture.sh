#!/usr/bin/env bash
# For sweep.py: casetap-capture over the demo file.  Afterwards it is run again and goes on where it was; what the packager
# makes of it all is intact, and each frame of the subject is there once or lies in a declared gap.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation
    sed -i 's/^pool_bytes = .*/pool_bytes = 1M/' "$conf"
    subject_of_demo >"$S/subject.pcap"
    exit
    ;;
run)
    printf '%s\0' "$build/capture/casetap-capture" --config "$conf" -r "$top/examples/demo.pcap"
    exit
    ;;
esac

# Where the run came to its end the second has nothing to do, and says so.
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" >"$S/again" 2>&1
rc=$?
[ $rc = 0 ] || { [ $rc = 78 ] && grep -q 'accounted for up to' "$S/again"; } || wrong "run again: $rc: $(cat "$S/again")"
all_is_whole LI-FILE
