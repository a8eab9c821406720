#!/usr/bin/env bash
# A canary in the payload of TCP (with options), UDP, ICMP, IPv6 with extension headers, and fragments never reaches the
# disk under a headers scope; with headers-without-ports neither do the ports.
. "$(dirname "$0")/lib.sh"

frames=$(
    /usr/bin/python3 - "$work/canary.pcap" <<'P'
import struct, sys
from ipaddress import IPv4Address as A4, IPv6Address as A6
CANARY = b"CANARY-CONTENT-CANARY-CONTENT-CANARY-CONTENT-"
PORT = 0xBEEF
eth = bytes.fromhex("02005e00530702005e005301")
def v4(proto, body, frag=0, opts=b""):
    return b"\x08\x00" + struct.pack(">BBHHHBBH4s4s", 0x45 + len(opts) // 4, 0, 20 + len(opts) + len(body), 7, frag, 64, proto, 0,
        A4("198.51.100.7").packed, A4("203.0.113.9").packed) + opts + body
def v6(nxt, body):
    return b"\x86\xdd" + struct.pack(">IHBB16s16s", 6 << 28, len(body), nxt, 64, A6("2001:db8:77::7").packed, A6("2001:db8:ff::9").packed) + body
udp = struct.pack(">HHHH", PORT, PORT, 8 + len(CANARY), 0) + CANARY
# What looks like VXLAN, but the subject's own: all behind its UDP header is payload, the frame inside too.
vxlan = struct.pack(">II", 0x08000000, 0x100) + eth + v4(17, udp) + CANARY
vxlan = struct.pack(">HHHH", PORT, 4789, 8 + len(vxlan), 0) + vxlan
tcp = struct.pack(">HHIIBBHHH", PORT, PORT, 1, 2, 0xA0, 24, 512, 0, 0) + bytes(20) + CANARY
icmp = struct.pack(">BBHHH", 8, 0, 0, 1, 1) + CANARY
icmp_error = struct.pack(">BBHI", 3, 1, 0, 0) + v4(17, udp)[2:]
hbh = struct.pack(">BBI2s", 60, 0, 0x01040000, b"\0\0") + struct.pack(">BBI2s", 17, 0, 0x01040000, b"\0\0")
bodies = [v4(17, vxlan), v6(17, vxlan), v4(6, tcp), v4(17, udp), v4(1, icmp), v4(1, icmp_error), v4(132, struct.pack(">HHII", PORT, PORT, 0, 0) + CANARY),
    v4(47, b"\0\0\x08\0" + v4(17, udp)[2:]), v4(17, udp, opts=b"\x94\x04\0\0"), v4(17, CANARY, frag=0x2000 | 50), v4(17, CANARY, frag=99),
    v4(6, tcp[:12] + b"\x10" + tcp[13:]), v4(253, CANARY),
    v6(6, tcp), v6(17, udp), v6(58, b"\x80\0\0\0\0\0\0\0" + CANARY), v6(0, hbh + udp),
    v6(44, struct.pack(">BBHI", 17, 0, 8 * 50, 9) + CANARY), v6(44, struct.pack(">BBHI", 17, 0, 1, 9) + udp), v6(59, CANARY)]
tags = [b"", b"\x81\x00\x00\xcf", b"\x88\xa8\x00\x64\x81\x00\x00\xcf"]
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    t = 1795132800
    for tag in tags:
        for b in bodies:
            frame = eth + tag + b
            f.write(struct.pack("<IIII", t, 0, len(frame), len(frame)) + frame)
            t += 1
print(len(bodies) * len(tags))
P
)
port=$(printf '\xbe\xef')

for scope in content headers headers-without-ports; do
    installation "$scope" || fail "installation for $scope"
    demo_order "LI-$scope" --scope "$scope" >/dev/null || fail "order for $scope"
    expect 0 "$scope: capture runs over the file" casetap-capture --config "$conf" -r "$work/canary.pcap"
    n=$(cat "$state"/spool/LI-*/tower-7/*.pcap 2>/dev/null | wc -c)
    stored=$("$here/frames.py" list "$state"/spool/LI-*/tower-7/*.pcap | wc -l)
    same "$scope: every frame is stored" "$frames" "$stored"
    found=$(grep -rla CANARY "$work/$scope" 2>/dev/null | wc -l)
    ports=$(LC_ALL=C grep -rlaP '\xbe\xef' "$state/spool" 2>/dev/null | wc -l)
    case $scope in
    content) check "content: the canary is stored, so the test can find it" [ "$found" -gt 0 ] ;;
    *) same "$scope: the canary is nowhere on disk" 0 "$found" ;;
    esac
    case $scope in
    headers-without-ports) same "$scope: neither are the ports" 0 "$ports" ;;
    headers) check "headers: the ports are stored" [ "$ports" -gt 0 ] ;;
    esac
    for p in "$state"/spool/LI-*/tower-7/*.pcap; do
        tshark -r "$p" >/dev/null 2>&1 || fail "$scope: tshark reads $p"
    done
done
