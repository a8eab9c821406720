#!/usr/bin/env bash
# casetap-routers(7): each configuration of the page is taken out of it, checked, and given the stream that it is for, with
# the subject, a stranger, and a stranger's end points in it; that of Linux is run for real, with tc mirred.
. "$(dirname "$0")/lib.sh"
. "$here/daemon.sh"
page=$top/man/casetap-routers.7
# recipe IAP: what stands in the page, from [iap IAP] to the end of its display
recipe() { sed -n "/^\[iap $1\]/,/^\.Ed/p" "$page" | sed '$d'; }
commands() { sed -n "/^$1/,/^\.Ed/p" "$page" | sed '$d; s/\\e$/\\/'; } # FIRST-WORDS: what is run at the router
installed() { # IAP: an installation with that recipe in place of the access point that init makes
    installation "$1" "$1" && /usr/bin/python3 - "$conf" "$page" "$1" <<'P'
import re, sys
conf, page, iap = sys.argv[1:]
text = open(conf).read()
own = re.search(r"^\[iap %s\]\n(.*?)(?=^\[|\Z)" % re.escape(iap), open(page).read(), re.M | re.S).group(0).split(".Ed")[0]
rest = re.search(r"^\[tunnel %s\]\n.*?(?=^\.Ed)" % re.escape(iap), open(page).read(), re.M | re.S)
text = re.sub(r"^\[iap .*?(?=^\[)", lambda m: own + (rest.group(0) if rest else "") + "\n", text, count=1, flags=re.M | re.S)
open(conf, "w").write(text)
P
}
recipes=$(sed -nE 's/^\[iap (.*)\]$/\1/p' "$page")
same "the page has a recipe for each way" "mikrotik mikrotik-pc cisco juniper linux" "$(echo $recipes)"

/usr/bin/python3 - "$here" "$work" <<'P'
import sys
sys.path.insert(0, sys.argv[1])
import tunnels as t
ROUTER, STATION, LIAR, FAR = "203.0.113.1", "203.0.113.2", "203.0.113.77", "203.0.113.9"
ways = {"mikrotik": ["tzsp"], "mikrotik-pc": ["ccc"], "cisco": ["erspan i", "erspan ii", "erspan iii", "erspan iii with a subheader"],
        "juniper": ["gre", "gre with key and sequence"]}
t.CCC_PORT = 5000
for name, kinds in ways.items():
    frames = []
    for n in range(3):
        for who, says in (("198.51.100.7", b"SUBJECT"), ("198.51.100.8", b"CANARY of a stranger")):
            for src, dst in ((ROUTER, STATION), (LIAR, STATION), (STATION, ROUTER) if name != "juniper" else (LIAR, ROUTER)):
                what = says if src == ROUTER else b"CANARY in a stranger's stream"
                packet = t.ip(who, FAR, 17, t.udp(40000, 443, what))
                for kind, proto, body, inner in t.kinds(packet, 2 * n + (who[-1] == "8")):
                    if kind in kinds:
                        frames.append(t.eth(0x800, t.ip(src, dst, proto, body)))
    t.write("%s/%s.pcap" % (sys.argv[2], name), [(i * 10, f) for i, f in enumerate(frames)])
P
start=$(tcpdump -tt -c 1 -nr "$work/cisco.pcap" 2>/dev/null | cut -d. -f1)
from=$(at $((start - 60))) to=$(at $((start + 600)))
subject=(--subject 198.51.100.7)
for iap in $recipes; do
    installed "$iap" || fail "an installation with the recipe of $iap"
    expect 0 "$iap: its configuration is one" casetap-capture --config "$conf" --check
    [ -f "$work/$iap.pcap" ] || continue
    demo_order "LI-$iap" >/dev/null || fail "order LI-$iap"
    expect 0 "$iap: a synthetic stream is read" casetap-capture --config "$conf" -r "$work/$iap.pcap"
    case $iap in cisco) want=12 ;; juniper) want=6 ;; *) want=3 ;; esac
    same "$iap: all of the subject is stored, and nothing else" "$want SUBJECT" \
        "$(cat "$state"/spool/LI-$iap/"$iap"/*.pcap | grep -aoE 'SUBJECT|CANARY' | sort | uniq -c | sed 's/^ *//')"
    if [ "$iap" = cisco ] || [ "$iap" = mikrotik ]; then
        same "$iap: unwrapped" 0 "$(for f in "$state"/spool/LI-$iap/"$iap"/*.pcap; do tcpdump -nr "$f" 'proto 47 or port 37008' 2>/dev/null; done | wc -l)"
    fi
done

# --- Linux for real: a customer behind a router, which mirrors both directions of its link to the tap
if ! is_root || ! namespaces_up; then
    skip "linux: tc mirred shows all of the subject" "needs root and network namespaces"
    exit
fi
ns_c=ctc$$
ip netns add $ns_c && namespaces+=($ns_c)
# $ns_a is the router: lan to the customer, va as tap, whose other end is eth1 in $ns_b
ip -n "$ns_a" link set va down && ip -n "$ns_a" link set va name tap && ip -n "$ns_a" link set tap up &&
    ip -n "$ns_b" link set vb down && ip -n "$ns_b" link set vb name eth1 && ip -n "$ns_b" link set eth1 up &&
    ip -n "$ns_a" link add lan type veth peer name eth0 netns $ns_c && ip -n $ns_c link set eth0 up && ip -n "$ns_a" link set lan up &&
    ip -n "$ns_a" addr add 198.51.100.1/24 dev lan && ip -n $ns_c addr add 198.51.100.7/24 dev eth0 &&
    ip -n $ns_c addr add 198.51.100.8/24 dev eth0 || fail "a router with a customer"
commands 'tc qdisc' >"$work/tc.sh"
check "linux: the page's commands are taken" ip netns exec "$ns_a" sh -e "$work/tc.sh"
now=$(date +%s)
order LI-LINUX $((now - 10)) $((now + 3600))
background "$work/capture.log" ip netns exec "$ns_b" "$build/capture/casetap-capture" --config "$conf"
capture=$last
is_linux() { jq -e '.cases[] | select(.case == "LI-LINUX") | .capturing' "$state/journal/capture/linux.status"; }
check "linux: it is captured" until_true 20 is_linux
ip netns exec $ns_c ping -q -c 3 -i 0.2 -I 198.51.100.7 -p 11 198.51.100.1 >/dev/null
ip netns exec $ns_c ping -q -c 3 -i 0.2 -I 198.51.100.8 -p cc 198.51.100.1 >/dev/null
halt
mapfile -t files < <(slices_of LI-LINUX)
same "linux: both directions of the subject, each frame once, and none of the stranger" "3 request 3 reply 0" \
    "$(for f in "${files[@]}"; do tcpdump -nr "$f" icmp 2>/dev/null; done | awk '/198.51.100.7/ && /request/ { q++ } /198.51.100.7/ && /reply/ { a++ }
        /198.51.100.8/ { s++ } END { print q + 0, "request", a + 0, "reply", s + 0 }')"
