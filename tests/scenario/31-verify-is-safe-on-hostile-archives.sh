#!/usr/bin/env bash
# Archives made to harm (FAULTS.md, part D) end with their code, one line that names the file, no byte that could write to
# the terminal, little memory and no crash; nothing is ever extracted.
. "$(dirname "$0")/lib.sh"

case_id=LI-2026-0042
deliver() {
    casetap-capture --config "$conf" -r "$top/examples/demo.pcap" && casetap-packager --config "$conf" &&
        casetap-uploader --config "$conf"
}
check "an installation" installation demo
check "an order" demo_order $case_id
check "a delivery" deliver
root=$work/demo/etc/root.pub
keyring=$work/demo/etc/keyring.txt
for package in "$lea/$case_id"/tower-7/*/*.tar; do
    tar tf "$package" | grep -q '/data/orders/1.order$' && other=$package
    tar tf "$package" | grep -q '\.pcap$' || continue
    [ -n "${good:-}" ] && [ "$(stat -c %s "$good")" -le "$(stat -c %s "$package")" ] || good=$package
done
mkdir "$work/hostile" "$work/cwd"
check "the archives are made" python3 "$here/hostile.py" "$good" "$other" "$work/hostile"
cp "$work/check.out" "$work/table"
[ "$status" = 0 ] || exit

# Where nothing may be written: the verifier extracts nothing.
cd "$work/cwd" || exit
count=0
while read -r what codes; do
    path=${codes##* /}
    codes=${codes%" /"*}
    path=/$path
    count=$((count + 1))
    (
        ulimit -v 262144
        exec casetap-verify --root "$root" --keyring "$keyring" "$path"
    ) >"$work/out" 2>"$work/err" </dev/null
    got=$?
    wrong=
    case " $codes " in *" $got "*) ;; *) wrong="status $got, not $codes" ;; esac
    grep -qE "^  (malformed|tampered) +[^ ]*$what/" "$work/out" || wrong="$wrong; the file is not named"
    if LC_ALL=C grep -q '[^[:print:][:space:]]' "$work/out" "$work/err"; then
        wrong="$wrong; a byte that is not printable ASCII came through"
    fi
    if [ -n "$wrong" ]; then
        fail "fault_$what: $wrong"
        cat "$work/out" "$work/err" | head -n 20 | sed 's/^/#   /'
    else
        pass "fault_$what ends with $got"
    fi
done <"$work/table"
check "all of the table was tried" test "$count" -ge 75
same "nothing was written" "$(ls -A "$work/cwd")" ""

# 78: the signature is good, the key is nobody's
sed "s#^station: .*#station: $(sed -n 2p "$keys/approver.pub") name=tower-7#" "$keyring" >"$work/keyring.txt"
check "the root signs a keyring without the station" minisign -Sm "$work/keyring.txt" -x "$work/keyring.txt.minisig" -s "$keys/root.key"
expect 12 "fault_078 a package signed by a key that the keyring lacks" \
    casetap-verify --root "$root" --keyring "$work/keyring.txt" "$(cp "$good" "$work/cwd/" && echo "$work/cwd/$(basename "$good")")"
check "fault_078 the key is blamed" grep -q "no station of the keyring" "$work/out"

# 87 to 89 are unit tests of the file reader and of the day; what needs the real program is here
expect 66 "fault_088 standard input is no path" casetap-verify --root "$root" -
expect 66 "fault_088 an endless device" casetap-verify --root "$root" /dev/zero
mkdir -p "$work/letters/old" && echo hello >"$work/letters/letter.txt"
expect 66 "fault_088 a folder that holds nothing of ours" casetap-verify --root "$root" "$work/letters"
expect 66 "fault_147 a hostile environment changes nothing" env LC_ALL=xx_XX.latin1 TZ=:/etc/shadow OPENSSL_CONF=/nowhere \
    casetap-verify --root "$root" "$work/nowhere"

# a folder of 20000 names that look like packages
mkdir "$work/many"
(cd "$work/many" && python3 -c '
for i in range(1, 20001):
    open("LI-1_x_%010d.tar" % (i * 400000), "w").close()')
expect 13 "fault_082 twenty thousand numbers far apart" casetap-verify --root "$root" --keyring "$keyring" "$work/many"
same "fault_082 the report is bounded" "$(($(wc -l <"$work/out") < 10100))" 1
