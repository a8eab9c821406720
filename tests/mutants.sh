#!/usr/bin/env bash
# tests/mutants.sh: each check on which a promise rests is taken out of a copy of the source, one at a time, and a test has to
# notice.  A mutant that does not change the file, or does not build, is a failure of this script's table, and so is one of
# which the test says nothing.  ONLY=WORD tries those whose name has the word.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export LC_ALL=C.UTF-8
top=$PWD
work=$(mktemp -d "${TMPDIR:-/tmp}/casetap-mutants.XXXXXX")
chmod 0755 "$work"
trap 'rm -rf "$work"' EXIT
status=0
verdict() { # STATUS SENTENCE
    [ "$1" = 0 ] && echo "ok - $2" && return
    echo "not ok - $2"
    status=1
}

git ls-files -z -co --exclude-standard | tar --null -cf - -T - | tar xf - -C "$work"
cd "$work" || exit 1
cmake -S . -B build -G Ninja >cmake.log 2>&1 || { verdict 1 "the copy is configured"; exit "$status"; }

# Does the test pass?  unit-NAME is a unit test; a number is a scenario of that number.
passes() {
    case $1 in
    unit-*) timeout 600 "build/tests/unit/${1#unit-}_test" >test.log 2>&1 </dev/null ;;
    *) timeout 900 bash tests/scenario/"$1"-*.sh build >test.log 2>&1 </dev/null && ! grep -q '^ok .*# SKIP' test.log ;;
    esac
}
targets() {
    case $1 in
    unit-*) echo "${1#unit-}_test" ;;
    40 | 48 | 96) echo casetap casetap-capture casetap-packager casetap-uploader handover_probe ;;
    43 | 81 | 82) echo casetap casetap-capture casetap-packager casetap-uploader casetap-verify ;;
    17 | 18) echo casetap casetap-capture casetap-packager casetap-verify ;;
    21 | 45 | 92) echo casetap casetap-capture casetap-packager casetap-uploader casetap-verify ;;
    *) echo all ;;
    esac
}
declare -A healthy=()

# mutant NAME TEST FILE SED-SCRIPT
mutant() {
    local name=$1 test=$2 file=$3 script=$4
    [[ $name == *${ONLY:-}* ]] || return 0
    if [ -z "${healthy[$test]:-}" ]; then
        # shellcheck disable=SC2046
        ninja -C build $(targets "$test") >build.log 2>&1 && passes "$test"
        healthy[$test]=$?
        [ "${healthy[$test]}" = 0 ] || { grep -E '^not ok|error' test.log build.log | head -n 5 | sed 's/^/# /'; }
    fi
    if [ "${healthy[$test]}" != 0 ]; then
        verdict 1 "$test passes before $name is taken out"
        return
    fi
    sed -i -E "$script" "$file"
    if cmp -s "$file" "$top/$file"; then
        verdict 1 "$name is where this table says"
        return
    fi
    # shellcheck disable=SC2046
    if ! ninja -C build $(targets "$test") >build.log 2>&1; then
        grep -m 3 error build.log | sed 's/^/# /'
        verdict 1 "$file builds without $name"
    elif passes "$test"; then
        verdict 1 "without $name $test fails"
    else
        verdict 0 "without $name $test fails: $(grep -m 1 -E '^not ok|^\[  FAILED  \] [a-z]' test.log)"
    fi
    cp "$top/$file" "$file"
    touch "$file"
}

mutant "approvals" unit-orderbook lib/orderbook_approval.c 's/if \(total >= needed\)/if (total + needed > 0)/'
mutant "one approval a key" unit-orderbook lib/orderbook_approval.c 's/if \(sign_pub_equal\(.*\)\)/if (0)/'
mutant "one approval a role" unit-orderbook lib/orderbook_approval.c 's/total \+= k == i;/total++;/'
mutant "window, of a frame's stamp" unit-slicer capture/slicer_frame.c 's/return t < st->terms.not_before \|\| t >= st->terms.not_after \|\|/return/'
mutant "window, of an order" unit-docket capture/clock.c 's/if \(high >= not_after\)/if (high < low)/'
mutant "ended, nothing of after is told to the case" unit-table_follow capture/table_control.c 's/if \(frame->time >= e->until\)/if (0)/'
mutant "ended, nothing is its own while a card is waited for" unit-table capture/table_matcher.c 's/ && !t->now.at\[i\]->is_settled\)/)/'
mutant "ended, no packet socket while a card is waited for" unit-intake capture/intake.c 's/if \(!r->has_left && table_is_all/if (0 \&\& table_is_all/'
mutant "clock, whose mark never goes down" unit-clock capture/clock.c 's/^(\tstamp_t low = ).*;/\1c->realtime, high = c->realtime;/'
mutant "clock, whose mark is kept over a boot" unit-clock capture/clock.c 's/c->mark = saved.mark;/c->mark = now->realtime;/'
mutant "matcher, that an address is the subject's" unit-matcher capture/subjects.h 's/while \(s->who != SUBJECTS_NOBODY && s->low != low\)/while (s->who == SUBJECTS_NOBODY)/'
mutant "matcher, session and VLAN" unit-matcher capture/matcher_qualify.c 's/if \(order->session_count > 0 &&/if (0 \&\&/'
mutant "matcher, that a filter narrows" unit-matcher capture/matcher_judge.c 's/return narrow_accepts\(.*;/return 1;/'
mutant "scope" unit-scope capture/scope.c 's/switch \(scope\)/switch (ORDER_CONTENT)/'
mutant "scope, without ports" unit-scope capture/scope.c 's/end = p->network_end;/end = packet_transport_end(p, data, caplen);/'
mutant "pin" 40 uploader/https.c 's/if \(d->pin != NULL &&/if (0 \&\&/'
mutant "no-clobber" unit-fsio lib/fsio_publish.c 's/, RENAME_NOREPLACE\)/, 0)/'
mutant "receipt before purge" unit-purge lib/retention_arrival.c '/^need_receipt/,/^}/{s/if \(rc != 0\)/if (rc != -1)/;s/rc == 1 \? 0 : -1/0/}'
mutant "hold before purge" unit-purge packager/purge.c 's/\|\| requests_hold\(now, 0\) != NULL;/;/; s/if \(requests_hold\(all, 0\) != NULL\)/if (0)/'
mutant "reset, that it answers this loss" 17 capture/keeper_reset.c 's/if \(strcmp\(g->reset.token, w->token\) != 0\)/if (0)/'
mutant "reset, that an approver signed it" 17 capture/keeper_reset.c 's/return "not signed by an approver of the keyring in force";/return NULL;/'
mutant "reset, that revoked stays revoked" 17 lib/ordermemory_recall.c 's/is_revoked = strcmp\(event, "order-revoked"\) == 0;/is_revoked = 0;/'
mutant "followed, only the operator's servers are believed" unit-follow capture/follow_dhcp4.c 's/return follow_dhcp4_is_ours\(f->iap, frame->source\) \? /return f != NULL ? /'
mutant "followed, only for the pool" unit-follow capture/follow_dhcp4.c 's/ \|\| !is_in_pool\(f->iap, m->yours\)//'
mutant "followed, an address that is given to another" unit-follow capture/follow_dhcp4.c 's/if \(may_be_own\(f, m, others\)\)/if (may_be_own(f, m, others) || 1)/'
mutant "followed, another MAC for the address" unit-follow capture/follow_arp.c 's/ \|\| memcmp\(b->hardware, mac, 6\) == 0\)/ || 1)/'
mutant "followed, only for RADIUS' pool" unit-follow_radius capture/follow.c 's/if \(pool.bits <= p->bits &&/if (1 ||/'
mutant "followed, an answer to another's question" unit-follow_radius capture/follow_radius.c 's/^\t\tmemset\(x, 0, sizeof\(\*x\)\);$/\t\tx->is_answered = 0;/'
mutant "followed, an address in another's session" unit-follow_radius capture/follow_radius.c 's/^\t\t\tfollow_session_dispute\(f, m, frame\);$/\t\t\t;/'
mutant "followed, what comes late of a session" unit-follow_radius capture/follow_radius.c 's/return !s->is_doubted \|\| .*;/return 0;/'
mutant "followed, only the operator's DHCPv6 servers are believed" unit-follow_dhcp6 capture/follow_dhcp6.c 's/return follow_client_is_answered_by\(&f->iap->ipv6, frame\) \? /return f != NULL ? /'
mutant "followed, what DHCPv6 gives to another" unit-follow_dhcp6 capture/follow_dhcp6.c 's/^\t\tdispute\(f, m, frame\);$/\t\t{ if (m == NULL) dispute(f, m, frame); }/'
mutant "followed, what only relays that are believed say" unit-follow_dhcp6_line capture/follow_clients.c 's/for \(i = 0; is_trusted && i < m->relay_count/for (i = 0; i < m->relay_count/'
mutant "followed, no line that a customer has made up" unit-follow_dhcp6_line capture/follow_clients.c 's/is_trusted = is_trusted && .*;/is_trusted = is_trusted \&\& frame != NULL;/'
mutant "followed, a client that has moved to another line" unit-follow_dhcp6_line capture/follow_dhcp6.c 's/ && !follow_client_is_elsewhere\(f, m\);/;/'
mutant "followed, another's Neighbor Discovery" unit-follow_hosts capture/follow_hosts.c 's/^\tfollow_claims_dispute\(f, m, address, is_question, frame\);$/\t;/'
mutant "followed, an address that another claimed" unit-follow_hosts capture/follow_hosts.c 's/if \(c != NULL && c->until > frame->time\)/if (c != NULL \&\& c->until > INT64_MAX - 1)/'
mutant "followed, between routers only what is nobody else's" unit-follow_hosts capture/follow_hosts.c 's/ \|\| time < b->routed \|\|/ ||/'
mutant "followed, only the operator's RADIUS is believed" unit-follow_radius capture/follow_radius.c 's/follow_is_one_of\(conf->clients, conf->client_count, &ends.client\)/1/'
mutant "followed, only the operator's concentrators are believed" unit-follow_pppoe capture/follow_line.c 's/if \(memcmp\(conf->concentrators\[i\], mac, 6\) == 0\)/if (1)/'
mutant "followed, another name in the session" unit-follow_pppoe capture/follow_pppoe.c 's/^\t\tdispute\(f, line, frame\);$/\t\t;/'
mutant "followed, the session's own MACs" unit-follow_pppoe capture/follow_line.c 's/ \|\| !is_between\(line, data\)//'
mutant "followed, the lease's end" unit-follow capture/follow_time.c 's/if \(b->until > now\)/if (1)/'
mutant "followed, on its own link" unit-follow capture/follow.c 's/if \(!b->has_link\)/if (1)/'
mutant "followed, resumed within the lease alone" unit-follow capture/follow_keep.c 's/k->until <= since \|\| //'
mutant "followed, resumed after a short time alone" unit-kept capture/kept_mark.c 's/return away > within \? "away" : NULL;/return NULL;/'
mutant "followed, resumed though it had ended when the keeper was killed" unit-keeper_kept capture/keeper_kept.c 's/^\t\tkeeper_mark_remove\(k\);$/\t\t(void)0;/'
mutant "followed, resumed in the boot it was learned in" unit-keeper_kept capture/keeper_mark.c 's/^\t\treturn "boot";$/\t\treturn NULL;/'
mutant "followed, resumed by a reader of the same settings" unit-keeper_kept capture/keeper_mark.c 's/^\t\treturn "settings";$/\t\treturn NULL;/'
mutant "followed, resumed with a mark alone" unit-keeper_kept capture/keeper_mark.c 's/^\t\treturn "unmarked";$/\t\treturn NULL;/'
mutant "followed, resumed though it could not be taken down" unit-keeper_kept capture/keeper_kept.c 's/^\t\tkeeper_kept_forget_all\(k, "unwritten"\);$/\t\t(void)0;/'
mutant "followed, resumed of a case whose file is of before" unit-keeper_kept capture/keeper_kept_files.c 's/ && add_stale\(&k->mark, c->case_id\) == -1\)/ \&\& 0)/'
mutant "followed, what a reader knew that was lost" unit-keeper_kept capture/keeper_kept.c 's/^\t\tkeeper_kept_forget\(k, docket_case\(k->docket, i\), why\);$/\t\t(void)why;/'
mutant "followed, a session that is over stays so over a new start" unit-follow_coa capture/follow_radius.c 's/s == NULL && follow_session_was_over\(f, &x->nas, &x->session, at\)/0/'
mutant "followed, that it is over is written at once" unit-keeper_kept capture/kept.c 's/ \|\| has_new_over\(was, now\);/;/'
mutant "followed, resumed by the settings it was learned by" unit-keeper_kept capture/keeper_mark.c 's/^.*buf_put\(&b, &iap->ipv6,.*$//'
mutant "followed, kept as tightly bounded as it is" unit-table_follow capture/table_follow.c 's/follow_has_narrowed\(e->follow\) \|\| is_changed/is_changed/'
mutant "followed, an end that is earlier by now" unit-table_follow capture/table_kept.c 's/kept_is_less\(e->kept_told, k\) \|\|/e->kept_told == k ||/'
mutant "followed, at every port that is configured" unit-glance capture/glance.c 's/mark\(g, iap->radius.coa_ports\[i\]\);/(void)g;/'
mutant "followed, whom a message concerns" unit-table_follow capture/table_follow.c 's/for \(i = 0; i < called; i\+\+\)/for (i = 0; i < called \&\& i < 1; i++)/'
mutant "matcher, MACs that end alike" unit-matcher capture/quick.c 's/ : QUICK_ANY;/ : quick_mac_mark(mac);/'
mutant "followed, resumed for its own order alone" unit-table_follow capture/table_kept.c 's/if \(strcmp\(m->kept.order, e->order->sha256\) != 0\)/if (0)/'
mutant "followed, a session that a server has ended" unit-follow_coa capture/follow_coa.c 's/^\tfollow_session_end\(f, s, "disconnected", m, frame\);$/\t;/'
mutant "followed, a session that may go on is declared" unit-follow_coa capture/follow_coa.c 's/s->is_doubted = !is_certain;/;/'
mutant "followed, a yes that is no repetition" unit-follow_pppoe capture/follow_pppoe.c 's/strcmp\(a->sha256, follow_proof\(frame\)\) == 0/1/'
mutant "bindings removed, of an order that is over alone" 92 admin/bound.c 's/\|\| !is_over\(site, case_id\)\)/|| (is_over(site, case_id) \&\& 0))/'
mutant "bindings removed, that the records have the same bytes" 92 admin/bound.c 's/same = here.len == there.len .*;/same = 1;/'
mutant "encrypted orders, that an order is encrypted as it is installed" 21 admin/order_install.c 's/if \(conf->orders_encrypt_to_count == 0\)/if (1)/'
mutant "encrypted orders, that the reader wipes the key" 21 capture/keeper_child.c '/age_identities_free\(k->orders_key\);/d'
mutant "encrypted orders, that the key is its owner's alone" unit-orderfile lib/orderfile.c 's/fsio_check_trusted\(fd, label, 1\) == -1/fsio_check_trusted(fd, label, 0) == -1/'
mutant "encrypted orders, that the records get the file and not its text" 21 packager/orders.c 's/put_copy\(c, name, &file\)/put_copy(c, name, \&text)/'
mutant "given, that a plan names nobody else" unit-binding admin/proof_plan.c 's/if \(judge_groups\(r, w, i, n\) == OTHERS\)/if (0)/'
mutant "given, that only what the records have is removed" 92 admin/bound.c 's/same = here.len == there.len.*/same = 1;/'
mutant "given, that a case waits for what can not be read" unit-bindings packager/bindings.c '/packager_hold_back\(/d'
mutant "given, that what was purged is not brought back" unit-bindings packager/bindings.c 's/ && !is_purged\(&g\)\)/)/'
mutant "verified, that a file gives this address" unit-verify_lines packager/verify_lines.c 's/ \|\| !is_of\(&file, b, s->sums\)\)/)/'
mutant "verified, that it gives all of the time" unit-verify_lines packager/verify_lines.c 's/\(b->end == STAMP_NONE \|\| b->end <= file->until\);/1;/'
mutant "verified, that an approver signed it" unit-verify_lines packager/verify_lines.c 's/VERIFY_TAMPERED(, name, "is signed by no approver)/VERIFY_NOTE\1/'
mutant "verified, that no other role will do" unit-verify_lines packager/verify_lines.c 's/KEYRING_APPROVER, &sig, text/KEYRING_STATION, \&sig, text/'
mutant "verified, that an address which was had again is told twice" unit-verify_binding packager/verify_binding.c 's/ && open->begin.time >= e->time\)/)/'
mutant "verified, the certificate of the records' purge" 45 packager/verify_records.c 's/if \(verdict != KEYRING_GOOD\)/if (0)/'
mutant "verified, what was begun after the log says revoked" unit-verify_records packager/verify_records_orders.c 's/a\.last <= at \+ REVOKED_LATE/a.last != STAMP_NONE/'
mutant "revoked, that nothing begun after it is sealed" 18 packager/stream.c 's/^\tpick->kind = PICK_SPOILT;$//'
mutant "recalled, how a revision was accepted" unit-orderbook lib/ordermemory_recall.c 's/if \(!is_revoked && ordermemory_revision/if (!is_revoked || ordermemory_revision/'
mutant "verified, that a purge is under way" 45 packager/verify_records.c 's/r->is_under_way = left > 0;/r->is_under_way = 0;/'
mutant "verified, what of the log nobody has signed" 45 packager/verify_records_log.c 's/r->sealed = is_head \? n - 1 : 0;/r->sealed = custody_lines(r->log);/'
mutant "verified, that it is of these records" 45 packager/verify_records.c 's/if \(r->purge.what != .*/if (0)/'
mutant "anchors, a head of the log" 45 packager/verify_records_heads.c 's/return verify_anchor_add\(.*;/return 0;/'
mutant "anchors, what stays of a package" 45 packager/verify_records_rows.c 's/return verify_anchor_add\(.*/return f == NULL ? -1/'
mutant "anchors, a ledger" 45 packager/verify_rows.c 's/return verify_anchor_add\(.*;/return 0;/'
mutant "anchors, the certificate of a day" 45 packager/verify_purged.c 's/^\t    verify_anchor_add\($/\t    0 \&\& verify_anchor_add(/'
mutant "anchors, the certificate of the records" 45 packager/verify_records.c '/rc = verify_anchor_add\($/,/;$/{s/rc = verify_anchor_add\(/(void)0;/;/RECORDS_OWN/d}'
mutant "anchors, that one which is not found is told" 45 packager/verify_anchor.c 's/if \(!one->is_due \|\| one->is_found\)/if (1)/'
mutant "verified, that an order may come for an hour only" 45 packager/verify_records_orders.c 's/w->time > r->words\[word\]\.time \+ RUN_MAX/w->time == STAMP_NONE/'
mutant "verified, who signed a request" 45 packager/verify_records_asked.c 's/ \|\| verdict == KEYRING_UNKNOWN\)/)/'
mutant "verified, that the request of a purge is kept" 45 packager/verify_records_log.c 's/\{"purged", RECORDS_PURGED\},?//'
mutant "fragments, a packet in doubt" unit-tunnels capture/fragments.c 's/if \(!fits\(e, x\)\)/if (!fits(e, x) \&\& 0)/'
mutant "fragments, an id that others use beside the tunnel" unit-tunnels capture/matcher_judge.c 's/^\t\tfragments_doubt\(j->m->carried, &piece\);$/\t\t(void)piece;/'
mutant "clock, set back: what was withheld is declared at the end" unit-table capture/table_clock.c 's/^\t\tslicer_gap_of\(t->slicer, e->handle, e->set_back, at, "clock"\);$/\t\t(void)at;/'
mutant "approvers, that a revoked one approves nothing" unit-orderbook lib/keyring.c 's/if \(e->revoked != STAMP_NONE && at >= e->revoked\)/if (0)/'
mutant "approvers, revoked: no clock set back lets a purge go" unit-purge lib/requests.c 's/if \(good && signer->revoked != STAMP_NONE\)/if (0)/'
mutant "approvals, as many as were asked for then" unit-verify_orders packager/verify_accepted.c 's/\.needed = v == NULL \? /.needed = v == NULL || at != STAMP_NONE ? /'
mutant "approvals, verified once a key" unit-verify_orders packager/verify_approved.c 's/ \|\| !is_another\(a, e\) \|\|$/ || (!is_another(a, e) \&\& 0) ||/'
mutant "receipts, that they are a chain" unit-receipts uploader/receipts_chain.c 's/^\t\t    strcmp\(c->links\[i\]\.prev, .*\) != 0\)$/\t\t    0)/; s/c->links\[i\]\.number != i \+ 1 \|\|/i > UINT32_MAX ||/'
mutant "complete, that each package of the ledger has its receipt" unit-completeness uploader/completeness.c 's/has = e == NULL \? 0 : delivered\(.*\);/has = e != NULL;/'
mutant "complete, that numbers missing between days are told" unit-completeness uploader/completeness.c 's/if \(ledger->row_count > 0 && after != UINT64_MAX && /if (0 \&\& /'
mutant "purge, that the certificate is there" unit-purge packager/purge_stage.c 's/return errno == ENOENT \? 0 : purge_day_failed\(d, d->text\);/return 1;/'
mutant "doctor, that the unit shows capture its files" unit-unitfile admin/unitfile.c 's/return !u->has_root \|\| /return u->has_root < 2 || /'
mutant "temp names, that no file on its way is counted as a stranger" unit-spool lib/fsio_publish.c 's/return name\[0\] == .\.. && text_ends_with\(name \+ 1, "\.tmp"\);/return 0;/'
mutant "refused, that a wish to wait ends within an hour" unit-blocked uploader/blocked.c 's/if \(since > now \|\| until - now > BLOCKED_SECONDS \* STAMP_SECOND \|\|/if (0 ||/'
mutant "proof = digest, where the operator wants it alone" 96 uploader/http.c 's/if \(h->conf->proof != CONF_DIGEST\)/if (0)/'
mutant "proof = digest, of what is not encoded" 96 uploader/http.c 's/ \|\| seen\[2\]\.value\[0\] != [^|]*//'
mutant "proof = digest, that it is that of the file" 96 uploader/handover.c '/^check_part/,/^}/s/ \|\| \(a == ANSWER_OK && strcmp.*\)\)/)/'
mutant "proof = digest, said once" unit-stated uploader/stated.c 's/n \+= take_member/n |= take_member/'
mutant "proof = digest, said in one way" unit-stated uploader/stated.c 's/return now \+ before == 1 \|\| .*/return 1;/'
mutant "proof = digest, not by the status before" unit-stated uploader/curlio_header.c 's/^\t\tcurlio_clear_header\(h\);$/\t\t;/'
mutant "proof = digest, whole" unit-stated uploader/curlio_header.c 's/h->is_cut = 1;/h->is_cut = 0;/'
mutant "version of an object, which is read back" 48 uploader/s3.c '/^s3_hash/,/^}/s/if \(s->version\[0\] != .*\) \{/if (0) {/'
mutant "version of an object, which is remembered" 48 uploader/s3.c '/^place_whole/,/^}/s/s3_remember_version\(s, &version\);/(void)version;/'
mutant "version of an object, which an audit asks for" 82 uploader/stream_audit.c 's/strcmp\(destination_version\(l->d\), l->receipt->version\) != 0/0/'
mutant "version of an object, which is behind the name" 82 uploader/stream_audit.c 's/return because\(l, ANSWER_CONFLICT, hidden\);/return ANSWER_OK;/'
mutant "version of an object, of which another has a receipt of its own" 82 uploader/stream_file.c 's/strcmp\(last\.version, r->version\) == 0/last.version[0] != 0/'
mutant "alarm of age, that there is one" 43 uploader/visit.c 's/ \|\| !is_overdue\(v, waiting, now\)\)/ || waiting != now)/'
mutant "alarm of age, not before its time" 43 uploader/visit.c 's/, now, most\) >= most;/, now, most) >= 0;/'
mutant "alarm of age, by a clock that was wrong" 43 uploader/visit.c 's/return waiting - now > most \* STAMP_SECOND;/return 0;/'
mutant "alarm of age, while a window is open" unit-visit uploader/visit.c 's/!pace_is_open\(v->conf, now\) \|\| //'
mutant "alarm of age, as long as one was open" unit-visit uploader/visit.c 's/return pace_open_seconds\(v->conf, waiting, now, most\) >= most;/return waiting + most * STAMP_SECOND <= now;/'
mutant "alarm of age, once an hour" 43 uploader/visit.c '/^check_waiting/,/^}/s/if \(blocked_find\(v->blocked, scope\) != NULL\)/if (0)/'
mutant "alarm of a full server, that there is one" 43 uploader/stream_failure.c 's/if \(answer_is_permanent\(a\) \|\| a == ANSWER_FULL\)/if (answer_is_permanent(a))/'
mutant "alarm of a full server, that it is left alone for a while" 43 uploader/stream_failure.c 's/return a == ANSWER_FULL \? FULL_SECONDS : 0;/return 0;/'
mutant "gate, three shake hands at a time" unit-gate uploader/gate.c 's/while \(g->inside == GATE_MOST &&/while (0 \&\&/'
mutant "gate, the first lane goes alone" unit-lanes uploader/lanes.c 's/if \(!is_first && /if (0 \&\& /'
mutant "gate, no connection without a pass" 43 uploader/curlio_body.c 's/if \(!io->has_pass\)/if (0)/'
mutant "gate, shut where the destination is given up" unit-stream_failure uploader/stream_failure.c 's/^\t\tgate_shut.*//'
mutant "gate, shut for who shakes hands" unit-curlio uploader/curlio_body.c 's/ \|\| \(io->has_pass && gate_is_shut\(io->limits.gate\)\)//'
mutant "parts, only what is as ours is not sent again" 48 uploader/s3_multipart.c 's/if \(theirs == NULL \|\| strcmp\(ours, theirs\) != 0\)/if (theirs == NULL)/'
mutant "parts, a busy moment throws nothing away" 48 uploader/s3_multipart.c 's/if \(a == ANSWER_LOCAL \|\| \(is_passing\(a\) && !is_of_upload\(&reply\)\)\)/if (0)/'
mutant "parts, a line that breaks throws nothing away" 48 uploader/s3_request.c 's/return reply->code == CURLE_OK && reply->http_status >= 200/return reply->http_status != 0/'
mutant "revoked certificates are looked for" 40 uploader/https.c 's/if \(d->crl != NULL && /if (0 \&\& /'
mutant "mounted, that a volume is where it has to be" unit-handover uploader/file.c 's/ && !fsio_is_mounted\(f->rootfd\)\)/ \&\& f->rootfd == -2)/'
mutant "complete, at the url of today" 98 uploader/stream_close.c 's/closing\.is_open = .*/closing.is_open = 0;/'
mutant "complete, what went by another url goes there" 98 uploader/stream.c 's/l->is_closing = has == 0/l->is_closing = 0/'
mutant "complete, a receipt names the place" 98 uploader/stream_file.c 's/strcmp\(last\.location, r->location\) == 0 &&/1 \&\&/'
mutant "lost, not where it never was" unit-stream_failure uploader/stream_failure.c 's/ && stream_is_elsewhere\(s, d, name\) != 1//'
exit "$status"
