#!/usr/bin/env python3
"""An S3 server over TLS that checks SigV4 by itself and misbehaves as the first component of the key says.

s3liar.py PORT DIR LOG CERT KEY ACCESS SECRET       path style, one bucket of any name, versions, Object Lock

ok short flip lost fixed (locks can not be changed) hides (a name may be deleted) sneaks (somebody else's object gets the name before ours) unlocked shortlock governance noif overwritten denied skewed quota slow busy redirect late-error no-etag
cuts (the first third part breaks off, and the second is not what was sent) cuts-lies (so it is, but by what it says)
plain-list (its versions are not told) no-list endless-list.  LOG gets one line
a request: "METHOD PATH BODY-BYTES", or "BADSIGN METHOD PATH WHY".
"""
import hashlib
import hmac
import http.server
import os
import re
import socket
import socketserver
import ssl
import sys
import time
import urllib.parse
import uuid

port, root, log, cert, key, access, secret = int(sys.argv[1]), *sys.argv[2:8]
os.makedirs(root, exist_ok=True)
objects = {}  # name -> [(version, bytes, headers)], the newest last
cut, stated = set(), {}
uploads = {}  # id -> (name, headers, {number: bytes})
LOCK = ("x-amz-object-lock-mode", "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")


def sign(k, text):
    return hmac.new(k, text.encode(), hashlib.sha256).digest()


def wrong_signature(handler, body):
    """None if the request is signed as AWS's documentation of Signature Version 4 says."""
    m = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, *SignedHeaders=([^,]+), *"
                     r"Signature=([0-9a-f]{64})", handler.headers.get("Authorization", ""))
    if not m:
        return "no signature"
    if m[1] != access:
        return "unknown key"
    signed = m[4].split(";")
    must = ["host", "x-amz-date", "x-amz-content-sha256"] + [h.lower() for h in handler.headers if h.lower().startswith("x-amz-")]
    if any(h not in signed for h in must) or signed != sorted(signed):
        return f"not all is signed: {signed}"
    path, _, query = handler.path.partition("?")
    pairs = sorted(p.split("=", 1) if "=" in p else [p, ""] for p in query.split("&") if p)
    query = "&".join(f"{k}={v}" for k, v in pairs)
    head = "".join(f"{h}:{' '.join(handler.headers[h].split())}\n" for h in signed)
    declared = handler.headers["x-amz-content-sha256"]
    canonical = f"{handler.command}\n{path}\n{query}\n{head}\n{';'.join(signed)}\n{declared}"
    scope = f"{m[2]}/{m[3]}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{handler.headers['x-amz-date']}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    k = sign(sign(sign(sign(("AWS4" + secret).encode(), m[2]), m[3]), "s3"), "aws4_request")
    if hmac.new(k, text.encode(), hashlib.sha256).hexdigest() != m[5]:
        return "the signature does not match"
    if declared != hashlib.sha256(body).hexdigest():
        return "the body is not the one that was signed"
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer in one piece, or each waits 40 ms for an acknowledgement

    def log_message(self, *args):
        pass

    def handle_expect_100(self):
        """At once, as each real store does: a line that breaks then has an answer behind it."""
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)  # to close it alone leaves the line up

    def breaks(self):
        """Of an upload that broke off, after the store was busy: once in the midst of the parts' list, and of the first part."""
        mark = "broke " + self.command
        if self.kind != "cuts" or "busy" not in self.name or self.command not in cut or "uploadId" not in self.query or mark in cut:
            return False
        cut.add(mark)
        if self.command == "GET":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"<R><Part>")
        self.hang_up()
        return True

    def answer(self, code, body=b"", headers=()):
        self.send_response(code)
        for k, v in headers:
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, headers=()):
        self.answer(status, f"<?xml version='1.0'?><Error><Code>{code}</Code></Error>".encode(), headers)

    def is_busy(self):
        """Of an upload that broke off: once when it is asked for the parts, given one, and asked for the name after the last."""
        whole = any(up[0] == self.name and len(up[2]) == 3 for up in list(uploads.values()))
        if self.kind != "cuts" or "busy" not in self.name or self.name not in cut or self.command in cut:
            return False
        if "uploadId" not in self.query if self.command in ("GET", "PUT") else self.command != "HEAD" or not whole:
            return False
        cut.add(self.command)
        return True

    def misbehaves(self):
        if self.kind == "denied":
            self.error(403, "AccessDenied")
        elif self.kind == "skewed":
            self.error(403, "RequestTimeTooSkewed")
        elif self.kind == "redirect":
            self.answer(307, b"<Error><Code>TemporaryRedirect</Code></Error>",
                        [("Location", f"https://localhost:{port}/b/ok/stolen")])
        elif self.is_busy():
            self.error(503, "SlowDown")
        elif self.command in ("GET", "PUT") and self.breaks():
            pass
        elif self.command == "HEAD" or self.command == "GET":
            return False
        elif self.kind == "quota":
            self.error(403, "QuotaExceeded")
        elif self.kind == "slow":
            self.error(503, "SlowDown", [("Retry-After", "7")])
        elif self.kind == "busy":
            self.error(500, "InternalError")
        elif self.kind == "noif" and self.headers.get("If-None-Match"):
            self.error(501, "NotImplemented")
        else:
            return False
        return True

    def newest(self):
        versions = objects.get(self.name, [])
        want = self.query.get("versionId", [None])[0]
        for v in reversed(versions):
            if want is None or v[0] == want:
                return v if v[1] is not None else None
        return None

    def store(self, body, headers):
        version = "v/" + uuid.uuid4().hex[:12] + "+1"
        if self.kind == "short":
            body = body[: len(body) // 2]
        if self.kind == "flip" and body:
            body = body[:-1] + bytes([body[-1] ^ 1])
        kept = {k: headers[k] for k in LOCK if k in headers and self.kind != "unlocked"}
        if self.kind == "shortlock":
            kept[LOCK[1]] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3600))
        if self.kind == "governance":
            kept[LOCK[0]] = "GOVERNANCE"
        if self.kind != "lost":
            objects.setdefault(self.name, []).append((version, body, kept))
        if self.kind == "overwritten":  # somebody else's, a moment later, under the same name
            objects[self.name].append(("other", b"other", {}))
        return version

    def put(self, body):
        if self.kind == "sneaks":
            objects.setdefault(self.name, [("v/other", b"other", {})])
        if "uploadId" in self.query:
            up, number = uploads[self.query["uploadId"][0]], int(self.query["partNumber"][0])
            if self.kind.startswith("cuts") and number == 3 and self.name not in cut:
                cut.add(self.name)
                stated[self.name] = hashlib.md5(up[2][2]).hexdigest()
                up[2][2] = up[2][2][:-1] + bytes([up[2][2][-1] ^ 1])
                return self.hang_up()
            up[2][number] = body
            tag = [] if self.kind == "no-etag" else [("ETag", '"' + hashlib.md5(body).hexdigest() + '"')]
            return self.answer(200, b"", tag)
        for what, header, element in (("retention", LOCK[1], "RetainUntilDate"), ("legal-hold", LOCK[2], "Status")):
            if what in self.query:
                return self.relock(header, re.search(f"<{element}>(.*)</{element}>", body.decode())[1])
        if self.headers.get("If-None-Match") == "*" and self.newest():
            return self.error(412, "PreconditionFailed")
        version = self.store(body, {k.lower(): v for k, v in self.headers.items()})
        self.answer(200, b"", [("x-amz-version-id", version), ("ETag", '"x"')])

    def relock(self, header, value):
        """Compliance mode: longer, never shorter."""
        kept = self.newest()[2]
        if self.kind == "fixed" or header == LOCK[1] and value < kept.get(header, ""):
            return self.error(403, "AccessDenied")
        kept[header] = value
        if header == LOCK[1]:
            kept[LOCK[0]] = "COMPLIANCE"
        self.answer(200)

    def post(self, body):
        if "uploads" in self.query:
            uid = "up/" + uuid.uuid4().hex + "=="
            uploads[uid] = (self.name, {k.lower(): v for k, v in self.headers.items()}, {})
            return self.answer(200, f"<R><Bucket>b</Bucket><UploadId>{uid}</UploadId></R>".encode())
        uid = self.query["uploadId"][0]
        name, headers, parts = uploads[uid]
        if self.kind == "late-error":
            return self.answer(200, b"<Error><Code>InternalError</Code></Error>")
        asked = re.findall(rb"<PartNumber>(\d+)</PartNumber><ETag>([^<]+)</ETag>", body)
        if [int(n) for n, _ in asked] != sorted(parts) or any(
                t.decode().strip('"') != hashlib.md5(parts[int(n)]).hexdigest() for n, t in asked) and self.kind != "cuts-lies":
            return self.error(400, "InvalidPart")
        del uploads[uid]
        self.store(b"".join(parts[n] for n in sorted(parts)), headers)
        self.answer(200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>")

    def get(self, body):
        if "uploads" in self.query:
            found = [u for u in uploads.items() if u[1][0].startswith("b/" + self.query["prefix"][0])]
            text = "".join(f"<Upload><Key>{n[0][2:]}</Key><UploadId>{u}</UploadId></Upload>" for u, n in found)
            return self.answer(200, f"<R>{text}</R>".encode())
        if "uploadId" in self.query:
            text = ""
            for n, part in sorted(uploads[self.query["uploadId"][0]][2].items()):
                md5 = stated[self.name] if self.kind == "cuts-lies" and n == 2 else hashlib.md5(part).hexdigest()
                text += f"<Part><PartNumber>{n}</PartNumber><ETag>&quot;{md5}&quot;</ETag><Size>{len(part)}</Size></Part>"
            return self.answer(200, f"<R>{text}</R>".encode())
        if "prefix" in self.query:
            return self.list()
        v = self.newest()
        if v is None:
            return self.error(404, "NoSuchKey")
        self.answer(200, v[1], [("x-amz-version-id", v[0])] + list(v[2].items()))

    def list(self):
        """A page of two keys; the versions of plain-list are nobody's to see, and the pages of endless-list do not end."""
        prefix, versions = self.query["prefix"][0], "versions" in self.query
        kind = prefix.split("/")[0]
        if kind == "no-list" or (kind == "plain-list" and versions):
            return self.error(403, "AccessDenied")
        after = self.query.get("key-marker" if versions else "continuation-token", [""])[0]
        after = after if versions else after[2:]
        names = sorted(n for n in objects if n.startswith("b/" + prefix) and n[2:] > after)
        text = ""
        for n in names[:2]:
            for version, data, _ in objects[n][::-1] if versions else objects[n][-1:]:
                if data is None:  # a name that was deleted
                    continue
                text += (f"<Version><Key>{n[2:]}</Key><VersionId>{version}</VersionId><Size>{len(data)}</Size></Version>" if versions
                         else f"<Contents><Key>{n[2:]}</Key><Size>{len(data)}</Size></Contents>")
        if kind == "endless-list":
            text += "".join(f"<Version><Key>{prefix}{i}</Key></Version>" for i in range(20000))
            text += f"<IsTruncated>true</IsTruncated><NextKeyMarker>{after}x</NextKeyMarker>"
        elif names[2:] and versions:
            text += f"<IsTruncated>true</IsTruncated><NextKeyMarker>{names[1][2:]}</NextKeyMarker>"
        elif names[2:]:
            text += f"<IsTruncated>true</IsTruncated><NextContinuationToken>%+{names[1][2:]}</NextContinuationToken>"
        self.answer(200, f"<R>{text}</R>".encode())

    def delete(self, body):
        if self.kind == "hides" and "uploadId" not in self.query:
            objects[self.name].append(("marker", None, {}))
            return self.answer(204)
        if uploads.pop(self.query.get("uploadId", [""])[0], None) is None:
            return self.error(404, "NoSuchUpload")
        self.answer(204)

    def serve(self):
        path, _, query = self.path.partition("?")
        self.name = path[1:]
        self.kind = (self.name.split("/") + ["", ""])[1]
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        why = wrong_signature(self, body)
        with open(log, "a") as f:
            f.write(f"BADSIGN {self.command} {self.path} {why}\n" if why else f"{self.command} {self.path} {len(body)}\n")
        if why:
            return self.error(403, "SignatureDoesNotMatch")
        if not self.misbehaves():
            {"PUT": self.put, "POST": self.post, "GET": self.get, "HEAD": self.get, "DELETE": self.delete}[self.command](body)

    do_PUT = do_POST = do_GET = do_HEAD = do_DELETE = serve


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
