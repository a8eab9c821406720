#!/usr/bin/env python3
"""mixed.py orders              the cases: a line each, for `casetap order new`: case ID, then its options
   mixed.py judge FROM FILE     whose are the frames of FILE, the first of which is number FROM?  A line "number case..." for
                                each that is somebody's, as tshark takes it apart
   mixed.py stored FROM FILE CASE=PCAP...
                                the same lines, of what lies in the slices of the cases; every stored frame must be, byte
                                for byte, that of its time stamp in FILE

Subjects are 50 of the 1,000 hosts of tests/mix, named in every way that an order has.  The rules are written here once more,
from the manual, on top of tshark's dissection: nothing of casetap judges itself.
"""
import collections
import itertools
import struct
import subprocess
import sys
import tempfile
from ipaddress import ip_address, ip_network

START = 1795132800
STEP = 16  # microseconds from frame to frame
CCC_PORT = 5000
CCC = """local ccc = Proto("ccc20", "PacketCable CCC")
function ccc.dissector(b, p, t) Dissector.get("ip"):call(b(20):tvb(), p, t) end
DissectorTable.get("udp.port"):add(%d, ccc)
""" % CCC_PORT


def v4(host):
    return "10.20.%d.%d" % (host // 250, host % 250 + 1)


def v6(host, net=0x20):
    return str(ip_address(bytes.fromhex("20010db800%02x%04x" % (net, host & 0xFFFF)) + bytes(7) + b"\1"))


def mac(host):
    return "00:0c:42:%02x:%02x:%02x" % (host >> 16, host >> 8 & 0xFF, host & 0xFF)


# The operator's routers in tests/mix: the ends of the sections [tunnel] of the scenario.
ROUTERS = [("192.0.2.1", "192.0.2.2"), (v6(100001, 0x40), v6(100002, 0x40))]
VIRTUAL = [("192.0.2.3", "192.0.2.4"), (v6(100003, 0x40), v6(100004, 0x40))]  # NVGRE and nothing else
STREAMS = {"erspan", "tzsp", "ccc20"}
TUNNELS = STREAMS | {"gre", "vxlan", "geneve", "l2tp"}

Case = collections.namedtuple("Case", "name subjects vlans sessions broadcast")


def cases():
    """50 subjects: every way to name one in turn, and some that overlap."""
    for n in range(50):
        host, name = 20 * n, "LI-%02d" % n
        vlan, session = 100 + host % 50, 1 + host
        yield [Case(name, [v4(host)], [], [], 0), Case(name, [v6(host)], [], [], 0),
               Case(name, [v4(host), v6(host)], [], [], 0), Case(name, [mac(host)], [], [], 0),
               Case(name, [v4(host), v6(host)], [vlan], [], 0), Case(name, [v4(host), v6(host)], [], [session], 0),
               Case(name, [mac(host), v4(host)], [], [], 1),
               Case(name, [str(ip_network(v4(host) + "/29", strict=False)), v4(host)], [], [], 0),
               Case(name, [str(ip_network(v6(host) + "/61", strict=False))], [], [], 0),
               Case(name, [v4(host), mac(host)], [vlan, vlan + 1], [session, session + 1], 0)][n % 10]
    yield Case("LI-NET", ["10.20.0.0/24", "2001:db8:20::/56"], [], [], 0)
    yield Case("LI-STACK", ["10.20.0.0/24", "2001:db8:20::/56"], [(1000 + n % 50, 100 + 7 * n % 50) for n in range(64)], [], 0)
    yield Case("LI-TWICE", [v4(0), v6(20), mac(60)], [], [], 0)


def orders():
    for c in cases():
        vlans = [str(v) if isinstance(v, int) else "%d.%d" % v for v in c.vlans]
        options = [w for s in c.subjects for w in ("--subject", s)] + [w for v in vlans for w in ("--vlan", v)] + \
            [w for v in c.sessions for w in ("--pppoe-session", str(v))]
        print(c.name, *options, *["--allow-prefix"] * any("/" in s for s in c.subjects), *["--broadcast"] * c.broadcast)


class Subjects:
    """Which cases is an address a subject of?"""

    def __init__(self):
        self.cases = {c.name: c for c in cases()}
        self.exact = collections.defaultdict(set)
        self.networks = []
        for c in self.cases.values():
            for s in c.subjects:
                if "/" in s:
                    self.networks.append((ip_network(s), c.name))
                else:
                    self.exact[s].add(c.name)
        self.known = {}
        self.undecided = set()

    def of(self, address):
        if address not in self.known:
            try:
                found = {name for net, name in self.networks if ip_address(address) in net}
            except ValueError:
                found = set()
            self.known[address] = frozenset(found | self.exact.get(address, set()))
        return self.known[address]

    def qualified(self, names, tags, base, session, is_open):
        """A number is met by any tag, a pair by those of the Ethernet header above, from base on, if they are just these: where
        that is open, by none, and what would be met with the first tag or without is undecided."""
        pair, rest = tuple(tags[base:]), tuple(tags[base + 1:])
        if is_open and len(pair) > 1 and pair[0] == pair[1]:
            self.undecided |= {n for n in names if {pair, rest} & set(self.cases[n].vlans) and not set(tags) & set(self.cases[n].vlans)}
            pair = ()
        met = set(tags) | {pair}
        return {n for n in names if (not self.cases[n].vlans or set(self.cases[n].vlans) & met) and
                (not self.cases[n].sessions or session in self.cases[n].sessions)}


FIELDS = ["frame.protocols", "eth.dst", "eth.src", "vlan.id", "ieee8021ad.id", "pppoe.session_id", "ip.src", "ip.dst", "ip.id",
          "ip.frag_offset", "ip.flags.mf", "ip.proto", "ipv6.src", "ipv6.dst", "ipv6.fraghdr.ident", "ipv6.fraghdr.offset",
          "ipv6.fraghdr.more", "ipv6.fraghdr.nxt", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "erspan.vlan", "sll.src.eth",
          "udp.dstport", "gre.proto", "gre.key"]
COLUMN = {f: i for i, f in enumerate(FIELDS)}
ADDRESSES = [COLUMN[f] for f in ("eth.dst", "eth.src", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "arp.src.proto_ipv4",
                                 "arp.dst.proto_ipv4", "sll.src.eth")]
# What belongs to none of the layers that are followed is not taken apart.
UNREAD = ["tcp", "icmp", "icmpv6"]


class Frame:
    """tshark's fields of one frame: of each name what comes next, outermost first."""

    def __init__(self, values):
        # What was handed to tshark's "ip" by hand names it twice.
        self.protocols = values[0].replace("ccc20:ip:ipv6", "ccc20:ipv6").split(":")
        self.values, self.rest = values, {}

    def next(self, field):
        if field not in self.rest:
            value = self.values[COLUMN[field]]
            self.rest[field] = iter(value.split(",") if value else [])
        return next(self.rest[field], None)


def number(text):
    return int(text, 0) if text else 0


class Judge:
    def __init__(self):
        self.subjects = Subjects()
        self.firsts = {}
        self.routers = {a for pair in ROUTERS + VIRTUAL for a in pair}
        self.ways = {w for pair in ROUTERS + VIRTUAL for w in (pair, pair[::-1])}
        self.matters = {"": False}
        self.undecided = 0

    def look(self, frame):
        """Walk down the layers that are followed.  Return the cases."""
        self.found, self.tags, self.session, self.ethernets = set(), [], None, []
        self.base, self.has_moved, self.is_open = 0, False, False
        self.subjects.undecided = set()
        at = 0
        protocols = [p for p in frame.protocols if p not in ("ethertype", "pwethheuristic", "pwethcw", "pwethnocw", "raw")]
        while at < len(protocols):
            if not self.step(frame, protocols[at], protocols[at + 1:]):
                break
            at += 1
        self.settle()
        self.undecided += bool(self.subjects.undecided - self.found)
        return self.found

    def settle(self):
        """The tags right behind an Ethernet header are its own."""
        for addresses, tags, base, session, is_open in self.ethernets:
            names = set().union(*(self.subjects.of(a) for a in addresses))
            self.found |= self.subjects.qualified(names, tags, base, session[0], is_open)
        self.ethernets = []

    def step(self, frame, p, rest):
        if p == "eth":
            self.own = self.tags = list(self.tags)
            self.base = 0 if self.has_moved else len(self.tags)
            self.has_moved = False
            self.own_session = [self.session]
            self.ethernets.append(((frame.next("eth.dst"), frame.next("eth.src")), self.own, self.base, self.own_session,
                                   self.is_open))
        elif p == "sll":
            source = frame.next("sll.src.eth")
            self.own_session = [None]
            if source:
                self.ethernets.append(((source,), self.tags, 0, self.own_session, False))
        elif p in ("vlan", "ieee8021ad"):
            self.tags.append(number(frame.next(p + ".id")))
        elif p == "pppoes":
            self.session = number(frame.next("pppoe.session_id"))
            self.own_session[0] = self.session
        elif p == "arp":
            names = self.subjects.of(frame.next("arp.src.proto_ipv4") or "0.0.0.0") | \
                self.subjects.of(frame.next("arp.dst.proto_ipv4") or "0.0.0.0")
            names = {n for n in names if self.subjects.cases[n].broadcast}
            self.found |= self.subjects.qualified(names, self.tags, self.base, self.session, self.is_open)
            return False
        elif p in ("ip", "ipv6"):
            return self.packet(frame, p, rest)
        elif p not in ("ppp", "mpls", "null", "gre", "udp", "erspan", "vxlan", "geneve", "l2tp", "tzsp", "ccc20") and \
                not p.startswith("ipv6."):
            return False
        return True

    def packet(self, frame, p, rest):
        """Note whose the packet is; go on only into a tunnel of ours."""
        src, dst = frame.next(p + ".src"), frame.next(p + ".dst")
        if src is None or dst is None:
            return False
        names = self.subjects.of(src) | self.subjects.of(dst)
        self.found |= self.subjects.qualified(names, self.tags, self.base, self.session, self.is_open)
        own = list(itertools.takewhile(lambda r: r.startswith("ipv6."), rest))
        if p == "ip":
            proto, ident = number(frame.next("ip.proto")), frame.next("ip.id")
            offset, more = number(frame.next("ip.frag_offset")), frame.next("ip.flags.mf") in ("1", "True")
        elif "ipv6.fraghdr" in own:
            proto, ident = number(frame.next("ipv6.fraghdr.nxt")), frame.next("ipv6.fraghdr.ident")
            offset, more = number(frame.next("ipv6.fraghdr.offset")), frame.next("ipv6.fraghdr.more") in ("1", "True")
        else:
            proto, ident, offset, more = None, None, 0, False
        rest = rest[len(own):]
        if (src, dst) not in self.ways:
            return False
        if offset > 0:
            if proto in (4, 41, 47, 17):
                found, undecided = self.firsts.get((src, dst, ident), (set(), set()))
                self.found |= found
                self.subjects.undecided |= undecided
            return False
        if more:
            self.firsts.pop((src, dst, ident), None)  # an id that is used again is that of another packet
        inner = rest[0] if rest else ""
        if inner == "udp":
            inner = rest[1] if len(rest) > 1 else ""
        elif inner == "gre" and len(rest) > 1 and rest[1] == "erspan":
            inner = "erspan"
        proto = number(frame.next("gre.proto")) if rest and rest[0] == "gre" else 0
        is_nvgre = inner == "gre" and proto == 0x6558 and frame.next("gre.key")
        if {(src, dst), (dst, src)} & set(VIRTUAL) and not is_nvgre:
            return False
        is_stream = inner in STREAMS
        if inner not in TUNNELS | {"ip", "ipv6"} or (is_stream and (src, dst) not in ROUTERS):
            return False
        self.settle()
        self.tags, self.session, self.own_session = [], None, [None]
        self.base, self.has_moved, self.is_open = 0, False, inner == "erspan" and proto == 0x22EB
        if inner == "erspan":
            tag = number(frame.next("erspan.vlan"))
            if tag:
                self.tags, self.has_moved = [tag], True
        if more:
            self.first = (src, dst, ident)
        return True

    def is_known(self, addresses):
        if addresses not in self.matters:
            self.matters[addresses] = any(self.subjects.of(a) or a in self.routers for a in addresses.split(","))
        return self.matters[addresses]

    def frame(self, line):
        """Most frames are nobody's at any depth, and need no walk."""
        values = line.split("\t")
        if not any(self.is_known(values[i]) for i in ADDRESSES):
            return ()
        self.first = None
        found = self.look(Frame(values))
        if self.first:
            self.firsts[self.first] = found, self.subjects.undecided - found
        return found


def judge(first, path):
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as lua:
        lua.write(CCC)
        lua.flush()
        options = ["ip.defragment:FALSE", "ipv6.defragment:FALSE", "tcp.analyze_sequence_numbers:FALSE",
                   "tcp.desegment_tcp_streams:FALSE"]
        tshark = subprocess.Popen(
            ["tshark", "-n", "-r", path, "-X", "lua_script:" + lua.name, "-T", "fields", "-E", "occurrence=a"] +
            [a for o in options for a in ("-o", o)] + [a for p in UNREAD for a in ("--disable-protocol", p)] +
            [a for f in FIELDS for a in ("-e", f)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        j = Judge()
        for i, line in enumerate(tshark.stdout, first):
            found = j.frame(line.rstrip("\n"))
            if found:
                yield i, found
        print(j.undecided, file=sys.stderr)
        if tshark.wait() != 0:
            sys.exit("tshark ended with %d" % tshark.returncode)


def records(path):
    with open(path, "rb") as f:
        f.read(24)
        while head := f.read(16):
            sec, usec, caplen, length = struct.unpack("<IIII", head)
            yield ((sec - START) * 1000000 + usec) // STEP, length, f.read(caplen)


def stored(first, path, slices):
    found = collections.defaultdict(dict)
    for s in slices:
        name, file = s.split("=", 1)
        for i, length, data in records(file):
            if name in found[i]:
                sys.exit("%s: frame %d is stored twice" % (name, i))
            found[i][name] = (length, data)
    for i, length, data in records(path):
        for name, what in found.get(i, {}).items():
            if what != (length, data):
                sys.exit("%s: frame %d has other bytes" % (name, i))
        if i in found:
            yield i, found.pop(i)
    if found:
        sys.exit("frames that never were: %s" % list(found)[:5])


if sys.argv[1] == "orders":
    orders()
else:
    of = judge(int(sys.argv[2]), sys.argv[3]) if sys.argv[1] == "judge" else stored(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    for i, names in of:
        print(i, *sorted(names))
