#!/usr/bin/env bash
# The page that casetap-verify --html writes, looked at in a real browser: by keyboard, by day and in the dark, on a narrow screen and on
# paper, without a network.  SLICES (default 120) is how many the case has; PICTURES, a folder where the pictures stay.
. "$(dirname "$0")/lib.sh"
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$chromium" ]; then
    skip "the page is read in a browser" "no chromium"
    exit
fi
slices=${SLICES:-120}
installation isp >/dev/null || { fail "an installation is made"; exit; }
from=2026-11-01T00:00:00Z to=$(date -u -d "@$((1793491200 + (slices + 12) * 300))" +%FT%TZ)
subject=(--subject 198.51.100.7)
demo_order LI-1 >/dev/null || fail "order"
# The file ends an hour before the order does: a gap to be seen.
python3 - "$work/source.pcap" 1793491200 "$slices" <<'EOF'
import struct, sys
start, count = int(sys.argv[2]), int(sys.argv[3])
ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 120, 0, 0, 64, 17, 0, bytes([198, 51, 100, 7]), bytes([203, 0, 113, 9]))
frame = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + ip + bytes(100)
with open(sys.argv[1], "wb") as f:
    f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
    for i in range(count):
        f.write(struct.pack("<IIII", start + i * 300 + 1, 0, len(frame), len(frame)) + frame)
EOF
casetap-capture --config "$conf" -r "$work/source.pcap" 2>"$work/capture.err" || fail "capture: $(cat "$work/capture.err")"
# Two whose subjects move: one has an address by DHCP and one that was given, the other loses its own to a stranger.
sed -i '/^slice_seconds/a dhcp_servers = 198.51.100.1 198.51.100.2\ndhcp_pool = 198.51.100.0/24' "$conf"
/usr/bin/python3 "$here/leases.py" "$(date -u -d 2026-11-19T23:00:00Z +%s)" "$work/leases.pcap"
from=2026-11-19T23:00:00Z to=2026-11-19T23:30:00Z
subject=(--dhcp-mac 02:00:5e:00:53:07)
demo_order LI-MAC >/dev/null || fail "order"
subject=(--dhcp-circuit-id 'eth%200/7' --dhcp-remote-id site --dhcp-relay 198.51.100.2)
demo_order LI-LINE >/dev/null || fail "order"
casetap-capture --config "$conf" -r "$top/examples/demo.pcap" 2>/dev/null # the orders are accepted
rm -rf "$state"/spool/LI-MAC "$state"/spool/LI-LINE
echo "by the plan" >"$work/plan"
casetap bind LI-MAC 198.51.100.51 --config "$conf" --from 2026-11-19T23:05:01Z --to 2026-11-19T23:14:00Z --proof "$work/plan" \
    --key "$keys/approver.key" >/dev/null || fail "bind"
casetap-capture --config "$conf" -r "$work/leases.pcap" 2>"$work/capture.err" || fail "capture: $(cat "$work/capture.err")"
expect 0 "$slices slices are sealed" casetap-packager --config "$conf"
expect 10 "and a page of them is written" casetap-verify --root "$work/isp/etc/root.pub" --html "$work/page.html" "$state/outbox"
note "$(stat -c %s "$work/page.html") bytes"
marks() { grep -c "<rect class=\"$1\".*<title>" "$work/page.html"; }
same "addresses that the network gave and one that was given by hand have their times on it" "2 1" "$(marks bound) $(marks given)"
check "and access events" [ "$(marks tick)" -ge 5 ]
same "that one ended in a conflict is marked" 1 "$(grep -c 'class="sign".*<title>the address was another&#39;s from here on\|class="sign".*another.s from here on' "$work/page.html")"
same "each has its three lines" 9 "$(grep -oE '<b>(Authentication|Validation|Confirmation)</b>' "$work/page.html" | wc -l)"
mkdir "$work/seen"
if ! python3 "$here/browser.py" "$chromium" "$work/page.html" "$work/seen" >"$work/said" 2>"$work/err"; then
    fail "chromium opens the page: $(tail -n 3 "$work/err")"
fi
while IFS= read -r line; do
    case $line in
    "ok "*) pass "${line#ok }" ;;
    "no "*) fail "${line#no }" ;;
    *) note "${line#"# "}" ;;
    esac
done <"$work/said"
if command -v pdftoppm >/dev/null; then
    check "paper: it becomes pictures" pdftoppm -r 50 "$work/seen/page.pdf" "$work/seen/paper"
    # Of each sheet, how much is not white: a sheet without ink, or one that is all ink, is no page to read.
    check "paper: no sheet is empty or black" python3 - "$work"/seen/paper*.ppm <<'EOF'
import sys
for path in sys.argv[1:]:
    data = open(path, "rb").read().split(b"\n", 3)[3]
    dark = sum(1 for i in range(0, len(data) - 2, 3) if data[i] < 160) / (len(data) / 3)
    print(path, "%.4f" % dark)
    if not 0.001 < dark < 0.4:
        sys.exit(1)
EOF
else
    skip "paper: it becomes pictures" "no pdftoppm"
fi
[ -z "${PICTURES:-}" ] || cp "$work"/seen/*.png "$work/seen/page.pdf" "$work/page.html" "$PICTURES"
