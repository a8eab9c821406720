#!/usr/bin/env bash
# Where outbox and destination lie on one XFS, a delivered file shares its blocks with ours (FICLONE); it is read back and
# gets its receipt all the same, and changing one changes nothing of the other.
. "$(dirname "$0")/lib.sh"
sentence="a delivered file shares its blocks with ours where the filesystem can"
is_root || { skip "$sentence" "needs root"; exit; }
for p in mkfs.xfs filefrag; do
    command -v $p >/dev/null || { skip "$sentence" "$p is not installed"; exit; }
done
truncate -s 320M "$work/disk"
mkdir "$work/isp"
{ mkfs.xfs -q -m reflink=1 "$work/disk" && mount -o loop "$work/disk" "$work/isp"; } 2>"$work/err" ||
    { skip "$sentence" "no XFS can be mounted here: $(tail -n 1 "$work/err" | tr '#' ' ')"; exit; }
extra_cleanup() { umount "$work/isp"; }
installation isp || { fail "installation"; exit; }
demo_order LI-C >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>"$work/err" && casetap-packager --config "$conf" 2>"$work/err" ||
    { fail "sealing: $(cat "$work/err")"; exit; }
expect 0 "everything is delivered" casetap-uploader --config "$conf"
one=$(cd "$state/outbox" && find LI-C -name '*.tar' | sort | tail -n 1)
check "as it was sealed" cmp "$state/outbox/$one" "$lea/$one"
check "$sentence" eval "filefrag -v '$lea/$one' | grep -q shared"
check "and has its receipt" grep -q "$(sha256sum <"$lea/$one" | cut -c1-64)" "$state/receipts/${one%/*/*}/${one##*/}.county-sheriff.receipt"
chmod u+w "$lea/$one" && before=$(sha256sum <"$state/outbox/$one") && printf X | dd of="$lea/$one" bs=1 seek=600 conv=notrunc status=none
same "who changes it there changes nothing of ours" "$before" "$(sha256sum <"$state/outbox/$one")"
expect 76 "and an audit finds it" casetap-uploader --config "$conf" --audit bytes
