#!/usr/bin/env python3
"""sessions.py FROM OUT.pcap: what is seen of a RADIUS client, its server and three customers from FROM (seconds since 1970) on.

SUBJECT in a payload is alice's, LINE that of whoever calls from 02-00-5E-00-53-09, CANARY a stranger's; so is every name
of a stranger's.  What is stamped UNKNOWN a subject sends while it is not known to have the address.
"""
import ipaddress
import socket
import struct
import sys

SERVER, NAS, LIAR, FAR, FAR6 = "192.0.2.9", "192.0.2.1", "198.51.100.99", "203.0.113.9", "2001:db8:ffff::9"
REQUEST, ACCEPT, REJECT, ACCOUNT, RESPONSE = 1, 2, 3, 4, 5
START, STOP, INTERIM, ON = 1, 2, 3, 7
MACS = bytes.fromhex("020000000001" "020000000002")
count = 0


def packet(src, dst, sport, dport, payload):
    udp = struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload
    a, b = ipaddress.ip_address(src).packed, ipaddress.ip_address(dst).packed
    if len(a) == 16:
        return MACS + b"\x86\xdd" + struct.pack(">IHBB", 6 << 28, len(udp), 17, 64) + a + b + udp
    return MACS + b"\x08\x00" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + a + b + udp


def attribute(kind, value):
    if isinstance(value, int):
        value = struct.pack(">I", value)
    elif "/" in value:
        network = ipaddress.ip_network(value)
        value = bytes([0, network.prefixlen]) + network.network_address.packed
    elif kind in (4, 8):
        value = socket.inet_aton(value)
    else:
        value = value.encode()
    return bytes([kind, 2 + len(value)]) + value


def message(code, number, attributes):
    body = b"".join(attribute(*a) for a in attributes)
    return struct.pack(">BBH", code, number, 20 + len(body)) + bytes([number]) * 16 + body


def asks(number, *attributes):
    return packet(NAS, SERVER, 40000, 1812, message(REQUEST, number, ((4, NAS),) + attributes))


def answers(code, number, *attributes):
    return packet(SERVER, NAS, 1812, 40000, message(code, number, attributes))


def accounts(status, session, *attributes, source=NAS):
    global count
    count += 1
    return packet(source, SERVER, 40001, 1813,
                  message(ACCOUNT, count, ((40, status), (4, NAS), (44, session)) + attributes))


def notes(number):
    return packet(SERVER, NAS, 1813, 40001, message(RESPONSE, number, ()))


def says(address, what):
    return packet(address, FAR6 if ":" in address else FAR, 40000, 9, what.encode())


A, B, C = "198.51.100.50", "198.51.100.51", "198.51.100.52"
A6, B6 = "2001:db8:200:1::7", "2001:db8:201:1::7"
ALICE, BOB, EVE = (1, "alice@example"), (1, "CANARY-bob"), (1, "CANARY-eve")
LINE, OTHER = (31, "02-00-5E-00-53-09"), (31, "02-00-5E-00-53-0A")
frames = [
    (0, says(A, "CANARY before")),
    (1, asks(1, BOB, OTHER)),
    (2, answers(ACCEPT, 1, (8, B))),
    (3, asks(2, ALICE, OTHER)),
    (4, answers(REJECT, 2)),
    (5, says(A, "CANARY still")),
    (6, asks(3, ALICE, OTHER)),
    (7, answers(ACCEPT, 3, (8, A), (27, 86400))),
    (8, says(A, "SUBJECT 1")),
    (9, accounts(START, "s1", ALICE, (8, A), (123, "2001:db8:200::/56"))),  # 1
    (9, notes(1)),
    (10, says(A6, "SUBJECT 2")),
    (11, says(B6, "CANARY of the next network")),
    (12, says(B, "CANARY with his own")),
    (20, accounts(START, "s9", BOB, (8, A), source=LIAR)),  # no client of the operator's
    (21, says(A, "SUBJECT 3")),
    (300, accounts(INTERIM, "s1", ALICE, (8, A))),  # 3
    (301, accounts(STOP, "s1", ALICE, (8, A), (49, 1))),  # 4
    (302, says(A, "UNKNOWN")),
    (303, accounts(INTERIM, "s1", ALICE, (8, A))),  # 5, late
    (304, says(A, "CANARY who may have it by now")),
    (310, accounts(START, "s2", EVE, LINE, (8, A))),  # 6
    (311, says(A, "LINE 1")),
    (320, accounts(START, "s3", BOB, OTHER, (8, A))),  # 7: to whom it was given as well
    (321, says(A, "CANARY with the line's address")),
    (330, accounts(INTERIM, "s2", EVE, LINE, (8, A))),  # 8: and is disputed
    (331, says(A, "CANARY with it still")),
    (400, accounts(START, "s4", ALICE, (8, C))),  # 9
    (401, says(C, "SUBJECT 4")),
    (500, accounts(ON, "0")),  # 10: the client begins anew
    (501, says(C, "CANARY with alice's")),
    (510, accounts(START, "s1", ALICE, (8, B))),  # 11
    (511, says(B, "SUBJECT 5")),
    (1109, says(B, "SUBJECT 6")),
    (1110, says(B, "UNKNOWN: nothing was heard of it for ten minutes")),
    (1120, says(B, "CANARY after")),
]


def main():
    start = int(sys.argv[1])
    with open(sys.argv[2], "wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        for time, data in frames:
            f.write(struct.pack("<IIII", start + time, 0, len(data), len(data)) + data)


main()
