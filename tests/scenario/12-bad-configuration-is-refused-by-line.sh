#!/usr/bin/env bash
# Every program refuses a bad configuration with one line that names file and line, with its exit code, and touches nothing.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
demo_order LI-1 >/dev/null || fail "an order is installed"
cd "$work" || exit
memory=$(mktemp -d /dev/shm/casetap-test.XXXXXX)
extra_cleanup() { rm -rf "$memory"; }

programs=("casetap-capture --check" "casetap-packager --check" "casetap-uploader --check" "casetap order list")
tree() { find isp "$memory" -printf '%p %y %m %s %T@\n' | sort | sha256sum; }
cp "$conf" good.conf

# each WANT SENTENCE [PATTERN]: does every program end so, with one line on standard error, or none for 0?
each() {
    local want=$1 sentence=$2 pattern=${3:-} program got lines before bad=0
    before=$(tree)
    for program in "${programs[@]}"; do
        # shellcheck disable=SC2086
        $program --config "$conf" >out 2>err </dev/null
        got=$?
        lines=$(wc -l <err)
        if [ "$got" != "$want" ] || { [ "$want" != 0 ] && [ "$lines" != 1 ]; } || ! grep -qE -- "^${program%% *}: .*$pattern" err; then
            [ "$want" = 0 ] && [ "$got" = 0 ] && [ "$lines" = 0 ] && continue
            echo "# $program: status $got, $lines lines: $(head -n 3 err)"
            bad=1
        fi
    done
    [ "$(tree)" = "$before" ] || { echo "# something was left behind or changed" && bad=1; }
    if [ $bad = 0 ]; then pass "$sentence"; else fail "$sentence"; fi
}
# refused NUMBER SENTENCE PATTERN SED-SCRIPT: the good configuration, changed by sed, is refused with 78
refused() {
    sed -E "$4" good.conf >"$conf"
    cmp -s good.conf "$conf" && fail "the script for fault $1 changes nothing"
    each 78 "fault $1: $2" "$3"
    cp good.conf "$conf"
}
line_of() { grep -nE "$1" good.conf | head -n 1 | cut -d: -f1; }
seconds=$(line_of '^slice_seconds')
directory=$(line_of '^state_dir')

for p in "${programs[@]}"; do $p --config "$conf" >/dev/null 2>&1; done
each 0 "a good configuration is accepted"

rm "$conf"
each 66 "fault 1: a missing file" "$conf: No such file or directory$"
: >"$conf"
each 78 "fault 2: an empty file" "$conf: has no section \[station\]$"
cp good.conf "$conf"
refused 3 "an unknown key" "casetap.conf:$seconds: slice_second: unknown key$" 's/^slice_seconds/slice_second/'
refused 3 "an hour that is none" "casetap.conf:[0-9]+: window: must be HH:MM-HH:MM.*$" '/^url/a window = 1:00-5:00'
refused 3 "an unknown section" 'casetap.conf:[0-9]+: \[seals\]: unknown section$' 's/^\[seal\]/[seals]/'
refused 3 "a tunnel without its ends" 'casetap.conf:[0-9]+: \[tunnel core\] has no from$' '/^\[seal\]/i [tunnel core]\nkind = gre\n'
refused 4 "a key twice" "casetap.conf:$((seconds + 1)): slice_seconds stands twice in \[iap tower-7\]$" '/^slice_seconds/p'
refused 4 "a section twice" 'casetap.conf:[0-9]+: section \[seal\] stands twice$' '$a [seal]\nkey = /x'

sed 's/$/\r/' good.conf >"$conf"
each 0 "fault 5: lines that end in CRLF are accepted"
refused 5 "a byte-order mark" 'casetap.conf:1: starts with a byte-order mark; save the file as UTF-8 without BOM$' '1s/^/\xef\xbb\xbf/'
refused 6 "a NUL byte" "casetap.conf:$seconds: NUL byte$" 's/^slice_seconds = /&\x00/'
refused 6 "bytes that are not UTF-8" "casetap.conf:3: not valid UTF-8$" 's/^name = /&\xc3\x28/'
refused 7 "a line over 4 KiB" "casetap.conf:3: line is over 4 KiB$" "s/^name = /&$(printf 'x%.0s' $(seq 4100))/"
for number in 99999999999999999999 -5 1e3 0 "" 0x10 "3 00" 86401 7 +300 ٣٠٠; do
    refused 8 "slice_seconds = $number" "casetap.conf:$seconds: slice_seconds: " "s/^(slice_seconds =).*/\1 $number/"
done
for number in 18446744073709551616 64X 1.5G -1M 1e9; do
    refused 8 "ring_bytes = $number" "casetap.conf:$((seconds + 1)): ring_bytes: " "/^slice_seconds/a ring_bytes = $number"
done
refused 9 "a relative path" "casetap.conf:$directory: state_dir: not an absolute path$" 's|^state_dir = .*|state_dir = var/lib|'
refused 9 "a path with .." "casetap.conf:$directory: state_dir: a path must not hold \"..\"$" 's|^(state_dir = .*)|\1/../var|'
ln -s isp link
refused 9 "a path over a symbolic link" "/link/var: a symbolic link in the path of the state folder$" "s|^state_dir = .*|state_dir = $work/link/var|"
rm link

chmod g+w "$conf"
each 77 "fault 10: writable by the group" "casetap.conf: writable by others .mode 0664.$"
chmod 0646 "$conf"
each 77 "fault 10: writable by others" "casetap.conf: writable by others .mode 0646.$"
chmod 0644 "$conf"
if is_root; then
    chown nobody "$conf"
    each 77 "fault 10: owned by somebody else" "casetap.conf: owned by user [0-9]+, not by root or the user who runs this$"
    chown 0 "$conf"
else
    skip "fault 10: owned by somebody else" "needs root"
fi

cp -a isp/var "$memory/var"
refused 11 "a state folder in memory" "/var: lies on a filesystem that forgets or is not local .allow_volatile_state = yes allows it.$" \
    "s|^state_dir = .*|state_dir = $memory/var|; /^allow_volatile_state/d"
sed "s|^state_dir = .*|state_dir = $memory/var|" good.conf >"$conf"
each 0 "fault 11: unless allow_volatile_state = yes"
cp good.conf "$conf"
mkdir unmounted
refused 11 "a state folder that is not mounted" "/unmounted: has no .casetap file: not made by casetap init, or its filesystem is not mounted$" \
    "s|^state_dir = .*|state_dir = $work/unmounted|"
refused 12 "orders among the slices" "casetap.conf: orders_dir is one of the state folder's own folders$" \
    "s|^orders_dir = .*|orders_dir = $state/spool|"
refused 12 "two access points that differ in upper and lower case only" \
    'casetap.conf:[0-9]+: \[iap Tower-7\]: differs from another IAP in upper and lower case only$' '/^\[seal\]/i [iap Tower-7]\ninterface = eth1\n'

# Two cases that would share a folder on a disk that folds case
cp -r "$orders/LI-1" "$orders/li-1"
programs=("casetap-capture --check" "casetap order list")
for p in "${programs[@]}"; do
    $p --config "$conf" >out 2>err
    rc=$?
    same "fault 12: ${p%% *} refuses both of two cases that differ in case only" 2 \
        "$(grep -ciE '^(case )?li-1.*differs from another case in upper and lower case only' out)"
    [ "$p" = "casetap-capture --check" ] && same "fault 12: with 78" 78 "$rc"
done
rm -r "$orders/li-1"
sed 's/LI-1/li-1/' LI-1.order >li-1.order
expect 78 "fault 12: casetap order install refuses the second" casetap order install li-1.order --config "$conf"
says "in one line" '^casetap: li-1.order: case li-1: differs from case LI-1 in upper and lower case only$'
check "and leaves nothing" [ ! -e "$orders/li-1" ]

programs=("casetap-capture --check" "casetap-packager --check" "casetap-uploader --check" "casetap order list")
chmod 0640 "$keys/station.key"
if is_root; then
    each 0 "fault 14: a secret of root's that its group reads is a systemd credential"
fi
chmod 0644 "$keys/station.key"
each 77 "fault 14: a secret that others can read" "keys/station.key: a secret that others can read or write .mode 0644.$"
chmod 0600 "$keys/station.key"
each 0 "and all is well again"

# Every key of the tables stands in the example, perhaps commented out, and in casetap.conf(5); and none that is not there
known=$(sed -n 's/^    {"\([a-z0-9_]*\)", \(settings\|set\|conf\)_.*/\1/p' "$top"/lib/conf*.c | sort -u)
check "the tables are found" [ "$(wc -w <<<"$known")" -ge 71 ]
same "the example has every key of this version, and no other" "$known" \
    "$(sed -nE 's/^#?([a-z0-9_]+) = .*|^#?(tsa_url|encrypt_to) =$/\1\2/p' "$top/examples/casetap.conf" | sort -u)"
same "and casetap.conf(5) tells of each" "" \
    "$(sed -n 's/^\.It Cm //p' "$top/man/casetap.conf.5" | tr -s ' ,' '\n' | sort -u | comm -23 <(echo "$known") -)"

# The example, its paths and keys aside, is a good configuration, and its order a good order
for file in county-sheriff.ed25519 county-sheriff.known_hosts state-police.ca.pem state-police.cert.pem state-police.key.pem; do
    case $file in
    *.ed25519) ssh-keygen -q -t ed25519 -N "" -f "$keys/$file" ;;
    *.known_hosts) echo "lea.example $(cut -d' ' -f1,2 "$keys/county-sheriff.ed25519.pub")" >"$keys/$file" ;;
    *.ca.pem) openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=evidence.example -days 30 \
        -keyout "$keys/state-police.key.pem" -out "$keys/$file" 2>/dev/null && cp "$keys/$file" "$keys/state-police.cert.pem" ;;
    esac
done
chmod 0600 "$keys"/state-police.key.pem "$keys"/county-sheriff.ed25519
sed "s|/var/lib/casetap|$state|; s|/etc/casetap|$work/isp/etc|; s/^#allow_volatile_state.*/allow_volatile_state = yes/" \
    "$top/examples/casetap.conf" >"$conf"
programs=("casetap-capture --check --iap tower-7" "casetap-capture --check --iap pop-east" "casetap-packager --check"
    "casetap-uploader --check" "casetap order list")
each 0 "every program accepts the example configuration"
sed -i -E '/^\[iap pop-east\]/,/^\[seal\]/s/^#(\[|[a-z0-9_]+ = )/\1/; s/^#((quiet_after|remind_before|window|lea|notice_[a-z]+) = )/\1/' "$conf"
each 0 "and what is commented out in it of subjects that move, tunnels and times"
expect 0 "and the example order" casetap order check "$top/examples/LI-2026-0042.order" --config "$conf"
