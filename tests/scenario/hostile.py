#!/usr/bin/env python3
"""hostile.py GOOD OTHER OUT: archives for the verifier (FAULTS.md, part D), made from the intact packages GOOD, which holds a
slice, and OTHER, which holds an order.

Writes OUT/NUMBER-WHAT/NAME and prints a line NUMBER-WHAT CODES PATH for each; CODES are the exit codes that are right.
"""
import bz2, gzip, io, lzma, os, sys, zipfile

good_path, other_path, out = sys.argv[1:4]
name = os.path.basename(good_path)
stem = name[:-4]
BLOCK = 512


def members(path):
    """[header, data] of each member, the header being its 512 bytes."""
    data, at, found = open(path, "rb").read(), 0, []
    while data[at] != 0:
        size = int(data[at + 124 : at + 135], 8)
        found.append([data[at : at + BLOCK], data[at + BLOCK : at + BLOCK + size]])
        at += BLOCK + (size + BLOCK - 1) // BLOCK * BLOCK
    return found


def checksum(header):
    blank = header[:148] + b" " * 8 + header[156:]
    return header[:148] + b"%06o\0 " % sum(blank) + header[156:]


def patch(header, **fields):
    """Change fields of a header by name and put its checksum right."""
    places = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "size": (124, 12), "mtime": (136, 12),
              "kind": (156, 1), "link": (157, 100), "magic": (257, 8)}
    for field, value in fields.items():
        at, room = places[field]
        header = header[:at] + value.ljust(room, b"\0")[:room] + header[at + room :]
    return checksum(header)


def size_of(n):
    """A size field as the writer spells it."""
    return b"%011o" % n + good[0][0][135:136]


def pack(parts):
    text = io.BytesIO()
    for header, data in parts:
        text.write(header + data + b"\0" * (-len(data) % BLOCK))
    text.write(b"\0" * (2 * BLOCK))
    return text.getvalue()


def resized(part, data):
    return [patch(part[0], size=size_of(len(data))), data]


def named(part, new):
    return [patch(part[0], name=new), part[1]]


good, other = members(good_path), members(other_path)
short = [m[0][:100].rstrip(b"\0").decode().split("/", 1)[1] for m in good]
at = {n: i for i, n in enumerate(short)}
pcap = at["data/" + stem + ".pcap"]
whole = open(good_path, "rb").read()


def put(what, codes, data, file_name=name):
    folder = os.path.join(out, what)
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, file_name)
    if data is not None:
        with open(path, "wb") as f:
            f.write(data)
    print(what, codes, path)
    return path


def with_extra(header_fields, data=b"evil", where=None):
    part = [patch(good[pcap][0], size=size_of(len(data)), **header_fields), data]
    i = len(good) if where is None else where
    return pack(good[:i] + [part] + good[i:])


def inside(path):
    return (stem + "/" + path).encode()


put("058-empty", "13", b"")
put("059-no-archive", "13", b"This is a letter to the court.\n" * 40)
for n in (BLOCK, 3 * BLOCK, len(whole) // BLOCK // 2 * BLOCK, len(whole) - BLOCK):
    put("060-cut-at-%d" % n, "13", whole[:n])
put("062-dotdot", "13", with_extra({"name": b"../../etc/cron.d/evil"}))
put("062-dotdot-inside", "13", with_extra({"name": inside("../../evil")}))
put("062-absolute", "13", with_extra({"name": b"/etc/passwd"}))
put("062-drive", "13", with_extra({"name": b"C:\\evil"}))
link = [patch(good[pcap][0], name=inside("data/x"), kind=b"2", link=b"/tmp", size=size_of(0)), b""]
through = [patch(good[pcap][0], name=inside("data/x/evil"), size=size_of(4)), b"evil"]
put("063-symlink-then-through-it", "13", pack(good + [link, through]))
hard = [patch(good[pcap][0], name=inside("data/y"), kind=b"1", link=b"../../../../etc/passwd", size=size_of(0)), b""]
put("064-hardlink-outside", "13", pack(good[:pcap] + [hard] + good[pcap:]))
long_name = b"a/" * 3000
long_part = [patch(good[pcap][0], name=b"././@LongLink", kind=b"L", size=size_of(len(long_name))), long_name]
put("065-long-path", "13", pack(good[:1] + [long_part] + good[1:]))
put("066-twice", "13", pack(good[: pcap + 1] + [good[pcap]] + good[pcap + 1 :]))
put("066-second-evil", "13", pack(good + [resized(good[pcap], b"evil")]))
put("067-case-twin", "13", pack(good[: pcap + 1] + [named(good[pcap], inside("data/" + stem.upper() + ".pcap"))] + good[pcap + 1 :]))
put("067-composed-twin", "13", with_extra({"name": inside("data/e\u0301")}))
put("068-escape", "13", with_extra({"name": inside("data/") + b"\x1b]0;owned\x07\x1b[2J"}))
put("068-bidi", "13", with_extra({"name": (stem + "/data/\u202egpj.exe").encode()}))
put("068-invalid-utf8", "13", with_extra({"name": inside("data/") + b"\xff\xfe\xc0\x80"}))
put("068-escape-in-the-file-name", "13", b"evil" + whole, "evil\x1b[2J\u202e.tar")
zeros = b"\0" * (64 << 20)
put("069-gzip", "13", gzip.compress(zeros, 1))
put("069-xz", "13", lzma.compress(zeros, preset=0))
put("069-bzip2", "13", bz2.compress(zeros, 1))
put("069-zstd", "13", b"\x28\xb5\x2f\xfd" + b"\0" * 1000)
put("069-gzipped-package", "13", gzip.compress(whole))
put("069-nested", "13", with_extra({"name": inside("data/inner.tar")}, whole))
for what, size in (("8-eib", b"\x80" + b"\0" * 3 + b"\x7f" + b"\xff" * 7), ("negative", b"\xff" * 12),
                   ("octal-overflow", b"7" * 12), ("no-number", b"zzzzzzzzzzz\0"), ("octal-8-gib", b"77777777777\0")):
    bad = [patch(good[pcap][0], size=size), good[pcap][1]]
    put("070-size-" + what, "13", pack(good[:pcap] + [bad] + good[pcap + 1 :]))
sparse = [patch(good[pcap][0], kind=b"S"), good[pcap][1]]
put("070-sparse", "13", pack(good[:pcap] + [sparse] + good[pcap + 1 :]))
tiny = [patch(good[at["manifest-sha256.txt"]][0], size=size_of(0)), b""]
orders = [[patch(tiny[0], name=inside("data/orders/%06d.order" % i)), b""] for i in range(20000)]
last_data = max(i for i, n in enumerate(short) if n.startswith("data/"))
put("071-twenty-thousand-members", "13", pack(good[: last_data + 1] + orders + good[last_data + 1 :]))
for what, kind in (("character-device", b"3"), ("block-device", b"4"), ("directory", b"5"), ("fifo", b"6"),
                   ("contiguous", b"7"), ("pax", b"x"), ("pax-global", b"g"), ("unknown", b"Z")):
    put("072-" + what, "13", with_extra({"name": inside("data/orders/z"), "kind": kind}, b"", last_data + 1))
put("072-setuid", "13", with_extra({"name": inside("data/orders/z"), "mode": b"0104755\0"}, b"evil", last_data + 1))
put("072-owner", "13", with_extra({"name": inside("data/orders/z"), "uid": b"0001750\0"}, b"evil", last_data + 1))
put("073-unlisted-member", "12", with_extra({"name": inside("data/orders/z")}, b"evil", last_data + 1))
put("073-unknown-member", "13", with_extra({"name": inside("readme.txt")}))
put("074-payload-missing", "12 13", pack(good[:pcap] + good[pcap + 1 :]))
order = next(i for i, (h, _) in enumerate(other) if b"/data/orders/1.order\0" in h)
put("074-order-missing", "12", pack(other[:order] + other[order + 1 :]), os.path.basename(other_path))
put("074-signature-missing", "13", pack(good[:-1]))
m = at["manifest-sha256.txt"]
put("075-manifest-twice", "13", pack(good[: m + 1] + [good[m]] + good[m + 1 :]))
put("075-manifest-last", "13", pack(good[:m] + good[m + 1 :] + [good[m]]))
put("075-manifest-first", "13", pack([good[m]] + good[:m] + good[m + 1 :]))
huge = put("076-manifest-of-1-gb", "13", None)
with open(huge, "wb") as f:
    f.write(pack(good[:m])[: -2 * BLOCK] + patch(good[m][0], size=size_of(1 << 30)))
    f.truncate(f.tell() + (1 << 30) + 2 * BLOCK)
c = at["custody.json"]
put("076-depth", "12 13", pack(good[:c] + [resized(good[c], b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}\n")] + good[c + 1 :]))
put("077-md5-manifest", "12 13", pack(good[:m] + [named(good[m], inside("manifest-md5.txt"))] + good[m + 1 :]))
t = at["tagmanifest-sha256.txt"]
put("077-algorithm-none", "12 13", pack(good[:t] + [resized(good[t], b"none  bagit.txt\n")] + good[t + 1 :]))
put("077-empty-tagmanifest", "12 13", pack(good[:t] + [resized(good[t], b"")] + good[t + 1 :]))
legacy = good[t + 1][1].replace(b"\nRU", b"\nRW", 1)
put("077-legacy-signature", "12", pack(good[: t + 1] + [resized(good[t + 1], legacy)]))
put("079-signature-of-another", "12", pack(good[: t + 1] + [resized(good[t + 1], other[-1][1])]))
put("079-body-of-another", "12 13", pack([resized(g, o[1]) if g[0][:100] != o[0][:100] else g for g, o in zip(good, other)]))
put("080-trailing-bytes", "13", whole + b"evil")
put("080-trailing-zero-block", "13", whole + b"\0" * BLOCK)
put("080-second-archive", "13", whole + open(other_path, "rb").read())
put("080-bytes-in-the-end", "13", whole[:-1] + b"x")
put("081-another-number", "12", whole, stem[:-1] + "9.tar")
put("081-another-case", "12", whole, name.replace("LI-2026-0042", "LI-2026-0043"))
put("081-another-iap", "12", whole, name.replace("tower-7", "tower-8"))
for n in ("0000000000", "-000000001", "18446744073709551615", "00000000001"):
    put("082-number-" + n, "12", whole, stem[:-10] + n + ".tar")
put("086-rar", "13", b"Rar!\x1a\x07\x01\0" + b"\0" * 2000)
put("086-7z", "13", b"7z\xbc\xaf\x27\x1c" + b"\0" * 2000)
put("086-iso", "13", b"\0" * 32768 + b"\x01CD001\x01" + b"\0" * 4096)
put("086-mtree", "13", b"#mtree\n./x type=file mode=0644\n" * 40)
put("086-cpio", "13", b"070701" + b"0" * 104 + b"x\0" * 300)
archive = io.BytesIO()
with zipfile.ZipFile(archive, "w") as z:
    z.writestr("x", whole)
put("086-zip", "13", archive.getvalue())
put("086-gnu-tar", "13", pack([[patch(h, magic=b"ustar  \0"), d] for h, d in good]))
put("086-v7-tar", "13", pack([[patch(h, magic=b"\0" * 8), d] for h, d in good]))
put("086-zeros", "13", b"\0" * 1024)
