#!/usr/bin/env bash
# For sweep.py: casetap-packager seals the slices of the demo file and closes its days.  Afterwards it is run again: each
# number has one package, with the bytes that it was published with, and all of it is intact.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation && subject_of_demo >"$S/subject.pcap"
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
    exit
    ;;
run)
    printf '%s\0' "$build/packager/casetap-packager" --config "$conf"
    exit
    ;;
esac

sums() { (cd "$state/outbox" && find . -name 'LI-*' -type f -exec sha256sum {} + | sort); }
sums >"$S/published"
all_is_whole LI-FILE
sums >"$S/now"
[ -z "$(comm -23 "$S/published" "$S/now")" ] || wrong "published, and now other: $(comm -23 "$S/published" "$S/now")"
[ -z "$(find "$state/outbox" "$state/records" -name '.*.tmp' -o -name '*.intent')" ] || wrong "left: $(find "$state" -name '.*')"
casetap log LI-FILE --config "$conf" >"$S/log" || wrong "the custody log is broken"
[ "$(grep -c ' seal ' "$S/log")" = "$(find "$state/outbox" -name '*.tar' | wc -l)" ] || wrong "seals in the log: $(cat "$S/log")"
