#!/bin/sh
# verify.sh: check a delivered day by hand, with a POSIX shell, coreutils (or busybox) and openssl 3; nothing of casetap.
#
#     sh verify.sh ROOT.pub [FOLDER | CASE_IAP_DAY.day.tar [TSA-CA.pem]]
#
# ROOT.pub is the root key that you were given when the order was served, never one out of a delivery.  FOLDER is the day,
# default the present folder; a day that came as one file is unpacked, with tar, where temporary files go.  TSA-CA.pem is the
# certificate of the time-stamping authority, from that authority; one that came along (SHA256SUMS.tsa.pem) attests nothing.
#
# This script came with what it is to judge.  Read it first, or take it from a copy of casetap that you trust.
#
# Exit status: 0 all of it holds, 1 something does not, 2 it could not be looked at.
LC_ALL=C
export LC_ALL
unset OPENSSL_CONF OPENSSL_MODULES

tmp=
trap '[ -z "$tmp" ] || rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM

good() { echo "ok    $*"; }
bad() {
    echo "BAD   $*"
    exit 1
}
cannot() {
    echo "verify.sh: $*" >&2
    exit 2
}

# line N FILE: its Nth line
line() { head -n "$1" "$2" | tail -n 1; }

# field NAME LINE: the value of NAME=VALUE among the words of the line
field() {
    for word in $2; do
        case $word in "$1="*) echo "${word#*=}" && return ;; esac
    done
}

# unpack KEY: a minisign public key into $tmp/key.id and, as openssl wants it, $tmp/key.der
unpack() {
    printf '%s\n' "$1" | base64 -d >"$tmp/key" 2>/dev/null || return 1
    [ "$(wc -c <"$tmp/key")" -eq 42 ] && [ "$(head -c 2 "$tmp/key")" = Ed ] || return 1
    tail -c +3 "$tmp/key" | head -c 8 | base64 >"$tmp/key.id"
    { printf 'MCowBQYDK2VwAyEA' | base64 -d && tail -c 32 "$tmp/key"; } >"$tmp/key.der"
}

ed25519() { # MESSAGE SIGNATURE, by the key that was unpacked
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$tmp/key.der" -rawin -in "$1" -sigfile "$2" >/dev/null 2>&1
}

# signed FILE MINISIG KEY: is it a signature of the file, comment included, by this key?
signed() {
    unpack "$3" || return 1
    [ "$(wc -l <"$2")" -eq 4 ] || return 1
    comment=$(line 3 "$2")
    case $comment in "trusted comment: "*) comment=${comment#trusted comment: } ;; *) return 1 ;; esac
    line 2 "$2" | base64 -d >"$tmp/sig" 2>/dev/null || return 1
    line 4 "$2" | base64 -d >"$tmp/global" 2>/dev/null || return 1
    [ "$(wc -c <"$tmp/sig")" -eq 74 ] && [ "$(head -c 2 "$tmp/sig")" = ED ] || return 1
    [ "$(tail -c +3 "$tmp/sig" | head -c 8 | base64)" = "$(cat "$tmp/key.id")" ] || return 1
    tail -c 64 "$tmp/sig" >"$tmp/sig.raw"
    openssl dgst -blake2b512 -binary "$1" >"$tmp/hash" || return 1
    ed25519 "$tmp/hash" "$tmp/sig.raw" || return 1
    { cat "$tmp/sig.raw" && printf '%s' "$comment"; } >"$tmp/whole"
    ed25519 "$tmp/whole" "$tmp/global"
}

# instant TIME: with nine digits of fraction, so that two of them sort; only UTC can be told without a calendar
instant() {
    f=${1#*.}
    [ "$f" != "$1" ] || f=
    f=${f%%[!0-9]*}000000000
    case $1 in
    *T*Z) t=${1%Z} && t=${t%%.*} ;;
    *) t=$(date -u -d "$1" +%Y-%m-%dT%H:%M:%S 2>/dev/null) || cannot "$1: this date(1) does not read it" ;;
    esac
    echo "$t.${f%"${f#?????????}"}"
}

# before A B: is A earlier than B?
before() {
    a=$(instant "$1") && b=$(instant "$2") || exit 2
    [ "$a" != "$b" ] && [ "$(printf '%s\n%s\n' "$a" "$b" | sort | head -n 1)" = "$a" ]
}

# Who may sign this keyring: the root that you hold, and those that it follows or that follow it (roots.txt).  A block is
# six lines that say so, then the signature of the old root, then that of the new one.
check_root() {
    version=$(line 2 keyring.txt)
    version=${version#version: }
    case $version in "" | *[!0-9]*) bad "keyring.txt: has no version" ;; esac
    signer= after=0 seen= n=0 next=
    total=0
    [ ! -f roots.txt ] || total=$(wc -l <roots.txt)
    [ $((total % 14)) -eq 0 ] || bad "roots.txt: not whole"
    while [ $((n * 14)) -lt "$total" ]; do
        tail -n +$((n * 14 + 1)) roots.txt | head -n 14 >"$tmp/block"
        head -n 6 "$tmp/block" >"$tmp/succession"
        tail -n 8 "$tmp/block" | head -n 4 >"$tmp/old.minisig"
        tail -n 4 "$tmp/block" >"$tmp/new.minisig"
        n=$((n + 1))
        old=$(line 3 "$tmp/succession") new=$(line 4 "$tmp/succession") last=$(line 6 "$tmp/succession")
        old=${old#old: } new=${new#new: } last=${last#last-version: }
        [ "$(head -n 2 "$tmp/succession" | tr '\n' ' ')" = "casetap-succession/1 number: $n " ] || bad "roots.txt: block $n"
        case $last in "" | *[!0-9]*) bad "roots.txt: block $n has no last version" ;; esac
        [ -z "$next" ] || [ "$next" = "$old" ] || bad "roots.txt: block $n does not follow the one before"
        signed "$tmp/succession" "$tmp/old.minisig" "$old" || bad "roots.txt: block $n is not signed by the old root"
        signed "$tmp/succession" "$tmp/new.minisig" "$new" || bad "roots.txt: block $n is not signed by the new root"
        [ "$old" != "$root" ] && [ "$new" != "$root" ] || seen=1
        if [ "$version" -gt "$after" ] && [ "$version" -le "$last" ]; then signer=$old; fi
        after=$last next=$new
    done
    [ -z "$next" ] || [ "$version" -le "$after" ] || signer=$next
    # a chain in which the root that you hold has no place says nothing to you
    [ -n "$seen" ] || signer=$root
    signed keyring.txt keyring.txt.minisig "$signer" || bad "keyring.txt: not signed by the root"
    if [ "$signer" = "$root" ]; then
        good "keyring.txt is signed by the root that you gave"
    else
        good "keyring.txt is signed by a root that roots.txt ties to the one that you gave"
    fi
}

# The station whose key made SHA256SUMS.minisig, and whether it might.
check_station() {
    station=
    while read -r kind key rest; do
        [ "$kind" = station: ] && signed SHA256SUMS SHA256SUMS.minisig "$key" || continue
        station=$key fields=$rest
        break
    done <keyring.txt
    [ -n "$station" ] || bad "SHA256SUMS: not signed by a station of the keyring"
    claimed=${comment##*sealed=}
    from=$(field from "$fields") to=$(field to "$fields") revoked=
    while read -r kind key rest; do
        [ "$key" = "$station" ] || continue
        case $kind in
        retired:)
            at=$(field at "$rest")
            if [ -z "$to" ] || before "$at" "$to"; then to=$at; fi
            ;;
        revoked:) revoked=$(field at "$rest") ;;
        esac
    done <keyring.txt
    [ -z "$from" ] || ! before "$claimed" "$from" || bad "SHA256SUMS: signed before the key was valid"
    [ -z "$to" ] || before "$claimed" "$to" || bad "SHA256SUMS: signed after the key's time, which ended $to"
    [ -z "$revoked" ] || before "$claimed" "$revoked" || bad "SHA256SUMS: signed by a key that was revoked at $revoked"
    good "SHA256SUMS is signed by station $(field name "$fields"), as it claims at $claimed"
    [ -z "$revoked" ] || echo "note  that key was revoked later, at $revoked: only a time stamp tells that it signed before"
    ended=$to
    [ -z "$revoked" ] || ended=$revoked
}

# Every file is as it was listed, and nothing else lies there but what comes after the list.
check_files() {
    sha256sum -c SHA256SUMS >"$tmp/sums" 2>&1 || {
        cat "$tmp/sums"
        bad "SHA256SUMS: a file is missing or not the one that was sealed"
    }
    cut -c67- SHA256SUMS >"$tmp/listed"
    stem=$(grep '\.ledger\.txt$' "$tmp/listed") && stem=${stem%.ledger.txt}
    for f in *; do
        case $f in
        *.part) ;; # has not wholly arrived
        SHA256SUMS | SHA256SUMS.minisig | SHA256SUMS.tsq | SHA256SUMS.tsr | SHA256SUMS.tsa.pem | SHA256SUMS.received) ;;
        "$stem.day.tar" | "$stem.day.tar.sha256" | "$stem.day.tar.minisig") ;;
        *) printf '%s\n' "$f" ;;
        esac
    done >"$tmp/there"
    other=$(sort "$tmp/listed" "$tmp/there" | uniq -u | head -n 5)
    [ -z "$other" ] || bad "not listed in SHA256SUMS: $other"
    good "all $(wc -l <"$tmp/listed" | tr -d ' ') files that SHA256SUMS lists are there, unchanged, and no others"
}

# A day as one file: as its sum has it, and unpacked into $tmp/day.  Nothing but plain files of the one folder that is its own
# is unpacked.
unpack_day() { # TAR
    whole=${1##*/} beside=.
    case $1 in */*) beside=${1%/*} ;; esac
    beside=$(cd "${beside:-/}" && pwd) || cannot "$1: no such folder"
    tar=$beside/$whole stem=${whole%.day.tar}
    if [ -f "$tar.sha256" ]; then
        (cd "$beside" && sha256sum -c "$whole.sha256") >/dev/null 2>&1 || bad "$whole: not the file of its sum"
        good "$whole is the file of its sum"
    else
        echo "note  $whole.sha256 did not come along"
    fi
    tar -tf "$tar" >"$tmp/members" 2>/dev/null && [ -s "$tmp/members" ] || bad "$whole: not a tar"
    while IFS= read -r name; do
        case $name in "$stem"/*/* | "$stem"/..* | "$stem"/) bad "$whole: holds more than the files of a day" ;; "$stem"/*) ;;
        *) bad "$whole: holds more than the files of a day" ;; esac
    done <"$tmp/members"
    [ -z "$(sort "$tmp/members" | uniq -d)" ] || bad "$whole: holds a file twice"
    [ -z "$(tar -tvf "$tar" | cut -c1 | tr -d '\n-')" ] || bad "$whole: holds more than plain files"
    mkdir "$tmp/day" && tar -xf "$tar" -C "$tmp/day" || cannot "$whole: cannot be unpacked"
    for f in SHA256SUMS.tsr SHA256SUMS.tsq SHA256SUMS.tsa.pem; do
        [ -f "$tmp/day/$stem/$f" ] || [ ! -f "$beside/$f" ] || cp "$beside/$f" "$tmp/day/$stem/"
    done
}

# The one file as a whole, by the key that signed the day's list.
check_tar() {
    if [ ! -f "$tar.minisig" ]; then
        echo "note  $whole.minisig did not come along"
        return
    fi
    signed "$tar" "$tar.minisig" "$station" || bad "$whole: not signed by the station"
    good "$whole is signed by the same key"
}

# utc "Nov 20 23:59:59 2026 GMT": as second() has it
utc() {
    months=JanFebMarAprMayJunJulAugSepOctNovDec
    set -- $1
    earlier=${months%%"$1"*}
    printf '%s-%02d-%02dT%s\n' "$4" $((${#earlier} / 3 + 1)) "$2" "${3%%.*}"
}

# An independent party's word for when SHA256SUMS was there at the latest.
check_time() {
    if [ ! -f SHA256SUMS.tsr ]; then
        echo "note  no time stamp: the time above is claimed by the station and attested by nobody"
        return
    fi
    whose="the certificate that you gave"
    if [ -z "$ca" ]; then
        ca=SHA256SUMS.tsa.pem whose="the certificate that came along"
        [ -f "$ca" ] || cannot "$ca is missing: give the authority's certificate"
    fi
    stamped=$(openssl ts -reply -in SHA256SUMS.tsr -text 2>/dev/null | while IFS= read -r text; do
        case $text in "Time stamp: "*) echo "${text#Time stamp: }" ;; esac
    done)
    [ -n "$stamped" ] || bad "SHA256SUMS.tsr: not a time stamp"
    if ! openssl ts -verify -data SHA256SUMS -in SHA256SUMS.tsr -CAfile "$ca" >/dev/null 2>&1; then
        # the certificates may have expired since: what counts is the time of the stamp
        at=$(date -u -d "$stamped" +%s 2>/dev/null) || cannot "$stamped: this date(1) does not read it"
        openssl ts -verify -attime "$at" -data SHA256SUMS -in SHA256SUMS.tsr -CAfile "$ca" >/dev/null 2>&1 ||
            bad "SHA256SUMS.tsr: not a good time stamp of SHA256SUMS"
    fi
    [ ! -f SHA256SUMS.tsq ] || openssl ts -verify -queryfile SHA256SUMS.tsq -in SHA256SUMS.tsr -CAfile "$ca" >/dev/null 2>&1 ||
        openssl ts -verify -attime "$(date -u -d "$stamped" +%s)" -queryfile SHA256SUMS.tsq -in SHA256SUMS.tsr -CAfile "$ca" \
            >/dev/null 2>&1 || bad "SHA256SUMS.tsr: not the answer to SHA256SUMS.tsq"
    if [ "$ca" = SHA256SUMS.tsa.pem ]; then
        echo "note  an unknown authority claims that SHA256SUMS was there at $stamped: its certificate came along"
        return
    fi
    good "SHA256SUMS was there at $stamped, by $whose"
    if [ -n "$ended" ] && before "$(utc "$stamped")Z" "$ended"; then
        good "which is before the key that signed it ended, at $ended"
    elif [ -n "$ended" ]; then
        echo "note  the key that signed it ended before that, at $ended: that it signed earlier is claimed and not attested"
    fi
}

[ $# -ge 1 ] && [ $# -le 3 ] || cannot "usage: sh verify.sh ROOT.pub [FOLDER | CASE_IAP_DAY.day.tar [TSA-CA.pem]]"
openssl dgst -blake2b512 /dev/null >/dev/null 2>&1 || cannot "needs openssl 3"
root=$(tail -n 1 "$1") || cannot "$1: cannot be read"
ca=${3:-}
case $ca in "" | /*) ;; *) ca=$PWD/$ca ;; esac
tmp=$(mktemp -d) || cannot "no temporary folder"
unpack "$root" || cannot "$1: not a minisign public key"
day=${2:-.} tar=
if [ -f "$day" ]; then
    case $day in *.day.tar) ;; *) cannot "$day: neither a day's folder nor its CASE_IAP_DAY.day.tar" ;; esac
    unpack_day "$day"
    day=$tmp/day/$stem
fi
cd "$day" || cannot "$day: no such folder"
for f in keyring.txt keyring.txt.minisig SHA256SUMS SHA256SUMS.minisig; do
    [ -f "$f" ] || bad "$f is missing"
done
check_root
check_station
check_files
[ -z "$tar" ] || check_tar
check_time
echo "ok    this day is what the station sealed; the chain from day to day, and that none is missing, casetap-verify checks"
