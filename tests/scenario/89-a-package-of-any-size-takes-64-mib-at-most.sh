#!/usr/bin/env bash
# A package of BYTES (default 160 MiB; a GiB in `./bootstrap soak`) is sealed and verified, plain and encrypted, by processes
# that may have no more than 64 MiB of data.
. "$(dirname "$0")/lib.sh"
bytes=${BYTES:-167772160} limit=67108864
if ! command -v prlimit >/dev/null || ! prlimit --data=$limit true; then
    skip "a package of any size takes 64 MiB at most" "needs prlimit"
    exit
fi
from=2026-11-20T00:00:00Z to=2026-11-20T00:05:00Z
subject=(--subject 198.51.100.7)
installation isp >/dev/null || fail "an installation is made"
sed -i 's/^slice_seconds = .*/slice_seconds = 300/; s/^slice_bytes = .*/slice_bytes = 8G/' "$conf"
/usr/bin/python3 - "$work/large.pcap" "$bytes" <<'EOF'
import struct, sys
size, count = 60000, int(sys.argv[2]) // 60000
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, size - 14, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]), bytes([203, 0, 113, 9]))
frame = (b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip).ljust(size, b"\0")
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(count):
        f.write(struct.pack("<IIII", 1795132800 + i * 299 // count, 0, size, size) + frame)
EOF
small() { prlimit --data=$limit "$@"; }
demo_order LI-1 >/dev/null || fail "order"
expect 0 "it is captured" casetap-capture --config "$conf" -r "$work/large.pcap"
expect 0 "it is sealed, in 64 MiB" small casetap-packager --config "$conf"
tar=$(find "$state/outbox/LI-1" -name '*_0000000001.tar')
check "as one package of that size" [ "$(stat -c %s "$tar")" -gt $((bytes * 99 / 100)) ]
expect 10 "it is verified, in 64 MiB" small casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox/LI-1"
printf x | dd of="$tar" bs=1 seek=$((bytes / 2)) conv=notrunc status=none
expect 12 "a changed byte in its middle is found, in 64 MiB" small casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox/LI-1"
rm -rf "$state/outbox/LI-1" "$tar"
if ! command -v age-keygen >/dev/null; then
    skip "an encrypted one takes no more" "needs age"
    exit
fi
age-keygen -o "$work/lea.key" 2>/dev/null
sed -i "/^encrypt_to/d; /^\[destination county-sheriff\]/a encrypt_to = $(age-keygen -y "$work/lea.key")" "$conf"
demo_order LI-2 >/dev/null || fail "order"
expect 0 "a case is captured that is to be encrypted" casetap-capture --config "$conf" -r "$work/large.pcap"
expect 0 "it is sealed, in 64 MiB" small casetap-packager --config "$conf"
expect 10 "it is opened and verified, in 64 MiB" small casetap-verify --root "$work/isp/etc/root.pub" --identity "$work/lea.key" "$state/outbox/LI-2"
