#!/usr/bin/env bash
# tests/layers.sh: a file includes only from layers below it, and each foreign library only where it is at home.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
bad=0
complain() {
    echo "# $*"
    bad=1
}

# Layers of the shared modules, lowest first.  A module may include its own layer and those before it.
base="age bootid buf clockstate diag digest fsio hashing inifile json keyfile sandbox sandbox_internal settings shortage sign stamp stop text trusted tsp"
domain="access ack approval bag binding conf custody daytar journal keyring lastrun ledger manifest moving names notice order orderbook orderfile ordermemory orderterms package packet purgecert receipt recipients request
    reset     roots savefile signedhead slice tarfile
    options trust"
store="spool outbox requests retention lostlog"
declare -A layer
for m in $base; do layer[$m]=1; done
for m in $domain; do layer[$m]=2; done
for m in $store; do layer[$m]=3; done

# What each file includes of ours, read once: starting a program for each of 400 files takes longer than reading them.
declare -A includes
while read -r f i; do
    includes[$f]+=" $i"
done < <(awk -F'"' '/^#include "[^"]*\.h"$/ { sub(/\.h$/, "", $2); print FILENAME, $2 }' \
    include/*.h lib/*.[ch] {capture,packager,uploader,admin}/*.[ch])

for f in include/*.h lib/*.[ch]; do
    m=${f##*/}
    m=${m%.*}
    own=${layer[$m]:-${layer[${m%%_*}]:-}}
    [ -n "$own" ] || { complain "$f: in no layer"; continue; }
    for i in ${includes[$f]:-}; do
        theirs=${layer[$i]:-${layer[${i%%_*}]:-}}
        [ -n "$theirs" ] || { complain "$f: includes $i.h, which is in no layer"; continue; }
        [ "$theirs" -le "$own" ] || complain "$f: includes $i.h from a layer above"
    done
done
for h in include/*.h; do
    m=${h##*/} m=${m%.h}
    [ -f "lib/$m.c" ] || complain "$h: no lib/$m.c"
done

# Program folders know include/ and themselves.
for d in capture packager uploader admin; do
    for f in "$d"/*.[ch]; do
        [ -f "$f" ] || continue
        for i in ${includes[$f]:-}; do
            [ -f "include/$i.h" ] || [ -f "$d/$i.h" ] || complain "$f: includes $i.h, which is neither shared nor of $d"
        done
    done
done

# Foreign libraries and their homes.
home() {
    local pattern=$1 f
    shift
    for f in $(grep -lE "^#include <($pattern)" include/*.h lib/*.[ch] capture/*.[ch] packager/*.[ch] uploader/*.[ch] admin/*.[ch] \
        2>/dev/null); do
        case " $* " in *" $f "*) ;; *) complain "$f: $pattern is not at home here ($*)" ;; esac
    done
}
home 'openssl/' lib/digest.c lib/tsp.c
home 'jansson' lib/json.c lib/json_parse.c
home 'ini\.h' lib/inifile.c
home 'sodium' lib/age.c lib/age_header.c lib/age_internal.h lib/age_key.c lib/age_reader.c lib/sign.c lib/sign_key.c lib/sign_internal.h
home 'pcap' capture/source.c capture/source_internal.h capture/source_file.c capture/source_live.c capture/narrow.c
home 'archive' lib/tarfile.c
home 'curl/' uploader/curlio.c uploader/curlio_internal.h uploader/curlio_answer.c uploader/http.c uploader/http_list.c uploader/http_store.c uploader/https.c uploader/s3_request.c uploader/sftp.c uploader/tsa.c
home 'systemd/' capture/notify.c
home 'linux/(landlock|seccomp)' lib/sandbox_landlock.c lib/sandbox_seccomp.c

[ "$bad" = 0 ] && echo "ok - every include points down, every foreign library is at home" ||
    echo "not ok - every include points down, every foreign library is at home"
exit "$bad"
