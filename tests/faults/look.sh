#!/usr/bin/env bash
# For sweep.py: what `casetap` only shows.  It ends with 0 and has shown what there is, or it says that it could not; it changes
# nothing.
what=$1
. "$(dirname "$0")/subject.sh"
commands=("order list" "order show LI-FILE" "order check $orders/LI-FILE/1.order" "keyring show" "log LI-FILE" "certify LI-FILE"
    "status --json" "status" "doctor --quiet")
case $what in
prepare)
    demo_installation --payload-days 1
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" || exit 1
    casetap-uploader --config "$conf" || exit 1
    casetap hold LI-FILE --reason "appeal pending" --config "$conf" >/dev/null || exit 1
    cat >"$S/look" <<'END'
for c in "$@"; do
    $casetap $c --config "$conf" >"$S/shown/${c%% /*}" 2>"$S/said"
    rc=$?
    case $c:$rc in doctor*:1 | status*:1) rc=0 ;; esac
    [ $rc = 0 ] || { cat "$S/said"; exit $rc; }
done
END
    mkdir "$S/shown"
    casetap=$build/admin/casetap conf=$conf bash "$S/look" "${commands[@]}" || exit 1
    # What runs while all goes well is what has to be shown; the clock is another.
    cp -r "$S/shown" "$S/first"
    (cd "$work/isp" && find . -type f ! -name operator.jsonl -exec sha256sum {} + | sort) >"$S/sums"
    exit
    ;;
run)
    printf '%s\0' env casetap="$build/admin/casetap" conf="$conf" bash "$S/look" "${commands[@]}"
    exit
    ;;
esac

(cd "$work/isp" && find . -type f ! -name operator.jsonl -exec sha256sum {} + | sort) | diff "$S/sums" - >"$S/diff" || wrong "changed: $(cat "$S/diff")"
[ "$RC" = 0 ] || exit 0
# Ages and times of the look itself apart.
for shown in "$S"/first/*; do
    told() { sed -E 's/[0-9]{4}-[0-9-]{5}T[0-9:.]*Z?/TIME/g; s/[0-9.]+ (ns|us|ms|s|min|h|d|days?|kB|MB|GB|%)//g; s/"(free|age|left|[a-z_]*(seconds|bytes|free))": *[0-9.]*//g' "$1"; }
    diff <(told "$shown") <(told "$S/shown/${shown##*/}") >"$S/diff" || wrong "${shown##*/}, with 0: $(cat "$S/diff")"
done
