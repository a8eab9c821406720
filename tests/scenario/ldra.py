#!/usr/bin/env python3
"""ldra.py DOWN UP INTERFACE-ID REMOTE-ID: a lightweight DHCPv6 relay (RFC 6221), synthetic.

A client of interface DOWN is heard at ff02::1:2; what it says goes out of UP from the client's own address, as from an access
node, around it a Relay-forward without a link-address, with an Interface-Id and a Remote-Id (RFC 4649; both in hex), and the
answer's inside goes back to it.  The address stands on UP, for the kernel to answer Neighbor Discovery; a real one would
bridge.  One client, until it is killed."""
import select
import socket
import struct
import subprocess
import sys

RELAY_FORWARD, RELAY_REPLY, MESSAGE, INTERFACE_ID, REMOTE_ID = 12, 13, 9, 18, 37
GROUP = socket.inet_pton(socket.AF_INET6, "ff02::1:2")


def listen(name, address):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, name.encode())
    s.bind((address, 547, 0, socket.if_nametoindex(name)))
    return s


def option(code, value):
    return struct.pack(">HH", code, len(value)) + value


def inside(message):
    """What stands in a Relay-reply, or None."""
    at = 34
    while message[:1] == bytes([RELAY_REPLY]) and at + 4 <= len(message):
        code, n = struct.unpack_from(">HH", message, at)
        if code == MESSAGE:
            return message[at + 4:at + 4 + n]
        at += 4 + n
    return None


def main():
    down_name, up_name, port, remote = sys.argv[1], sys.argv[2], bytes.fromhex(sys.argv[3]), bytes.fromhex(sys.argv[4])
    down, up, client = listen(down_name, "::"), None, None
    index = socket.if_nametoindex(down_name)
    down.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, GROUP + struct.pack("@I", index))
    print("Listening", flush=True)
    while True:
        for s in select.select([down] + ([up] if up else []), [], [])[0]:
            data, sender = s.recvfrom(65536)
            if s is up:
                if inside(data) is not None:
                    down.sendto(inside(data), (client, 546, 0, index))
                continue
            if client != sender[0].split("%")[0]:
                client = sender[0].split("%")[0]
                subprocess.run(["ip", "-6", "addr", "add", client + "/128", "dev", up_name, "nodad"], check=True)
                up = listen(up_name, client)
            head = bytes([RELAY_FORWARD, 0]) + bytes(16) + socket.inet_pton(socket.AF_INET6, client)
            up.sendto(head + option(INTERFACE_ID, port) + option(REMOTE_ID, remote) + option(MESSAGE, data),
                      ("ff02::1:2", 547, 0, socket.if_nametoindex(up_name)))


main()
