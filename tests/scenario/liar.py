#!/usr/bin/env python3
"""A WebDAV server over TLS that misbehaves as the first component of the path says.

liar.py PORT DIR LOG CERT KEY [OPTION...]     options: tls1, client=CA, mute (accept, then say nothing)

ok short flip lost 401 403 400 507 busy-N redirect flood-headers flood-body garbage early no100 silent reset-N no-move move-409
states-KIND broken-N breaks-N noranges-N ignorant-N sick-N (a PUT breaks after N bytes, which are kept)
poison (packages 2 to 4 of LI-A are cut off) sneaks (somebody else's file gets the name before MOVE) published-lost longer status-N faulty (anything, now and then) meet-N (a body is kept until N have come at once) slow (0.3 s a file) listing-KIND
(what PROPFIND tells: true odd empty huge endless).  LOG gets one line a request, "METHOD PATH BODY-BYTES".
"""
import base64
import hashlib
import http.server
import os
import random
import select
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time

port, root, log, cert, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], sys.argv[5]
options = sys.argv[6:]
os.makedirs(root, exist_ok=True)


meeting, here, have_met = threading.Condition(), [], set()
stated = {}  # the hash of what was sent, by file


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def note(self, n):
        with open(log, "a") as f:
            f.write(f"{self.command} {self.path} {n}\n")

    def handle_expect_100(self):
        return True if self.kind() == "no100" else super().handle_expect_100()

    def kind(self):
        return self.path.split("/")[1]

    def where(self, path=None):
        return os.path.join(root, (path or self.path).replace("/", "_"))

    def answer(self, code, headers=(), body=b""):
        self.send_response(code)
        for k, v in headers:
            self.send_header(k, v)
        if code not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def is_sorry(self):
        """The methods that fail for a file, for now, stand in FILE.sorry beside it."""
        try:
            with open(self.where().removesuffix(".part") + ".sorry") as f:
                return self.command in f.read().split()
        except FileNotFoundError:
            return False

    def misbehaves(self):
        k = self.kind()
        if self.is_sorry():
            self.close_connection = True
            self.answer(503, [("Connection", "close")])
        elif k in ("401", "403", "400", "507"):
            self.close_connection = True
            self.answer(int(k), [("Connection", "close")], b"no")
        elif k.startswith("status-"):
            self.close_connection = True
            self.answer(int(k[7:]), [("Connection", "close")], b"no")
        elif k.startswith("busy-"):
            self.close_connection = True
            wish = {"date": "Sat, 01 Jan 2050 00:00:00 GMT", "past": "Sat, 01 Jan 2000 00:00:00 GMT"}.get(k[5:], k[5:])
            self.answer(503, [("Retry-After", wish.replace("minus", "-")), ("Connection", "close")])
        elif k == "redirect":
            self.close_connection = True
            self.answer(302, [("Location", f"https://localhost:{port}/ok/stolen"), ("Connection", "close")])
        elif k == "flood-headers":
            try:
                self.wfile.write(b"HTTP/1.1 404 Not Found\r\n")
                while True:
                    self.wfile.write(b"X-More: " + b"x" * 1000 + b"\r\n")
            except OSError:
                pass
            self.close_connection = True
        elif k == "garbage" and self.command == "GET":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz-not-a-length\r\n")
            self.close_connection = True
        elif k == "silent":
            time.sleep(60)
        else:
            return False
        return True

    def hang_up(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())
        self.close_connection = True

    def is_gone(self):
        """Has whoever asked hung up?  What he wanted must then not be done late, in the middle of the next run."""
        p = select.poll()
        p.register(self.connection, select.POLLRDHUP)
        return self.kind() == "faulty" and bool(p.poll(0))

    def fault(self, *kinds):
        """Now and then one of these, noted in DIR/faults."""
        kind = random.choice(kinds) if self.kind() == "faulty" and random.random() < 0.12 else None
        if kind:
            with open(os.path.join(root, "faults"), "a") as f:
                f.write(f"{kind} {self.command} {self.path}\n")
        return kind

    def do_PUT(self):
        fault = self.fault("cut", "busy", "short", "flip", "lost", "mute")
        n, k = int(self.headers.get("Content-Length", 0)), self.kind()
        if k in ("early",):
            self.note(-1)
            self.answer(201)
            self.close_connection = True
            return
        if self.misbehaves():
            return
        if self.has_range() and k.startswith("noranges-"):
            self.close_connection = True
            self.rfile.read(n)  # or the answer is lost with the line, now and then
            return self.answer(501, [("Connection", "close")])
        body = bytearray()
        limit = int(k[6:]) if k.startswith("reset-") else random.randrange(n + 1) if fault == "cut" else n
        if self.breaks():
            limit = int(k.split("-")[1])
        while len(body) < min(n, limit):
            part = self.rfile.read(min(65536, min(n, limit) - len(body)))
            if not part:
                return
            body += part
        is_cut = len(body) < n
        self.note(len(body))
        if k.startswith("reset-") or k == "poison" and any(f"LI-A_tower-7_000000000{i}" in self.path for i in (2, 3, 4)):
            return self.hang_up()
        if fault == "busy":
            return self.answer(503)
        k = fault or k
        if k.startswith("meet-"):
            self.meet(int(k[5:]))
        if k == "slow":
            time.sleep(0.3)
        if self.has_range() and k.startswith("sick-"):
            return self.answer(500)
        given = bytes(body)
        if k == "short":
            body = body[: n // 2]
        if k in ("flip", "states-echo") and n:
            body[n // 2] ^= 1
        if self.has_range() and not k.startswith("ignorant-"):
            return self.put_range(body, is_cut)
        if k == "longer":
            body += b"x" * 100000
        if k != "lost" and not self.is_gone():
            with open(self.where(), "wb") as f:
                f.write(body)
        if k in ("cut", "mute") or is_cut:
            return self.hang_up()
        if k == "sneaks":
            with open(self.where().removesuffix(".part"), "wb") as f:
                f.write(b"other")
        stated[self.where()] = hashlib.sha256(given).digest()
        self.answer(201)

    def has_range(self):
        return "Content-Range" in self.headers

    def breaks(self):
        """A PUT that ends before its end, with what came kept: breaks-N each, the others the first of a file."""
        k = self.kind().split("-")[0]
        return k == "breaks" or k in ("broken", "noranges", "ignorant", "sick") and not self.has_range() and not os.path.exists(self.where())

    def put_range(self, body, is_cut):
        """Behind what is there, and nowhere else."""
        first = int(self.headers["Content-Range"].split()[1].split("-")[0])
        there = os.path.getsize(self.where()) if os.path.exists(self.where()) else 0
        if first != there:
            return self.answer(416)
        with open(self.where(), "ab") as f:
            f.write(body)
        return self.hang_up() if is_cut else self.answer(204)

    def meet(self, n):
        with meeting:
            if 1 not in have_met:  # the first goes alone, and shows the others that it is well received
                have_met.add(1)
                return
            here.append(1)
            meeting.notify_all()
            met = len(here) >= n or meeting.wait_for(lambda: len(here) >= n or n in have_met, 60)
            if met:
                have_met.add(n)
                meeting.notify_all()
            here.pop()

    def content(self):
        try:
            with open(self.where(), "rb") as f:
                return f.read()
        except FileNotFoundError:
            return None

    def do_HEAD(self):
        self.note(0)
        if self.kind() in ("flood-body", "garbage"):
            return self.answer(404)
        if self.misbehaves():
            return
        body = self.content()
        if body is None:
            return self.answer(404)
        self.answer(200, self.digests(body), body)

    def digests(self, body):
        """What is stated of a file: states-true, -legacy (RFC 3230's), -other, -echo (of what was sent, not of what is there),
        -both (another's and then its own), -encoded (as if that were its own)."""
        hashes = {"other": hashlib.sha256(b"x")} | dict.fromkeys(("true", "legacy", "both", "encoded"), hashlib.sha256(body))
        kind = self.kind()[7:] if self.kind().startswith("states-") else ""
        if kind == "legacy" and "Want-Digest" in self.headers:
            return [("Digest", "SHA-256=" + base64.b64encode(hashes[kind].digest()).decode())]
        if not kind or "Want-Repr-Digest" not in self.headers:
            return ()
        digest = hashes[kind].digest() if kind in hashes else stated.get(self.where(), b"")
        line = lambda d: ("Repr-Digest", "sha-256=:" + base64.b64encode(d).decode() + ":")
        more = {"both": [line(hashes["other"].digest())], "encoded": [("Content-Encoding", "br")]}
        return [*more.get(kind, ()), line(digest)]

    def do_GET(self):
        self.note(0)
        if self.misbehaves():
            return
        if self.fault("mute"):
            return self.hang_up()
        if self.kind() == "flood-body":
            self.send_response(404)
            self.send_header("Content-Length", str(100 << 30))
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                pass
            self.close_connection = True
            return
        body = self.content()
        if body is None:
            return self.answer(404, (), b"nothing here")
        self.answer(200, (), body)

    def do_MOVE(self):
        self.note(0)
        if self.misbehaves():
            return
        fault = self.fault("busy", "before", "mute", "published-lost")
        if fault == "busy":
            return self.answer(503)
        if fault == "before" or self.is_gone():
            return self.hang_up()
        to = self.where(self.headers["Destination"])
        if self.kind() == "no-move":
            return self.answer(405, (), b"<html>not here</html>")
        if self.kind() == "move-409":
            return self.answer(409)
        if os.path.exists(to) and self.headers.get("Overwrite") == "F":
            return self.answer(412)
        if "published-lost" in (self.kind(), fault):
            os.unlink(self.where())
        else:
            os.rename(self.where(), to)
            stated[to] = stated.get(self.where(), b"")
        if fault == "mute":
            return self.hang_up()
        self.answer(201)

    def do_PROPFIND(self):
        """What the folder is said to hold: listing-KIND: all of it; and odd names beside; nothing; no end of names; no end."""
        self.note(0)
        kind = self.kind()
        if not kind.startswith("listing-"):
            return self.answer(405)
        kind = kind[8:]
        head, tail = self.path.replace("/", "_"), "</D:multistatus>"
        ours = [] if kind == "empty" else [(n[len(head):], os.path.getsize(os.path.join(root, n)))
                                           for n in os.listdir(root) if n.startswith(head)]
        text = "<D:multistatus>" + "".join(
            f"<D:response><D:href>{self.path}{n}</D:href><D:getcontentlength>{b}</D:getcontentlength></D:response>" for n, b in ours)
        if kind == "odd":
            for n in ("../../../etc/shadow", "%2e%2e%2fup", "%2e%2e", "%1b%5b2Jred", "a%0ab.tar", "%00", "x" * 5000, "-rf%20%2f", "%24%28reboot%29",
                      "%e2%80%aetxt.rat", "SHA256SUMS.minisig.old", "LI-L_tower-7_0000099999.tar"):
                text += f"<D:response><D:href>{self.path}{n}</D:href></D:response>"
        if kind == "huge":
            text += "".join(f"<D:response><D:href>/{i}</D:href></D:response>" for i in range(200001))
        if kind != "endless":
            return self.answer(207, (), (text + tail).encode())
        self.close_connection = True
        self.wfile.write(b"HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n\r\n" + text.encode())
        try:
            while True:
                self.wfile.write(b"<D:response><D:href>/again</D:href>" + b" " * (1 << 20))
        except OSError:
            pass

    def do_MKCOL(self):
        self.note(0)
        self.answer(405)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, request, client_address):
        pass

    def get_request(self):
        s, a = super().get_request()
        s.settimeout(30)
        return s, a


class MuteHandler(socketserver.BaseRequestHandler):
    def handle(self):
        time.sleep(60)


if "mute" in options:
    server = Server(("127.0.0.1", port), MuteHandler)
else:
    server = Server(("127.0.0.1", port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if "tls1" in options:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
    context.load_cert_chain(cert, key)
    for o in options:
        if o.startswith("client="):
            context.load_verify_locations(o[7:])
            context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
