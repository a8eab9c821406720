#!/usr/bin/env bash
# verify.sh, which lies in every delivered day, finds it whole with dash and coreutils and with busybox alone, and finds
# whatever was changed; the commands of VERIFY.txt do what it says, as they stand there.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
demo_order LI-1 >/dev/null || fail "order"
expect 0 "capture" casetap-capture --config "$conf" -r "$top/examples/demo.pcap"
expect 0 "seal" casetap-packager --config "$conf"
expect 0 "deliver" casetap-uploader --config "$conf"
root=$work/isp/etc/root.pub
day=$(dirname "$(ls "$lea"/LI-1/tower-7/*/LI-1_tower-7_0000000002.tar)")
check "VERIFY.txt is delivered as it stands in the source" cmp "$top/packager/VERIFY.txt" "$day/VERIFY.txt"
check "so is verify.sh" cmp "$top/packager/verify.sh" "$day/verify.sh"
same "SHA256SUMS lists both" 2 "$(grep -cE '  (VERIFY.txt|verify.sh)$' "$day/SHA256SUMS")"

# nothing but busybox and openssl is to be found
mkdir "$work/bin"
for tool in $(busybox --list); do ln -s "$(command -v busybox)" "$work/bin/$tool"; done
rm -f "$work/bin/openssl" && ln -s "$(command -v openssl)" "$work/bin/openssl"
with_dash() { (cd "$1" && dash verify.sh "${2:-$root}"); }
with_busybox() { (cd "$1" && PATH=$work/bin "$work/bin/sh" verify.sh "${2:-$root}"); }
expect 0 "verify.sh finds the day whole, under dash" with_dash "$day"
same "it says so of keyring, list and files" 4 "$(grep -c '^ok ' "$work/out")"
check "and that the time is only claimed" grep -q "^note  no time stamp" "$work/out"
expect 0 "and with busybox alone" with_busybox "$day"
expect 0 "a day is also named from elsewhere" dash "$day/verify.sh" "$root" "$day"

changed() { # SENTENCE COMMAND...: after the command in a copy of the day, do both shells find it bad?
    local sentence=$1
    shift
    rm -rf "$work/bad" && cp -r "$day" "$work/bad" && chmod -R u+w "$work/bad"
    (cd "$work/bad" && "$@")
    for shell in dash busybox; do expect 1 "$sentence ($shell)" "with_$shell" "$work/bad"; done
}
flip() { # FILE OFFSET
    printf "$(printf '\\x%02x' $((16#$(xxd -p -s "$2" -l 1 "$1") ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
changed "a flipped byte in a package" flip LI-1_tower-7_0000000002.tar 2000
changed "a flipped byte in the keyring" flip keyring.txt 40
changed "a flipped byte in the list" flip SHA256SUMS 5
changed "another trusted comment" sed -i 's/sealed=20/sealed=19/' SHA256SUMS.minisig
changed "another time in the keyring's trusted comment" sed -i 's/^trusted comment: ./trusted comment: X/' keyring.txt.minisig
changed "a missing package" rm LI-1_tower-7_0000000002.tar
changed "a package more than was listed" cp LI-1_tower-7_0000000002.tar LI-1_tower-7_0000000099.tar
changed "a file that looks like what comes after the list" touch SHA256SUMS.extra
changed "no signature" rm SHA256SUMS.minisig
changed "a list that somebody else signed" sh -c "minisign -Sm SHA256SUMS -s '$keys/approver.key' -W >'$work/minisign.out' 2>&1"
changed "a changed verify.sh finds itself out" sh -c 'echo >>verify.sh'
expect 1 "another root is not the one that signed" with_dash "$day" "$keys/station.pub"
expect 2 "what is no root key is refused" with_dash "$day" "$day/SHA256SUMS"
expect 2 "without a root it says how it is used" sh "$day/verify.sh"

# a station's key that was revoked before, and one that was revoked after it signed
revoked() ( # AT
    casetap keyring revoke tower-7 --at "$1" --reason lost --config "$conf" >/dev/null &&
        casetap keyring sign --root "$keys/root.key" --config "$conf" >/dev/null &&
        cp "$work"/isp/etc/keyring.txt* "$work/bad/" && cd "$work/bad" &&
        sed "s/^[0-9a-f]*  keyring.txt$/$(sha256sum <keyring.txt | cut -d' ' -f1)  keyring.txt/
             s/^[0-9a-f]*  keyring.txt.minisig$/$(sha256sum <keyring.txt.minisig | cut -d' ' -f1)  keyring.txt.minisig/" -i SHA256SUMS &&
        minisign -Sm SHA256SUMS -s "$keys/station.key" -W -t "$(sed -n 's/^trusted comment: //p' "$day/SHA256SUMS.minisig")" \
            >"$work/minisign.out" 2>&1
)
rm -rf "$work/bad" && cp -r "$day" "$work/bad" && chmod -R u+w "$work/bad"
cp "$work"/isp/etc/keyring.txt* "$work/"
# in the same second, which is as exact as a revocation without --at
check "a revocation that comes after the seal" revoked "$(sed -n 's/^trusted comment: .*sealed=\(.*\)\..*/\1.999999999Z/p' "$day/SHA256SUMS.minisig")"
expect 0 "a key that was revoked later signed well" with_busybox "$work/bad"
check "and is named" grep -q "^note  that key was revoked later" "$work/out"
rm -f "$work"/isp/var/journal/operator/keyring.seen && cp "$work"/keyring.txt* "$work/isp/etc/"
check "a revocation that came before the seal" revoked "$(date -u -d '-1 hour' +%Y-%m-%dT%H:%M:%SZ)"
expect 1 "a key that was revoked before signed nothing" with_dash "$work/bad"
check "and is named" grep -q "revoked at" "$work/out"

# VERIFY.txt
sed -n 's/^    \$ //p' "$day/VERIFY.txt" >"$work/commands"
same "VERIFY.txt has its ten commands" 10 "$(grep -c . "$work/commands")"
by_hand() { (cd "$1" && ROOT=$root sh -eu "$work/commands"); }
check "the commands of VERIFY.txt verify the day as they stand" by_hand "$day"
for victim in keyring.txt SHA256SUMS LI-1_tower-7_0000000002.tar; do
    rm -rf "$work/bad" && cp -r "$day" "$work/bad" && chmod -R u+w "$work/bad" && flip "$work/bad/$victim" 40
    # each command by itself: the first one, verify.sh, would find it for all of them
    sed 1d "$work/commands" >"$work/rest" && mv "$work/rest" "$work/commands.rest"
    expect 1 "they find a flipped byte in $victim" sh -c "cd '$work/bad' && ROOT='$root' sh -eu '$work/commands.rest' || exit 1"
done
# a file more than was listed, and a package whose payload was changed and both of whose lists were made anew
by_itself() ( # PATTERN...: of the commands those that match, over the bad day
    cd "$work/bad" && { for pattern in "$@"; do grep -e "$pattern" "$work/commands.rest"; done; } >"$work/some" && sh -eu "$work/some"
)
rm -rf "$work/bad" && cp -r "$day" "$work/bad" && chmod -R u+w "$work/bad"
expect 0 "the package check alone finds all well" by_itself '^station=' '^tmp=' '^(for bag'
touch "$work/bad/notes.doc" "$work/bad/SHA256SUMS.extra"
expect 1 "a file that nobody listed is found" by_itself '^test -z'
same "and named" "SHA256SUMS.extra notes.doc" "$(sort "$work/err" "$work/out" | grep . | xargs)"
bag=LI-1_tower-7_0000000002
(cd "$work/bad" && tar -xf $bag.tar && chmod -R u+w $bag && cd $bag && flip data/$bag.pcap 30 && sha256sum data/* >manifest-sha256.txt &&
    sha256sum $(cut -c67- tagmanifest-sha256.txt) >tags && mv tags tagmanifest-sha256.txt && cd .. && tar -cf $bag.tar $bag && rm -r $bag)
expect 1 "so is a payload whose lists were made anew" by_itself '^station=' '^tmp=' '^(for bag'
