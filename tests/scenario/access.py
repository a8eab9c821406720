#!/usr/bin/env python3
"""access.py TUN IFACE OWN_MAC PEER_MAC vlan|qinq|pppoe|mpls TAG: one end of an access line.

What the kernel routes into the TUN interface leaves IFACE under the encapsulation, and back.  Kernels in test machines have
neither 802.1Q nor PPP interfaces; so real programs talk over a TUN interface, and the frames on the wire are what a switch
or an access concentrator would make of them.
"""
import fcntl
import select
import socket
import struct
import sys

tun_name, iface, own, peer, kind, tag = sys.argv[1:7]
own, peer = (bytes(int(x, 16) for x in m.split(":")) for m in (own, peer))
tag = int(tag)

tun = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH", tun_name.encode(), 0x1001))  # TUNSETIFF, IFF_TUN | IFF_NO_PI
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.setsockopt(263, 8, 1)  # SOL_PACKET, PACKET_AUXDATA: the kernel takes the outer tag off
wire.bind((iface, 0))
print("ready", flush=True)


def encapsulate(packet):
    six = packet[0] >> 4 == 6
    kind_of_ip = 0x86DD if six else 0x0800
    if kind == "vlan":
        middle = struct.pack(">HHH", 0x8100, tag, kind_of_ip)
    elif kind == "qinq":
        middle = struct.pack(">HHHHH", 0x88A8, 100, 0x8100, tag, kind_of_ip)
    elif kind == "mpls":
        middle = struct.pack(">HI", 0x8847, tag << 12 | 0x140)
    else:
        middle = struct.pack(">HBBHHH", 0x8864, 0x11, 0, tag, len(packet) + 2, 0x57 if six else 0x21)
    return peer + own + middle + packet


def decapsulate(frame, outer):
    """The IP packet, or None where the frame is not of this line."""
    if frame[:6] != own or frame[6:12] != peer:
        return None
    body = (struct.pack(">HH", *outer) if outer else b"") + frame[12:]
    start = encapsulate(b"\x45")[12:]
    n = {"vlan": 6, "qinq": 10, "mpls": 6, "pppoe": 10}[kind]
    if kind == "pppoe":
        if body[:6] != start[:6]:
            return None
        length = struct.unpack_from(">H", body, 6)[0]
        return body[n:n + length - 2]
    keep = n if kind == "mpls" else n - 2
    return body[n:] if body[:keep] == start[:keep] else None


while True:
    for ready in select.select([tun, wire], [], [])[0]:
        if ready is tun:
            wire.send(encapsulate(tun.read(65535)))
            continue
        frame, ancillary, _, address = wire.recvmsg(65535, 256)
        if address[2] == 4:  # PACKET_OUTGOING
            continue
        outer = None
        for level, what, data in ancillary:
            if level == 263 and what == 8:
                status, _, _, _, _, tci, tpid = struct.unpack("IIIHHHH", data[:20])
                if status & 0x10:  # TP_STATUS_VLAN_VALID
                    outer = (tpid if status & 0x40 else 0x8100, tci)
        packet = decapsulate(frame, outer)
        if packet:
            length = struct.unpack_from(">H", packet, 2)[0] if packet[0] >> 4 == 4 else 40 + struct.unpack_from(">H", packet, 4)[0]
            try:
                tun.write(packet[:length])
            except OSError:
                pass  # the interface is still down
