# shellcheck shell=bash
# What the subjects of sweep.py share: `what=$1; . "$(dirname "$0")/subject.sh"`.  The scenarios' lib.sh, at work in $S; the
# installation that prepare made, as $conf, $state, $orders, $keys and $lea.
set -- "$2"
. "$(dirname "${BASH_SOURCE[0]}")/../scenario/lib.sh"
trap - EXIT INT TERM
rmdir "$work"
work=$S
conf=$work/isp/etc/casetap.conf state=$work/isp/var orders=$work/isp/etc/orders keys=$work/isp/etc/keys lea=$work/isp/lea

wrong() {
    echo "$*"
    exit 1
}

# demo_installation [OPTION...]: for prepare: the order LI-FILE for the demo's subject, in slices of five minutes
demo_installation() {
    installation isp || exit 1
    sed -i 's/^slice_seconds = .*/slice_seconds = 300/' "$conf"
    demo_order LI-FILE "$@" >/dev/null
}

# all_is_whole CASE: seal what the spool holds; nothing is left behind, all is intact, every frame of the demo's subject is
# there once or in a declared gap
all_is_whole() {
    local rc packages
    casetap-packager --config "$conf" >"$S/packager" 2>&1 || wrong "packager: $?: $(cat "$S/packager")"
    [ -z "$(find "$state/spool" -name '0*' -o -name '.*.tmp')" ] || wrong "left in the spool: $(find "$state/spool" -type f)"
    mapfile -t packages < <(find "$state/outbox" -name '*.tar' | sort)
    casetap-verify --root "$work/isp/etc/root.pub" --keyring "$work/isp/etc/keyring.txt" "$state/outbox/$1" >"$S/report" 2>&1
    rc=$?
    [ $rc = 0 ] || [ $rc = 10 ] || wrong "verify: $rc: $(tail -n 5 "$S/report")"
    # Where it said that it could not store them all, a slice says when.
    "$here/declared.py" $([ "$RC" != 74 ] || echo --loss) "$S/subject.pcap" "${packages[@]}" >"$S/declared" ||
        # Where the program said that it could not store them, none may be there.
        { [ "$RC" = 74 ] && grep -q ' 0 undeclared, 0 twice, 0 foreign' "$S/declared"; } || wrong "$(cat "$S/declared")"
}

# subject_of_demo: the subject's frames of the demo as a pcap file, for prepare to leave in $S/subject.pcap
subject_of_demo() {
    /usr/bin/python3 - "$top/examples/demo.pcap" "$top/examples/demo.subject" <<'E'
import struct, sys
data, numbers = open(sys.argv[1], "rb").read(), {int(l.split()[0]) for l in open(sys.argv[2])}
sys.stdout.buffer.write(data[:24])
at, n = 24, 0
while at < len(data):
    size, n = 16 + struct.unpack_from("<I", data, at + 8)[0], n + 1
    if n in numbers:
        sys.stdout.buffer.write(data[at:at + size])
    at += size
E
}
