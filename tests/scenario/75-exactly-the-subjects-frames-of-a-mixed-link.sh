#!/usr/bin/env bash
# Frames of every encapsulation, 50 subjects among 1,000 hosts, tunnels of the operator's and of strangers with the same
# addresses inside: exactly what tshark says is the subjects' is stored, in each case, and nothing of anybody else (promise 3).
# FRAMES (default 20,000) and CHUNK say how many, and how many at a time, FROM with which number to go on; `./bootstrap soak`
# takes ten million.
. "$(dirname "$0")/lib.sh"

tshark -v >/dev/null 2>&1 || { skip "exactly the subjects' frames are stored" "no tshark"; exit; }
first=${FROM:-0} frames=${FRAMES:-20000} chunk=${CHUNK:-500000}
mix=$build/tests/mix/mix
mixed() { /usr/bin/python3 "$here/mixed.py" "$@"; }

# --- an installation with an order for each case, made once and copied
installation isp || fail "installation"
cat >>"$conf" <<'C'
[tunnel core]
kind = gre nvgre ipip vxlan geneve l2tp eoip
from = 192.0.2.1 2001:db8:40:86a1::1
to = 192.0.2.2 2001:db8:40:86a2::1
[tunnel virtual]
kind = nvgre
from = 192.0.2.3 2001:db8:40:86a3::1
to = 192.0.2.4 2001:db8:40:86a4::1
[tunnel mirror]
kind = erspan tzsp
from = 192.0.2.1 2001:db8:40:86a1::1
to = 192.0.2.2 2001:db8:40:86a2::1
[tunnel cable]
kind = ccc
port = 5000
from = 192.0.2.1 2001:db8:40:86a1::1
to = 192.0.2.2 2001:db8:40:86a2::1
C
while read -r name options; do
    subject=()
    demo_order "$name" $options >/dev/null || { fail "order $name" && exit; }
done < <(mixed orders)

# try LINKTYPE FROM COUNT: capture those frames, and compare
try() {
    local linktype=$1 from=$2 count=$3 slices=() s
    "$mix" "$from" "$count" "$linktype" >"$work/mix.pcap"
    rm -rf "$work/isp/var/spool" "$work/isp/var/journal/capture"
    mkdir -p "$work/isp/var/spool" "$work/isp/var/journal/capture"
    casetap-capture --config "$conf" -r "$work/mix.pcap" >"$work/capture.out" 2>&1 || { cat "$work/capture.out" && return 1; }
    mixed judge "$from" "$work/mix.pcap" >"$work/expected" 2>"$work/undecided" || { cat "$work/undecided" && return 1; }
    for s in "$state"/spool/*/tower-7/*.pcap; do
        slices+=("$(basename "$(dirname "$(dirname "$s")")")=$s")
    done
    mixed stored "$from" "$work/mix.pcap" "${slices[@]}" >"$work/stored" || return 1
    records=$((records + $(wc -w <"$work/stored") - $(wc -l <"$work/stored")))
    diff "$work/expected" "$work/stored" >"$work/diff" || { head -n 20 "$work/diff" && return 1; }
    open=$(jq -s '[.[] | select(.event == "not-followed") | .detail.frames["erspan-tag"] // 0] | max' "$state"/journal/capture/*)
    [ "$open" = "$(cat "$work/undecided")" ] || { echo "undecided: $open" && cat "$work/undecided" && return 1; }
}
for linktype in 0 108 101 113 276; do
    records=0
    check "link type $linktype: exactly the subjects' frames of 2,000" try $linktype 40000000 2000
    check "link type $linktype: some are" [ "$records" -gt 200 ]
done
records=0
for ((from = first; from < first + frames; from += chunk)); do
    n=$((first + frames - from < chunk ? first + frames - from : chunk))
    check "exactly the subjects' frames of $n from number $from, 0 of anybody else" try 1 $from $n
done
check "$records records in the cases" [ "$records" -gt $((frames / 10)) ]
check "$open frames were left out for a tag that ERSPAN leaves open, and counted" [ "$open" -gt 0 ]
same "every case has frames" "" "$(comm -23 <(mixed orders | cut -d' ' -f1 | sort) <(cut -d' ' -f2- "$work/stored" | tr ' ' '\n' | sort -u))"
