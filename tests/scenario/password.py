#!/usr/bin/env python3
"""password.py KEY OUT PASSWORD: give the key file KEY, which has no password, one: OUT is as `minisign -G` would write it, but
costs a hundredth of the time and memory to open (the limits of an interactive scrypt), for tests that open it often."""
import base64
import hashlib
import os
import sys

key, out, password = sys.argv[1:]
with open(key) as f:
    raw = base64.b64decode(f.read().splitlines()[1])
assert raw[:6] == b"Ed\0\0B2" and len(raw) == 158
secret = raw[54:126]  # its number, the secret and the public half
secret += hashlib.blake2b(raw[:2] + secret, digest_size=32).digest()
salt = os.urandom(32)
stream = hashlib.scrypt(password.encode(), salt=salt, n=1 << 14, r=8, p=1, maxmem=64 << 20, dklen=len(secret))
raw = b"EdScB2" + salt + (524288).to_bytes(8, "little") + (16777216).to_bytes(8, "little") + bytes(a ^ b for a, b in zip(secret, stream))
with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
    f.write("untrusted comment: minisign encrypted secret key\n" + base64.b64encode(raw).decode() + "\n")
