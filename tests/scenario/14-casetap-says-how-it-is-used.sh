#!/usr/bin/env bash
# Every command answers --help, every option stands in casetap(8), and what is typed wrong is one line and 64.
. "$(dirname "$0")/lib.sh"
installation isp || { fail "an installation is made"; exit; }
cd "$work" || exit
page=$top/man/casetap.8

expect 0 "casetap --version" casetap --version
expect 0 "casetap --help" casetap --help
commands=$(sed -n 's/^  \([a-z]*\) .*/\1/p' out)
same "it lists the commands" "init keyring order status doctor log hold release purge attach bind reset clock certify" "$(echo $commands)"
options=""
for c in $commands; do
    expect 0 "casetap $c --help needs no configuration" casetap "$c" --help
    options+=" $(grep -oE -- '--[a-z0-9-]+' out | sort -u)"
done
for c in "keyring show" "keyring add" "keyring revoke" "keyring sign" "keyring import" "order new" "order check" \
    "order approve" "order install" "order list" "order show" "order extend" "order revoke"; do
    # shellcheck disable=SC2086
    expect 0 "casetap $c --help" casetap $c --help
    check "says so" grep -q "^usage: casetap $c" out
    options+=" $(grep -oE -- '--[a-z0-9-]+' out | sort -u)"
    check "$c stands in casetap(8)" grep -qE "Cm (show \\| )?${c#* }( |$)" "$page"
done
text=$(mandoc -Tascii "$page" | col -b)
for o in $(echo "$options" | tr ' ' '\n' | sort -u); do
    case $text in *"$o"*) ;; *) fail "option $o stands in casetap(8)" ;; esac
done
pass "every option stands in casetap(8)"

# usage SENTENCE ARGUMENT...
usage() {
    expect 64 "$@"
    same "in one line" 1 "$(wc -l <err)"
    check "and nothing on standard output" [ ! -s out ]
}
usage "an unknown command" casetap hold LI-1
usage "an unknown verb" casetap order burn LI-1
usage "no verb" casetap keyring
usage "an unknown option" casetap order list --all
usage "an option without its value" casetap order list --config
usage "a value where there is none" casetap order list --help=yes
usage "a word too many" casetap order list LI-1 --config "$conf"
usage "a word too few" casetap order check --config "$conf"
usage "no case" casetap log --config "$conf"
usage "a case that is none" casetap log ../../etc --config "$conf"
usage "an order without its number" casetap order new --case LI-1 --lea x --authority fisa --subject 198.51.100.7 --config "$conf"
usage "an end that stands twice" casetap order extend LI-1 --to 2026-11-20T00:15:00Z --to 2026-11-20T00:16:00Z --config "$conf"
usage "a line end in an argument" casetap keyring revoke $'a\nb' --config "$conf"
usage "a line end in a value" casetap init --config a --state b --iap c --name $'d\n[seal]'
usage "an access point that is none" casetap init --config a --state b --iap ../c --name d
for verb in "order approve" "order install" "order show" "order revoke LI-1" "order extend" "keyring add" "keyring add approver" "keyring revoke" \
    "keyring import" "keyring rotate" "attach LI-1" "hold" "release" "certify" "bind" "reset"; do
    # shellcheck disable=SC2086
    expect 64 "too few words: $verb" casetap $verb --config "$conf"
    check "one line says how it is used" grep -qE "^casetap: (error: )?(usage: casetap ${verb%% *} |--)" err
done
usage "a reason that is none" casetap order revoke LI-1 --reason "" --key "$keys/approver.key" --config "$conf"
says "it says what one is" "reason: 1 to [0-9]+ bytes"
usage "a reason that is no text" casetap order revoke LI-1 --reason $'\xff' --key "$keys/approver.key" --config "$conf"
expect 66 "a case that is not there is not revoked" casetap order revoke LI-1 --reason over --key "$keys/approver.key" --config "$conf"
says "by its name" "no case LI-1"
expect 78 "an access point that is not configured has no memory" casetap reset nowhere --config "$conf" --reason x
says "by its name" "no \[iap nowhere\]"
expect 66 "and one that misses nothing is not reset" casetap reset tower-7 --config "$conf" --reason x
says "which is said" "misses nothing"
expect 66 "a case that is not there" casetap order show LI-1 --config "$conf"
expect 66 "a case without records" casetap log LI-1 --config "$conf"
expect 66 "an installation that is not there" casetap order list --config "$work/none"
casetap order list --config "$conf" >/dev/full 2>err
same "a report that does not arrive is a failure" 74 $?

# init
expect 78 "init refuses a configuration that no program would take" \
    casetap init --config new/etc --state new/var --iap c --name d --slice-seconds 7
says "by its line" 'casetap.conf.new:[0-9]+: slice_seconds: must divide a day'
same "and makes nothing" "" "$(find new -type f; ls -d new/var 2>/dev/null)"
expect 0 "init takes a relative path with .." casetap init --config new/../new/etc --state ./new//var --iap c --name d \
    --destination-name lea --destination-url sftp://u@lea.example/in/ --allow-volatile-state
expect 0 "and what it made is good" casetap order list --config new/etc/casetap.conf
same "and has a clean path" "state_dir = $work/new/var" "$(grep ^state_dir new/etc/casetap.conf)"
check "and room for the destination's key" grep -qx "identity = $work/new/etc/keys/lea.ed25519" new/etc/casetap.conf
expect 0 "init says what a folder needs that the LEA logs into" casetap init --config lea/etc --state lea/var --iap c --name d \
    --allow-volatile-state --destination-name county --destination-url file:///srv/lea
check "to be written by the uploader's unit" grep -q 'a drop-in with ReadWritePaths=/srv/lea$' "$work/out"

# on a terminal init asks
answer() { script -qec "casetap init --state $work/asked/var --allow-volatile-state" /dev/null; }
printf '%s\n' "$work/asked/etc" "" "Example Wireless LLC" ../c tower-7 "lo lo" lo/x nosuch0 nosuch1 lo +300 7 3e2 300 county ftp://x sftp:// \
    sftp://lea.example https:///in/ file:/// sftp://u@lea.example/in/ no | answer >out
same "init without its options asks, and without a yes makes nothing" "64 " "$? $(ls -d asked 2>/dev/null)"
for wants in "one line of printable ASCII" "up to 15 letters" "names of interfaces" "a number that divides a day" "a URL of"; do
    check "an answer that will not do is asked for again: $wants" grep -q "That has to be $wants" out
done
same "each of them" "2 3 5" "$(for wants in "names of interfaces" "a number" "a URL of"; do grep -c "That has to be $wants" out; done | xargs)"
same "an interface that is not there is doubted, each by its name" "1 1" \
    "$(grep -c 'There is no nosuch0 on this machine' out) $(grep -c 'There is no nosuch1 on this machine' out)"
same "the machine's interfaces are listed, and the question says that there may be several" "1 1" \
    "$(grep -cE '^    [^ ]+ +no address, as a mirror port' <(sed 's/\r$//' out) | sed 's/[1-9][0-9]*/1/') $(grep -c 'or up to 8 of them' out | sed 's/[1-9][0-9]*/1/')"
printf '%s\n' "$work/asked/etc" "Example Wireless LLC" tower-7 "lo  nosuch0" "lo  nosuch0" "" "" y | answer >out
same "with a yes it makes what was answered, also with an interface that is yet to come" \
    "0 name = Example Wireless LLC [iap tower-7] interface = lo nosuch0 slice_seconds = 300" \
    "$? $(grep -hE '^(name|interface|slice_seconds|\[iap.*) ?' asked/etc/casetap.conf | xargs)"
same "and no destination" 0 "$(grep -c destination asked/etc/casetap.conf)"
printf '%s\n' "$work/asked/etc" | answer >out
same "where an installation is already nothing more is asked" "73 0" "$? $(grep -c 'The ISP' out)"
check "and that is said" grep -q 'asked/etc/casetap.conf is there already: an installation is never overwritten' out
expect 73 "an installation is never overwritten" casetap init --config new/etc --state new/var --iap c --name d

# The group of the orders folder, by which capture reads, is handed on
chmod 2750 "$orders"
demo_order LI-1 >/dev/null || fail "an order is installed"
same "a case folder has the mode of the orders folder" 2750 "$(stat -c %a "$orders/LI-1")"
same "an order is readable by its group" 640 "$(stat -c %a "$orders/LI-1/1.order")"
casetap order extend LI-1 --to 2026-11-21T00:00:00Z --config "$conf" >second.order && casetap order approve second.order \
    --key "$keys/approver.key" --config "$conf" >/dev/null && cp second.order "$orders/LI-1/2.order" || fail "a second revision"
expect 0 "order show prints the order in force and the one that waits" casetap order show LI-1 --config "$conf"
same "both" "revision = 1 revision = 2" "$(grep ^revision out | xargs)"
check "and says which is which" grep -q '^# revision 2 is there, but not in force$' out
noted() { jq -r 'select(.case == "LI-1" and .event == "operator") | .detail' "$state/journal/operator/operator.jsonl"; }
same "the custody log hears of the looks too" "wrote the next revision|approved an order revision|showed the order" \
    "$(noted | tail -n 3 | paste -sd'|')"
if is_root; then
    cp "$keys/approver.key" officer.key && chown nobody officer.key && chmod 0600 officer.key
    mkdir desk && cp second.order desk/ && chown -R nobody desk && chmod 0755 "$work/isp" "$keys"
    expect 0 "an officer who may write no journal approves" setpriv --reuid nobody --clear-groups \
        "$(command -v casetap)" order approve desk/second.order --key officer.key --config "$conf"
    check "with a good signature" minisign -Vm desk/second.order -x desk/second.order.approver.minisig -p "$keys/approver.pub"
else
    skip "an officer who may write no journal approves" "needs root"
fi
completes() { # WORD...: what bash offers for the last
    bash -c '. "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _casetap; echo "${COMPREPLY[@]}"' - "$top/completions/casetap.bash" "$@"
}
same "bash completes every command" "$(casetap --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | xargs) --help --version" "$(completes casetap '')"
same "the verbs of order" "new check approve install list show edit extend revoke" "$(completes casetap order '')"
same "and options" "--metrics" "$(completes casetap status --me)"
six="--dhcp6-duid --dhcp6-iaid --dhcp6-interface-id --dhcp6-mac --dhcp6-relay --dhcp6-remote-id"
same "also such with a digit, and none that is cut at it" "$six" "$(completes casetap order new --dhcp6 | tr ' ' '\n' | sort | xargs)"
same "which are those of --help" "$six" "$(casetap order new --help | grep -oE -- '--dhcp6[a-z0-9-]*' | sort -u | xargs)"
# The commands and the verbs of order behind which a case stands, as each of the two scripts has them
same "both shells offer cases behind the same commands" "$(grep -oE '[a-z]+:\*' "$top/completions/casetap.bash" | cut -d: -f1 | sort | xargs)" \
    "$(sed -n 's/.*words\[2\] == (\([a-z|]*\)) .*order:(.*/\1/p' "$top/completions/_casetap" | tr '|' '\n' | sort | xargs)"
same "and the same verbs" "$(grep -oE 'order:[a-z]+' "$top/completions/casetap.bash" | cut -d: -f2 | sort | xargs)" \
    "$(sed -n 's/.*order:(\([a-z|]*\)).*/\1/p' "$top/completions/_casetap" | tr '|' '\n' | sort | xargs)"
# zcompletes WORD...: the same of zsh, whose compadd and _files here print what they would offer
zcompletes() {
    zsh -f -c 'compadd() { [[ $1 == -- ]] && shift; print -n -- "$@ "; }; _files() { print -n "files "; }
        file=$1; shift; words=("$@") CURRENT=$# PREFIX=$@[$#] service=$1; . "$file"' - "$top/completions/_casetap" "$@" | xargs
}
if command -v zsh >/dev/null; then
    same "zsh completes the same commands" "$(completes casetap '')" "$(zcompletes casetap '')"
    same "the same verbs of order" "$(completes casetap order '')" "$(zcompletes casetap order '')"
    same "and of keyring" "$(completes casetap keyring '')" "$(zcompletes casetap keyring '')"
    same "the same options of a command" "$(completes casetap status --)" "$(zcompletes casetap status --)"
    same "of a verb" "$(completes casetap order show --)" "$(zcompletes casetap order show --)"
    same "with a digit, too" "$(completes casetap order new --)" "$(zcompletes casetap order new --)"
    same "and of a program" "$(casetap-capture --help | grep -oE -- '--[a-z0-9-]+' | sort -u | xargs)" "$(zcompletes casetap-capture --)"
    check "files where a file is asked for" [ "$(zcompletes casetap order check '')" = files ]
else
    skip "zsh completes as bash does" "no zsh"
fi
for verb in $(completes casetap order '') $(completes casetap keyring ''); do
    (casetap order "$verb" --help || casetap keyring "$verb" --help) >/dev/null 2>&1 || fail "$verb is offered and there is none"
done
