#!/usr/bin/env python3
"""An SFTP server (draft-ietf-secsh-filexfer-02) for sshd's Subsystem: it misbehaves as the first component of the path says.

sftpliar.py DIR

ok short-reads (a byte less than was asked for, now and then) size (tells a byte more than there is) cut (stores all but the
last byte) flip (what is read has one bit changed) early-end (says that the file ends before it does) refuse
(does not rename) replaces (renames whatever lies there) sneaks (puts another file there before it renames) forget (renames, and has nothing then) silent (does not answer to open) climb, endless, many (what
their listings hold).
"""
import os
import struct
import sys
import time

root = sys.argv[1]
(INIT, VERSION, OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, SETSTAT, FSETSTAT, OPENDIR, READDIR, REMOVE, MKDIR, RMDIR, REALPATH,
 STAT, RENAME) = range(1, 19)
STATUS, HANDLE, DATA, NAME, ATTRS = range(101, 106)
OK, EOF, NO_SUCH_FILE, DENIED, FAILURE = range(5)
MANY = 30000
handles = {}




def text(s):
    return struct.pack(">I", len(s)) + s


def attributes(path):
    s = os.stat(path)
    size = s.st_size + (1 if kind(path) == "size" and not os.path.isdir(path) else 0)
    return struct.pack(">IQI", 1 | 4, size, s.st_mode)


def kind(path):
    return os.path.relpath(path, root).split("/")[0]


def send(what, number, rest):
    body = struct.pack(">BI", what, number) + rest
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()


def names(path):
    """The listing of a folder, in lists of names, without end where that is the lie."""
    if kind(path) == "climb":
        yield [b"..", b"../../etc/passwd", b"a\nb.tar", b"\x1b[2Jred", b"/etc/passwd", b"." * 300]
    elif kind(path) == "endless":
        n = 0
        while True:
            yield [b"%0480d" % (n + i) for i in range(200)]
            n += 200
    elif kind(path) == "many":
        for n in range(1000000, 1000000 + MANY, 300):
            yield [b"LI-S_tower-7_%010d.tar" % (n + i) for i in range(300)]
    yield [os.fsencode(n) for n in os.listdir(path)]


class Request:
    def __init__(self, data):
        self.kind, self.number = struct.unpack(">BI", data[:5])
        self.rest = data[5:]

    def integer(self, form=">I"):
        n = struct.calcsize(form)
        value, self.rest = struct.unpack(form, self.rest[:n])[0], self.rest[n:]
        return value

    def string(self):
        n = self.integer()
        value, self.rest = self.rest[:n], self.rest[n:]
        return value

    def path(self):
        return os.path.join(root, os.path.normpath("/" + self.string().decode()).lstrip("/"))


def open_file(r):
    path, flags = r.path(), r.integer()
    if kind(path) == "silent" and flags & 2:
        time.sleep(3600)
    how = (os.O_RDWR if flags & 2 else os.O_RDONLY) | (os.O_CREAT if flags & 8 else 0) | (os.O_TRUNC if flags & 16 else 0)
    name = b"%d" % len(handles)
    handles[name] = [path, os.open(path, how, 0o600)]
    send(HANDLE, r.number, text(name))


def read(r):
    (path, fd), offset, n = handles[r.string()], r.integer(">Q"), r.integer()
    size, lie = os.fstat(fd).st_size, kind(path)
    if lie == "short-reads" and n > 1 and offset % 3 == 0:
        n -= 1
    if lie == "early-end":
        n = max(0, min(n, size - 1 - offset))
    data = os.pread(fd, n, offset)
    if lie == "flip" and data and offset + len(data) >= size:
        data = data[:-1] + bytes([data[-1] ^ 1])
    return send(DATA, r.number, text(data)) if data else EOF


def write(r):
    (path, fd), offset, data = handles[r.string()], r.integer(">Q"), r.string()
    os.pwrite(fd, data, offset)
    return OK


def close(r):
    path, what = handles.pop(r.string())
    if isinstance(what, int):
        if kind(path) == "cut" and os.fstat(what).st_size > 0 and path.endswith(".part"):
            os.truncate(path, os.fstat(what).st_size - 1)
        os.close(what)
    return OK


def rename(r):
    a, b = r.path(), r.path()
    if kind(a) == "refuse":
        return DENIED
    if kind(a) == "sneaks":  # somebody else's, since it was looked for
        with open(b, "w") as f:
            f.write("other")
    if os.path.exists(b) and kind(a) != "replaces":
        return FAILURE
    os.rename(a, b)
    if kind(a) == "forget":
        os.unlink(b)
    return OK


def open_folder(r):
    path, name = r.path(), b"%d" % len(handles)
    os.listdir(path)
    handles[name] = [path, names(path)]
    send(HANDLE, r.number, text(name))


def read_folder(r):
    found = next(handles[r.string()][1], None)
    if not found:
        return EOF
    send(NAME, r.number, struct.pack(">I", len(found)) + b"".join(text(n) + text(n) + struct.pack(">I", 0) for n in found))


def answer(r):
    if r.kind == REALPATH:
        path = b"/" + r.path()[len(root):].strip("/").encode()
        return send(NAME, r.number, struct.pack(">I", 1) + text(path) + text(path) + struct.pack(">I", 0))
    if r.kind in (STAT, LSTAT):
        return send(ATTRS, r.number, attributes(r.path()))
    if r.kind == FSTAT:
        return send(ATTRS, r.number, attributes(handles[r.string()][0]))
    if r.kind == MKDIR:
        return os.mkdir(r.path()) or OK
    if r.kind == REMOVE:
        return os.unlink(r.path()) or OK
    if r.kind in (SETSTAT, FSETSTAT):
        return OK
    return {OPEN: open_file, READ: read, WRITE: write, CLOSE: close, RENAME: rename, OPENDIR: open_folder,
            READDIR: read_folder}[r.kind](r)


def main():
    while True:
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return
        data = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
        if data[0] == INIT:
            body = struct.pack(">BI", VERSION, 3)
            sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
            sys.stdout.buffer.flush()
            continue
        r = Request(data)
        try:
            status = answer(r)
        except FileNotFoundError:
            status = NO_SUCH_FILE
        except OSError:
            status = FAILURE
        if status is not None:
            send(STATUS, r.number, struct.pack(">I", status) + text(b"") + text(b""))


main()
