#!/usr/bin/env bash
# demo.sh BUILD DIR: a whole casetap installation in DIR, from an order to a verified delivery.
#
# The order is for the subject of the bundled capture (demo.pcap: VLAN, PPPoE, MPLS, IPv6, fragments and eight other
# subscribers).  The three programs run over it as they would run live.  As root the same then happens live: on a veth
# pair between two network namespaces, delivered through a real sshd.
set -euo pipefail
export LC_ALL=C.UTF-8
here=$(cd "$(dirname "$(readlink -f "$0")")" && pwd)
build=$(cd "$1" && pwd)
mkdir -p "$2"
dir=$(cd "$2" && pwd)
export PATH="$build/capture:$build/packager:$build/uploader:$build/admin:$PATH:/usr/sbin:/sbin"
conf=$dir/etc/casetap.conf
case_id=LI-2026-0042
. "$here/demo-live.sh"

bold=''
plain=''
if [ -t 1 ]; then
    bold=$(printf '\033[1m')
    plain=$(printf '\033[0m')
fi
say() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }
exec 3>&1
run() { # also where the command's output goes to a file
    printf '$ %s\n' "$(printf '%s ' "$@" | sed "s|$dir/||g; s|$here/||g")" >&3
    "$@"
}

rm -rf "${dir:?}"/*
mkdir -p "$dir/lea"

say "An installation: configuration, root, station and approver keys, keyring"
run casetap init --config "$dir/etc" --state "$dir/var" --name "Example Wireless LLC" --iap tower-7 \
    --destination-name county-sheriff --destination-url "file://$dir/lea" --allow-volatile-state

say "A court order for one subscriber, approved by the responsible officer"
run casetap order new --config "$conf" --case $case_id --lea county-sheriff --authority title-iii \
    --order-number 26-CV-0117 --issued-by "Hon. A. Example" --presented-by "Det. B. Example" --responsible "C. Example" \
    --subject 198.51.100.7 --subject 2001:db8:77::7 --from 2026-11-19T23:45:00Z --to 2026-11-20T00:15:00Z \
    --to-destination county-sheriff >"$dir/$case_id.order"
run casetap order approve "$dir/$case_id.order" --config "$conf" --key "$dir/etc/keys/approver.key"
run casetap order install "$dir/$case_id.order" --config "$conf"

say "Capture (from a file, through the same path as live), seal, deliver"
run casetap-capture --config "$conf" -r "$here/demo.pcap"
run casetap-packager --config "$conf"
run casetap-uploader --config "$conf"

say "What the LEA has"
(cd "$dir/lea" && find . -type f | sort)

say "Verified with casetap-verify"
verdict=0
run casetap-verify --root "$dir/etc/root.pub" "$dir/lea/$case_id" || verdict=$?
casetap-verify --root "$dir/etc/root.pub" --json "$dir/lea/$case_id" >"$dir/report.json" || true
case $verdict in
0) echo "(0: intact and complete)" ;;
10) echo "(10: intact, with declared gaps: the file does not cover the whole window of the order)" ;;
*)
    echo "demo: verification failed with $verdict" >&2
    exit 1
    ;;
esac

say "Verified without casetap: sha256sum, minisign, tar"
root=$(sed -n 2p "$dir/etc/root.pub")
for day in "$dir/lea/$case_id"/tower-7/*/; do
    cd "$day"
    station=$(sed -n 's/^station: \([^ ]*\).*/\1/p' keyring.txt)
    run minisign -Vqm keyring.txt -P "$root"
    run minisign -Vqm SHA256SUMS -P "$station"
    run sha256sum --quiet -c SHA256SUMS
    for package in *.tar; do
        scratch=$(mktemp -d)
        tar xf "$package" -C "$scratch"
        (cd "$scratch"/* && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt &&
            minisign -Vqm tagmanifest-sha256.txt -P "$station")
        for pcap in "$scratch"/*/data/*.pcap; do
            [ ! -f "$pcap" ] || tcpdump -nr "$pcap" 2>/dev/null
        done >>"$dir/frames.txt"
        chmod -R u+w "$scratch" && rm -rf "$scratch"
    done
    cd - >/dev/null
done

delivered=$(wc -l <"$dir/frames.txt")
expected=$(wc -l <"$here/demo.subject")
total=$(tcpdump -nr "$here/demo.pcap" 2>/dev/null | wc -l)
say "In short"
echo "frames in the capture        $total"
echo "of the subject               $expected (known from how the capture was made)"
echo "delivered to the LEA         $delivered"
echo "not the subject's, not kept  $((total - delivered))"
run casetap status --config "$conf" || true
if [ "$delivered" != "$expected" ]; then
    echo "demo: $delivered frames were delivered, not $expected" >&2
    exit 1
fi

live_demo

say "Where to look"
echo "the LEA's folders    $dir/lea"
echo "the report           $dir/report.json"
echo "the custody log      casetap log $case_id --config $conf"
echo "read a slice         tar xOf $dir/lea/$case_id/tower-7/2026-11-19/${case_id}_tower-7_0000000002.tar --wildcards '*.pcap' | tcpdump -nr -"
