#!/usr/bin/env python3
"""A time-stamping authority for tests: tsa.py PORTFILE FOLDER.

FOLDER holds tsa.cnf, tsa.pem and tsa.key for `openssl ts -reply`.  The path of a request says how it is answered: /good as
it should be, /imprint over another hash, /nonce to another request, /empty and /error and /garbage as they say; /other/NAME
with NAME.pem and NAME.key.  Each request is appended to FOLDER/requests: path, type, length.
"""
import http.server
import os
import subprocess
import sys
import tempfile

folder = sys.argv[2]


def reply(query, signer="tsa"):
    with tempfile.TemporaryDirectory() as tmp:
        with open(f"{tmp}/q", "wb") as f:
            f.write(query)
        subprocess.run(
            ["openssl", "ts", "-reply", "-config", f"{folder}/tsa.cnf", "-section", "tsa", "-queryfile", f"{tmp}/q",
             "-signer", f"{folder}/{signer}.pem", "-inkey", f"{folder}/{signer}.key", "-out", f"{tmp}/r"],
            check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with open(f"{tmp}/r", "rb") as f:
            return f.read()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = bytearray(self.rfile.read(int(self.headers["Content-Length"])))
        with open(f"{folder}/requests", "a") as f:
            f.write(f"{self.path} {self.headers['Content-Type']} {len(query)}\n")
        if self.path == "/error":
            self.send_error(503)
            return
        if self.path == "/imprint":
            query[24] ^= 1
        if self.path == "/nonce":
            query[60] ^= 1
        if self.path == "/empty":
            body = b""
        elif self.path == "/garbage":
            body = b"<html>no</html>"
        else:
            body = reply(bytes(query), self.path.split("/")[-1] if self.path.startswith("/other/") else "tsa")
        self.send_response(200)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
with open(sys.argv[1] + ".new", "w") as f:
    f.write(str(server.server_address[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
server.serve_forever()
