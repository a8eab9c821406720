#!/usr/bin/env python3
"""mkdemo.py OUT.pcap [LIST]: the capture that `./bootstrap demo` runs over, the same bytes at every run.

A mirror port of a small access network on the night of 2026-11-19, from 23:50 to 00:12 UTC.  The subject of the demo's
order (198.51.100.7, 2001:db8:77::7) is one subscriber among nine: plain, under one and two VLAN tags, MPLS and PPPoE, over
IPv4 and IPv6, with fragments and extension headers; the others do the same things, and two of them carry the subject's
address inside tunnels of their own, which makes them no subject.  LIST gets the numbers (from 1) of the subject's frames:
known because they were made, not because anything parsed them.
"""
import random
import struct
import sys
from ipaddress import IPv4Address, IPv6Address

START = 1795132200  # 2026-11-19T23:50:00Z
MINUTES = 22
SUBJECT4, SUBJECT6 = "198.51.100.7", "2001:db8:77::7"
SUBJECT_MAC, ROUTER_MAC = "02:00:5e:00:53:07", "02:00:5e:00:53:01"
rng = random.Random(20261119)


def mac(text):
    return bytes(int(x, 16) for x in text.split(":"))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def v4(src, dst, proto, payload, ident=0, flags_offset=0x4000, options=b""):
    ihl = 5 + len(options) // 4
    head = struct.pack(">BBHHHBBH4s4s", 0x40 | ihl, 0, ihl * 4 + len(payload), ident, flags_offset, 64, proto, 0,
                       IPv4Address(src).packed, IPv4Address(dst).packed) + options
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + payload


def v6(src, dst, proto, payload):
    return struct.pack(">IHBB16s16s", 6 << 28, len(payload), proto, 64, IPv6Address(src).packed,
                       IPv6Address(dst).packed) + payload


def pseudo(src, dst, proto, length):
    if ":" in src:
        return IPv6Address(src).packed + IPv6Address(dst).packed + struct.pack(">IHBB", length, 0, 0, proto)
    return IPv4Address(src).packed + IPv4Address(dst).packed + struct.pack(">BBH", 0, proto, length)


def udp(src, dst, sport, dport, payload):
    length = 8 + len(payload)
    head = struct.pack(">HHHH", sport, dport, length, 0)
    return struct.pack(">HHHH", sport, dport, length, checksum(pseudo(src, dst, 17, length) + head + payload)) + payload


def tcp(src, dst, sport, dport, seq, ack, flags, payload=b""):
    options = bytes.fromhex("0101080a") + struct.pack(">II", seq & 0xFFFF, ack & 0xFFFF)
    head = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, (5 + len(options) // 4) << 4, flags, 64240, 0, 0) + options
    c = checksum(pseudo(src, dst, 6, len(head) + len(payload)) + head + payload)
    return head[:16] + struct.pack(">H", c) + head[18:] + payload


def echo(src, dst, number, payload):
    if ":" in src:
        body = struct.pack(">BBHHH", 128, 0, 0, 7, number) + payload
        return body[:2] + struct.pack(">H", checksum(pseudo(src, dst, 58, len(body)) + body)) + body[4:]
    body = struct.pack(">BBHHH", 8, 0, 0, 7, number) + payload
    return body[:2] + struct.pack(">H", checksum(body)) + body[4:]


def ip(src, dst, proto, payload, **more):
    return v6(src, dst, proto, payload) if ":" in src else v4(src, dst, proto, payload, **more)


def ethertype(packet):
    return 0x86DD if packet[0] >> 4 == 6 else 0x0800


class Access:
    """How one subscriber's frames look on the mirror port."""

    def __init__(self, kind, own_mac, tag):
        self.kind, self.mac, self.tag = kind, own_mac, tag

    def frame(self, packet, down):
        macs = mac(self.mac) + mac(ROUTER_MAC) if down else mac(ROUTER_MAC) + mac(self.mac)
        kind = ethertype(packet)
        if self.kind == "plain":
            return macs + struct.pack(">H", kind) + packet
        if self.kind == "vlan":
            return macs + struct.pack(">HHH", 0x8100, self.tag, kind) + packet
        if self.kind == "qinq":
            return macs + struct.pack(">HHHHH", 0x88A8, 100, 0x8100, self.tag, kind) + packet
        if self.kind == "mpls":
            return macs + struct.pack(">HI", 0x8847, (16000 + self.tag) << 12 | 0x140) + packet
        ppp = struct.pack(">BBHHH", 0x11, 0, self.tag, len(packet) + 2, 0x57 if kind == 0x86DD else 0x21)
        return macs + struct.pack(">HHH", 0x8100, 35, 0x8864) + ppp + packet


def words(n):
    return bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz ") for _ in range(n))


class Mirror:
    def __init__(self):
        self.frames = []

    def add(self, when, frame, subject):
        if len(frame) < 60:
            frame += bytes(60 - len(frame))
        self.frames.append((when, frame, subject))

    def exchange(self, when, access, a, b, subject):
        """One small conversation of subscriber a with server b."""
        kind = rng.choice(["web", "dns", "ping", "stream", "ssh", "big"])
        port = rng.randrange(32768, 61000)
        up = lambda t, proto, data, **m: self.add(t, access.frame(ip(a, b, proto, data, **m), False), subject)
        down = lambda t, proto, data, **m: self.add(t, access.frame(ip(b, a, proto, data, **m), True), subject)
        if kind == "dns":
            name = b"\x03www\x07example\x03org\0"
            query = struct.pack(">HHHHHH", rng.randrange(65536), 0x100, 1, 0, 0, 0) + name + b"\0\1\0\1"
            up(when, 17, udp(a, b, port, 53, query))
            down(when + 0.011, 17, udp(b, a, 53, port, query[:2] + b"\x81\x80" + query[4:]))
        elif kind == "ping":
            for i in range(3):
                up(when + i, 58 if ":" in a else 1, echo(a, b, i, words(56)))
        elif kind == "stream":
            for i in range(6):
                down(when + i * 0.02, 17, udp(b, a, 5004, port, words(rng.randrange(160, 1100))))
        elif kind == "big" and ":" not in a:
            whole, ident = udp(a, b, port, 4500, words(2600)), rng.randrange(65536)
            for offset in range(0, len(whole), 1400):
                more = 0x2000 if offset + 1400 < len(whole) else 0
                up(when + offset / 1e6, 17, whole[offset:offset + 1400], ident=ident, flags_offset=more | offset // 8)
        elif kind == "big":
            whole, ident = udp(a, b, port, 4500, words(2600)), rng.randrange(1 << 32)
            for offset in range(0, len(whole), 1200):
                more = 1 if offset + 1200 < len(whole) else 0
                piece = struct.pack(">BBHI", 17, 0, offset | more, ident) + whole[offset:offset + 1200]
                hops = struct.pack(">BBI", 44, 0, 0x01040000)
                up(when + offset / 1e6, 0, hops + b"\0\0" + piece)
        else:
            dport = 22 if kind == "ssh" else 443
            s, r, t = rng.randrange(1 << 31), rng.randrange(1 << 31), when
            up(t, 6, tcp(a, b, port, dport, s, 0, 2))
            down(t + 0.02, 6, tcp(b, a, dport, port, r, s + 1, 18))
            up(t + 0.021, 6, tcp(a, b, port, dport, s + 1, r + 1, 16))
            request = words(rng.randrange(60, 400))
            up(t + 0.022, 6, tcp(a, b, port, dport, s + 1, r + 1, 24, request))
            n = r + 1
            for i in range(rng.randrange(1, 5)):
                body = words(rng.randrange(200, 1380))
                down(t + 0.05 + i * 0.001, 6, tcp(b, a, dport, port, n, s + 1 + len(request), 24, body))
                n += len(body)
            up(t + 0.08, 6, tcp(a, b, port, dport, s + 1 + len(request), n, 17))

    def strangers_tunnel(self, when, access, outer):
        """A stranger's own tunnel whose inside happens to use the subject's address: not the subject's traffic."""
        inner = v4(SUBJECT4, "203.0.113.80", 17, udp(SUBJECT4, "203.0.113.80", 1000, 2000, words(40)))
        self.add(when, access.frame(v4(outer, "203.0.113.99", 47, struct.pack(">HH", 0, 0x0800) + inner), False), False)
        self.add(when + 0.1, access.frame(v4(outer, "203.0.113.99", 4, inner), False), False)

    def strangers_error(self, when, access, outer):
        """An ICMP error to a stranger that quotes a packet of the subject: nor is that."""
        quoted = v4(SUBJECT4, outer, 17, udp(SUBJECT4, outer, 1000, 2000, b""))
        body = struct.pack(">BBHI", 3, 3, 0, 0) + quoted
        body = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
        self.add(when, access.frame(v4("203.0.113.7", outer, 1, body), True), False)


def main():
    mirror = Mirror()
    subject = [Access("plain", SUBJECT_MAC, 0), Access("vlan", SUBJECT_MAC, 207), Access("qinq", SUBJECT_MAC, 207),
               Access("pppoe", SUBJECT_MAC, 77), Access("mpls", SUBJECT_MAC, 7)]
    others = [(Access(kind, "02:00:5e:00:53:%02x" % n, 200 + n), "198.51.100.%d" % n, "2001:db8:77::%x" % n)
              for n, kind in zip(range(8, 16), ["plain", "vlan", "qinq", "pppoe", "mpls", "pppoe", "vlan", "plain"])]
    servers4, servers6 = ["203.0.113.%d" % n for n in range(20, 30)], ["2001:db8:ff::%x" % n for n in range(20, 30)]
    for minute in range(MINUTES):
        base = START + minute * 60
        if minute not in (9, 10, 11, 12, 13):  # the subject is silent around midnight: silence is evidence too
            for _ in range(4):
                six = rng.random() < 0.4
                mirror.exchange(base + rng.uniform(1, 55), rng.choice(subject), SUBJECT6 if six else SUBJECT4,
                                rng.choice(servers6 if six else servers4), True)
        for access, four, six in others:
            for _ in range(2):
                is6 = rng.random() < 0.4
                mirror.exchange(base + rng.uniform(1, 55), access, six if is6 else four,
                                rng.choice(servers6 if is6 else servers4), False)
        if minute % 4 == 0:
            mirror.strangers_tunnel(base + 30, others[0][0], others[0][1])
            mirror.strangers_error(base + 31, others[1][0], others[1][1])
    mirror.frames.sort(key=lambda f: f[0])
    with open(sys.argv[1], "wb") as out:
        out.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for when, frame, _ in mirror.frames:
            micro = int(round(when * 1e6))
            out.write(struct.pack("<IIII", micro // 1000000, micro % 1000000, len(frame), len(frame)) + frame)
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w") as out:
            out.writelines("%d\n" % n for n, f in enumerate(mirror.frames, 1) if f[2])


main()
