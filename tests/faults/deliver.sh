#!/usr/bin/env bash
# For sweep.py: casetap-uploader delivers to a folder and takes an acknowledgement back.  A receipt is only where the whole
# file is; called again, everything is there with the bytes that were sealed, and has its receipt.
what=$1
. "$(dirname "$0")/subject.sh"
case $what in
prepare)
    demo_installation
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf"
    exit
    ;;
run)
    printf '%s\0' "$build/uploader/casetap-uploader" --config "$conf"
    exit
    ;;
esac

whole() { # every file with a receipt is at the far end as it was sealed
    local receipt name
    while read -r receipt; do
        name=$(jq -r .name "$receipt") || wrong "no receipt: $receipt"
        day=$(dirname "${receipt#"$state"/receipts/}")
        cmp -s "$state/outbox/$day/$name" "$lea/$day/$name" || wrong "a receipt, and $day/$name is not at the far end"
    done < <(find "$state/receipts" -name '*.receipt.json')
}
whole
casetap-uploader --config "$conf" >"$S/uploader" 2>&1 || wrong "uploader: $?: $(cat "$S/uploader")"
whole
diff -r "$state/outbox/LI-FILE" "$lea/LI-FILE" >"$S/diff" || wrong "$(cat "$S/diff")"
[ -z "$(find "$lea" "$state/receipts" -name '*.tmp' -o -name '*.part')" ] || wrong "left: $(find "$lea" -name '.*')"
casetap status --config "$conf" >"$S/status" 2>&1
grep -q 'LI-FILE' "$S/status" || wrong "status: $(cat "$S/status")"
