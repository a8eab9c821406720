#!/usr/bin/env bash
# Frames that no textbook shows, in a file made here: each is stored or not as the order says, whole, and none stops capture.
. "$(dirname "$0")/lib.sh"

/usr/bin/python3 - "$work" <<'P'
import json, struct, sys
from ipaddress import ip_address as A
SUBJECT, OTHER, SIX = A("198.51.100.7").packed, A("203.0.113.9").packed, A("2001:db8:77::7").packed
PEER6, MAC = A("2001:db8:ff::9").packed, bytes.fromhex("02005e005307")
eth = lambda kind: bytes.fromhex("02005e00530102005e005302") + struct.pack(">H", kind)
def v4(proto, body, frag=0, ihl=5, total=None, src=SUBJECT, dst=OTHER, version=4):
    return struct.pack(">BBHHHBBH4s4s", version << 4 | ihl, 0, 20 + len(body) if total is None else total, 7, frag, 64, proto, 0, src, dst) + body
def v6(nxt, body, src=SIX, dst=PEER6):
    return struct.pack(">IHBB16s16s", 6 << 28, min(len(body), 65535), nxt, 64, src, dst) + body
udp = lambda n, port=53: struct.pack(">HHHH", 4000, port, min(8 + n, 65535), 0) + bytes(n)
chain = lambda n, last: b"".join(struct.pack(">BBI2s", 60 if i < n - 1 else last, 0, 0x01040000, b"\0\0") for i in range(n))
# NAME: fault, frame, wire length or None, stored under: "whole" (no filter), "dns" (filter port 53)
frames = []
def add(fault, name, frame, whole, dns, length=None):
    frames.append((fault, name, frame, length or len(frame), whole, dns))
for n in range(14):
    add(35, "a runt of %d bytes" % n, (MAC + bytes.fromhex("02005e005301") + b"\x08")[:n], 0, 0)
for n in range(14, 34):
    add(35, "an IPv4 header cut at %d" % (n - 14), (eth(0x800) + v4(17, udp(8)))[:n], n == 34, n == 34, 60)
add(36, "cut by a snaplen inside the payload", (eth(0x800) + v4(17, udp(1000)))[:100], 1, 1, 1042)
add(36, "cut by a snaplen behind the IP header", (eth(0x800) + v4(17, udp(1000)))[:34], 1, 0, 1042)
add(37, "a jumbo of 9000 bytes", eth(0x800) + v4(17, udp(8972)), 1, 1)
add(37, "64 KiB of receive offload, total length 0", eth(0x800) + v4(6, struct.pack(">HHIIBBHHH", 4000, 53, 1, 2, 0x50, 24, 512, 0, 0) + bytes(70000), total=0), 1, 1)
add(37, "an IPv6 jumbogram", eth(0x86dd) + struct.pack(">IHBB16s16s", 6 << 28, 0, 0, 64, SIX, PEER6) + struct.pack(">BBBBI", 17, 0, 0xc2, 4, 70016) + struct.pack(">HHHH", 4000, 53, 0, 0) + bytes(70000), 1, 1)
for ihl in range(5):
    add(38, "IHL %d" % ihl, eth(0x800) + v4(17, udp(8), ihl=ihl), 0, 0)
add(38, "IHL 15 in 28 bytes", eth(0x800) + v4(17, udp(0), ihl=15), 0, 0)
add(38, "version 5 under IPv4's type", eth(0x800) + v4(17, udp(8), version=5), 0, 0)
add(38, "total length below the header", eth(0x800) + v4(17, udp(8), total=10), 0, 0)
add(39, "a first fragment", eth(0x800) + v4(17, udp(1000), frag=0x2000), 1, 1)
add(39, "a second fragment, without ports", eth(0x800) + v4(17, bytes(500), frag=126), 1, 1)
add(39, "a fragment of the neighbour", eth(0x800) + v4(17, bytes(500), frag=126, src=A("198.51.100.8").packed), 0, 0)
add(40, "100 extension headers", eth(0x86dd) + v6(60, chain(100, 17) + udp(100)), 1, None)
add(40, "a chain that never ends", eth(0x86dd) + v6(60, chain(100, 60)), 1, None)
add(40, "an extension header longer than the frame", eth(0x86dd) + v6(60, b"\x11\xff" + bytes(6)), 1, None)
add(40, "a first IPv6 fragment", eth(0x86dd) + v6(44, struct.pack(">BBHI", 17, 0, 1, 9) + udp(1000)), 1, 1)
add(40, "a later IPv6 fragment", eth(0x86dd) + v6(44, struct.pack(">BBHI", 17, 0, 8 * 126, 9) + bytes(500)), 1, 1)
add(40, "a fragment inside 60 destination options", eth(0x86dd) + v6(60, chain(60, 44) + struct.pack(">BBHI", 17, 0, 8 * 126, 9) + bytes(50)), 1, None)
add(40, "the neighbour's 100 extension headers", eth(0x86dd) + v6(60, chain(100, 17) + udp(100), src=A("2001:db8:77::8").packed), 0, 0)
add(42, "a source address that anyone can forge, from another MAC", bytes.fromhex("02005e00530102005e0053ff") + b"\x08\x00" + v4(17, udp(8)), 1, 1)
add(42, "the subject as source and destination", eth(0x800) + v4(17, udp(8), dst=SUBJECT), 1, 1)
add(41, "VLAN tags to the end of the frame", eth(0x8100) + b"\x00\x07\x81\x00" * 40, 0, 0)
add(41, "MPLS labels without a bottom", eth(0x8847) + b"\x00\x01\x00\x40" * 40, 0, 0)
add(41, "PPPoE of length 0 around the subject", eth(0x8864) + struct.pack(">BBHHH", 0x11, 0, 7, 0, 0x21) + v4(17, udp(8)), None, None)
with open(sys.argv[1] + "/odd.pcap", "wb") as f:
    f.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i, (_, _, data, length, _, _) in enumerate(frames):
        f.write(struct.pack("<IIII", 1795132800 + i // 10, i % 10 * 1000, len(data), length) + data)
with open(sys.argv[1] + "/odd.json", "w") as f:
    json.dump([(fault, name, (1795132800 + i // 10) * 10**9 + i % 10 * 10**6, len(data), length, whole, dns)
               for i, (fault, name, data, length, whole, dns) in enumerate(frames)], f)
P
total=$(jq length "$work/odd.json")
installation isp
demo_order LI-WHOLE >/dev/null || fail "LI-WHOLE"
demo_order LI-DNS --filter "port 53" >/dev/null || fail "LI-DNS"
expect 0 "capture reads a file of $total odd frames" casetap-capture --config "$conf" -r "$work/odd.pcap"
same "and says nothing" "" "$(cat "$work/err")"

# judge CASE COLUMN: a line a frame that is told to be there or not: stored once, with all of its bytes, or not at all
judge() {
    "$here/frames.py" list "$state/spool/$1/tower-7/"*.pcap >"$work/stored"
    jq -r --argjson c "$2" '.[] | select(.[$c] != null) |
        [.[0], .[2], .[3], .[4], (.[$c] | if type == "boolean" then (if . then 1 else 0 end) else . end), .[1]] | @tsv' "$work/odd.json" |
        while IFS=$'\t' read -r fault time caplen length want name; do
            same "fault $fault: $1: $name" "$([ "$want" = 1 ] && echo "$caplen $length")" \
                "$(awk -v t="$time" '$1 == t { print $2, $3 }' "$work/stored")"
        done
}
judge LI-WHOLE 5 >"$work/results"
judge LI-DNS 6 >>"$work/results"
cat "$work/results"
! grep -q '^not ok' "$work/results" || status=1
same "what is stored is the frames, byte for byte" "" "$(comm -13 <("$here/frames.py" list "$work/odd.pcap" | sort) \
    <("$here/frames.py" list "$state"/spool/LI-*/tower-7/*.pcap | sort -u))"
journal=$state/journal/capture/tower-7.jsonl
same "every frame is accounted for in the journal" "$total" \
    "$(jq -s 'map(select(.event == "source")) | last | .detail.frames' "$journal")"
not_followed() { jq -c 'select(.event == "not-followed") | .detail.frames | [.runt, .cut, ."bad-ip", ."too-deep"]' "$journal" | tail -n 1; }
same "fault 41: what could not be followed is counted by kind in the journal" "[14,20,8,2]" "$(not_followed)"
for scope in headers headers-without-ports; do
    demo_order "LI-$scope" --scope "$scope" >/dev/null || fail "LI-$scope"
done
expect 0 "the same with header scopes" casetap-capture --config "$conf" -r "$work/odd.pcap"
for p in "$state"/spool/LI-*/tower-7/*.pcap; do
    tcpdump -nr "$p" >/dev/null 2>"$work/err" && tshark -r "$p" >/dev/null 2>&1 || fail "tcpdump and tshark read $p"
done
pass "tcpdump and tshark read every slice"
expect 0 "the packager seals them" casetap-packager --config "$conf"
casetap-verify --root "$work/isp/etc/root.pub" "$state/outbox" >"$work/report" 2>&1
same "and they are intact, gaps declared" 10 $?

# --- files that lie
fresh=0
bad() { # FAULT SENTENCE FILE STATUS
    fresh=$((fresh + 1))
    installation "bad$fresh" && demo_order "LI-BAD-$fresh" >/dev/null || fail "an installation is made"
    expect "$4" "fault $1: $2" casetap-capture --config "$conf" -r "$3"
    same "fault $1: one line names the file" "1 1" "$(wc -l <"$work/err") $(grep -c "${3##*/}" "$work/err")"
}
python() { /usr/bin/python3 -c "import struct, sys; d = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write($1)" "$top/examples/demo.pcap" "$work/$2"; }
python 'd[:24] + d[24:32] + b"\xff\xff\xff\xff" + d[36:]' caplen.pcap
bad 52 "a caplen of 0xFFFFFFFF" "$work/caplen.pcap" 65
python 'd[:24] + bytes(4096)' zeros.pcap
expect 0 "fault 49: frames of no bytes at the beginning of time are outside every window" casetap-capture --config "$conf" -r "$work/zeros.pcap"
python 'd + bytes(range(100))' tail.pcap
bad 50 "garbage behind the last frame" "$work/tail.pcap" 65
python 'b"\xa1\xb2\xcd\x34" + d[4:]' modified.pcap
bad 51 "a format that is not followed" "$work/modified.pcap" 65

# A file with one frame of the subject, and one of the neighbour from a clock that runs years ahead.
/usr/bin/python3 - "$work" <<'P'
import struct, sys
from ipaddress import ip_address as A
def frame(time, src):
    data = bytes.fromhex("02005e00530102005e005302") + b"\x08\x00" + struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28, 7, 0, 64, 17, 0, A(src).packed,
        A("203.0.113.9").packed) + struct.pack(">HHHH", 4000, 53, 8, 0)
    return struct.pack("<IIII", time, 0, len(data), len(data)) + data
with open(sys.argv[1] + "/wild.pcap", "wb") as f:
    f.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    f.write(frame(1795132800, "198.51.100.7") + frame(1895132800, "198.51.100.8"))
P
installation wild
demo_order LI-WILD >/dev/null || fail "LI-WILD"
expect 0 "capture reads a file with a stamp years ahead" casetap-capture --config "$conf" -r "$work/wild.pcap"
same "a stamp outside the window claims no silence: one slice, up to the last frame within" "2026-11-20T00:00:00.000000001Z" \
    "$(jq -r .window.to "$state"/spool/LI-WILD/tower-7/*[0-9].json | tr -d '\n')"
