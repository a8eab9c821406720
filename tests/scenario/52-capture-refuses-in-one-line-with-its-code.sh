#!/usr/bin/env bash
# What casetap-capture can not work with gets one clear line and the exit code of casetap-capture(8).
. "$(dirname "$0")/lib.sh"
demo=$top/examples/demo.pcap
installation isp

one_line() { same "$1: one line" 1 "$(wc -l <"$work/err")"; }

expect 78 "fault 015: from a file, no order at all is 78" casetap-capture --config "$conf" -r "$demo"
one_line "fault 015"
says "and says so" 'no accepted order'
same "and made no stream" 0 "$(find "$state/spool" -mindepth 1 ! -name .casetap | wc -l)"

demo_order LI-DEMO >/dev/null || fail "order"
expect 66 "a missing file is 66" casetap-capture --config "$conf" -r "$work/nothing.pcap"
one_line "a missing file"
expect 66 "a folder is no capture file" casetap-capture --config "$conf" -r "$work"
expect 65 "a text is no capture file" casetap-capture --config "$conf" -r /etc/hostname
one_line "a text"
expect 65 "an empty input is no capture file" casetap-capture --config "$conf" -r -
one_line "an empty input"
same "and none of them made a stream" 0 "$(find "$state/spool" -mindepth 1 ! -name .casetap | wc -l)"
expect 64 "an unknown option is 64" casetap-capture --nonsense
expect 64 "an operand is 64" casetap-capture --config "$conf" host 198.51.100.7
same "and is not repeated" 0 "$(grep -c 198.51.100.7 "$work/err")"
expect 64 "-i and -r exclude each other" casetap-capture --config "$conf" -i lo -r "$demo"
expect 66 "fault 001: a missing configuration is 66" casetap-capture --config "$work/nothing.conf"
expect 78 "an access point that is not configured is 78" casetap-capture --config "$conf" --iap tower-8
expect 0 "--check needs no privilege" casetap-capture --config "$conf" --check
same "and shows the case, and no subject" "LI-DEMO 0" \
    "$(grep -o LI-DEMO "$work/out" | head -n 1) $(grep -c -e 198.51 -e 2001:db8 "$work/out")"

cut=$((24 + 5000))
head -c $cut "$demo" >"$work/cut.pcap"
expect 65 "a file that ends inside a frame is 65" casetap-capture --config "$conf" -r "$work/cut.pcap"
one_line "a damaged file"
same "what could be read of it is stored, whole" 0 "$(find "$state/spool" -name '*.part' | wc -l)"

printf 'x' >>"$conf"
expect 78 "fault 003: a bad configuration is 78, with its line" casetap-capture --config "$conf" --check
says "named" 'casetap.conf:[0-9]+: '
sed -i '$ s/x$//' "$conf"

# A hostile environment changes nothing (fault 147).
expect 0 "fault 147: zone, locale, proxy and umask are ignored" env TZ=Pacific/Auckland LC_ALL=xx http_proxy=http://192.0.2.1 \
    SSL_CERT_FILE=/nonexistent bash -c "umask 000; casetap-capture --config '$conf' --check"
expect 0 "closed standard descriptors are survived" bash -c "casetap-capture --config '$conf' --check <&- >&- 2>&-"

if ! is_root; then
    expect 77 "fault 142: without CAP_NET_RAW it is 77" casetap-capture --config "$conf"
    says "fault 142: and says what it needs" 'needs CAP_NET_RAW'
    exit
fi
chmod 0755 "$work" "$work/isp"
as_nobody=(setpriv --reuid nobody --regid nogroup --clear-groups)
expect 77 "fault 142: without CAP_NET_RAW it is 77" "${as_nobody[@]}" --bounding-set=-all --inh-caps=-all \
    casetap-capture --config "$conf"
says "fault 142: and says what it needs" 'needs CAP_NET_RAW'
expect 77 "fault 141: a user who owns nothing of it gets 77" "${as_nobody[@]}" --inh-caps=+net_raw --ambient-caps=+net_raw \
    casetap-capture --config "$conf" -i lo
one_line "fault 141"

# Started by root, it becomes the owner of its folders.
rm -rf "$state/spool" "$state/journal/capture"
mkdir -m 2770 "$state/spool"
mkdir -p -m 0750 "$state/journal/capture"
chown nobody:nogroup "$state/spool" "$state/journal/capture"
chmod 0750 "$orders"
expect 77 "folders that it may not read then are 77" casetap-capture --config "$conf" -r "$demo"
one_line "orders that are not readable"
chgrp -R nogroup "$orders"
expect 0 "fault 141: started as root over a file" casetap-capture --config "$conf" -r "$demo"
same "fault 141: everything it made belongs to the folders' owner" nobody \
    "$(find "$state/spool" "$state/journal/capture" -printf '%u\n' | sort -u | tr '\n' ' ' | sed 's/ $//')"
