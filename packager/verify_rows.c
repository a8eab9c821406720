#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "verify_rows.h"

#define KEYRING "keyring.txt"
#define LEDGER_MAX ((size_t)LEDGER_ROWS_MAX * 512)

static int
parse_ledger(struct verify_folder *d, const struct buf *text)
{
	const struct verify_place *p = d->place;
	unsigned line = 0;

	if (ledger_parse(text->data == NULL ? "" : text->data, text->len, &d->ledger, &line) == -1) {
		if (errno == ENOMEM)
			return -1;
		verify_list_say(d, VERIFY_MALFORMED, d->ledger_name, "is no ledger (line %u)", line);
		return 0;
	}
	if (strcmp(d->ledger.case_id, p->case_id) != 0 || strcmp(d->ledger.iap, p->iap) != 0 ||
	    d->ledger.day != p->day) {
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "is the ledger of another case, IAP or day");
		ledger_clear(&d->ledger);
		return 0;
	}
	d->has_ledger = 1;
	return 0;
}

/* Which keyring was in force, as the ledger says, and since when at the latest. */
static int
show_keyring(const struct verify_folder *d)
{
	uint64_t version = verify_keys_version(d->run->keys, d->ledger.keyring_sha256);
	stamp_t at = d->closed;

	if (at != STAMP_NONE && d->run->attested != STAMP_NONE && d->run->attested < at)
		at = d->run->attested;
	if (version == 0 || at == STAMP_NONE || d->run->orders == NULL)
		return 0;
	return verify_orders_keyring(d->run->orders, version, at);
}

/* That the custody log has a gap, once for each: it is declared here, and approved where the records are. */
static void
say_lost(struct verify_folder *d)
{
	const struct ledger *l = &d->ledger;

	if (l->lost_lines == 0 || l->lost_lines == d->run->lost_said)
		return;
	d->run->lost_said = l->lost_lines;
	verify_list_say(d, VERIFY_GAPS, d->ledger_name,
	    "the custody log of the case was lost up to its line %" PRIu64
	    " and begun anew, as its station says: the request (SHA-256 %.16s...) and its approvals are in the "
	    "station's records",
	    l->lost_lines, l->lost_request);
}

/* What the ledger says of itself, its rows apart. */
static int
judge_ledger(struct verify_folder *d, const char *sha256)
{
	const struct ledger *l = &d->ledger;
	const char *base = strrchr(d->place->folder, '/') + 1;
	char keyring[DIGEST_HEX];
	stamp_t day;
	size_t i;

	if (stamp_day_parse(base, &day) == 0 && day != l->day)
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "lies in the folder of another day");
	if (l->row_count > 0 && strcmp(l->head_seal, l->rows[l->row_count - 1].seal_id) != 0)
		verify_list_say(d, VERIFY_TAMPERED, d->ledger_name, "its head-seal is not the seal of its last row");
	if (verify_file_hash(&d->dir, KEYRING, keyring) == 0 && strcmp(keyring, l->keyring_sha256) != 0)
		verify_list_say(d, VERIFY_TAMPERED, KEYRING, "is not the keyring that the ledger names");
	if (verify_stream_ledger(d->run->stream, l, sha256, verify_keys_version(d->run->keys, l->keyring_sha256),
		d->place->label) == -1)
		return -1;
	verify_stream_closed(d->run->stream, d->closed);
	if (show_keyring(d) == -1)
		return -1;
	for (i = 0; i < l->sibling_count; i++) {
		if (verify_claims_sibling(d->run->claims, d->place->label, l->siblings[i], l->day) == -1)
			return -1;
	}
	say_lost(d);
	if (l->lost_lines > 0 &&
	    verify_anchor_add(d->run->anchors, l->iap, l->lost_lines, l->lost_head, d->place->label) == -1)
		return -1;
	verify_anchors_next(d->run->anchors, l->lost_lines, STAMP_NONE);
	return verify_anchor_add(d->run->anchors, l->iap, VERIFY_ANCHOR_LEDGER, l->custody_head, d->place->label);
}

int
verify_rows_load(struct verify_folder *d)
{
	const struct verify_place *p = d->place;
	struct buf text = BUF_INIT;
	char sha256[DIGEST_HEX];
	int rc = 0;

	if (p->case_id[0] == '\0' || p->day == STAMP_NONE)
		return 0;
	(void)names_day_file(d->ledger_name, p->case_id, p->iap, p->day, ".ledger.txt");
	if (!verify_list_has(d, d->ledger_name)) {
		if (d->sums != NULL && manifest_find(d->sums, d->ledger_name) == NULL)
			verify_list_say(d, VERIFY_INCOMPLETE, d->ledger_name, "is missing");
		return 0;
	}
	/* A ledger is signed through the list alone; without one, anybody may have written it. */
	if (!d->is_closed) {
		verify_list_say(
		    d, VERIFY_INCOMPLETE, d->ledger_name, "is there, but " SUMS " is not: nobody answers for it");
		return 0;
	}
	if (verify_file_load(&d->dir, d->ledger_name, LEDGER_MAX, &text) == -1) {
		verify_list_say_file(d, d->ledger_name, errno);
		goto out;
	}
	rc = digest_hex_of(text.data == NULL ? "" : text.data, text.len, sha256);
	/* A ledger that nobody signed proves nothing, and what it says would only add to the noise. */
	if (rc == 0 && verify_list_matches(d, d->ledger_name, sha256))
		rc = parse_ledger(d, &text);
	if (rc == 0 && d->has_ledger)
		rc = judge_ledger(d, sha256);
out:
	buf_free(&text);
	return rc;
}

const struct ledger_row *
verify_rows_find(const struct verify_folder *d, uint64_t seq)
{
	/* Their numbers have no holes: ledger_parse() saw to it. */
	if (!d->has_ledger || d->ledger.row_count == 0 || seq < d->ledger.rows[0].seq ||
	    seq - d->ledger.rows[0].seq >= d->ledger.row_count)
		return NULL;
	return &d->ledger.rows[seq - d->ledger.rows[0].seq];
}

/* A number whose package can not vouch for itself: what the ledger says of it still ties the chain together. */
int
verify_rows_unproven(struct verify_folder *d, uint64_t seq)
{
	const struct ledger_row *r = verify_rows_find(d, seq);

	return verify_stream_unproven(d->run->stream, seq, r == NULL ? "" : r->seal_id, d->place->label);
}

/* Does the row say what the package says?  The word for what differs, or NULL. */
static const char *
difference(const struct ledger_row *r, const struct package_facts *f)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	const struct slice_record *s = &f->slice;

	if (strcmp(r->seal_id, f->seal_id) != 0)
		return "seal";
	if (r->from != h->from || r->to != h->to)
		return "window";
	if (r->is_gap_package != f->is_gap)
		return "kind";
	if (f->is_gap)
		return strcmp(r->gap, f->gap.reason) != 0 ? "gap" : NULL;
	if (r->frames != s->frames || r->bytes != s->bytes)
		return "frames";
	if (r->first_frame != s->first_frame || r->last_frame != s->last_frame)
		return "frame times";
	if (r->own_loss != s->lost_disk + s->lost_quota || r->possible_loss != (s->shared_loss != 0))
		return "loss";
	return r->gaps != s->gap_count ? "gaps" : NULL;
}

void
verify_rows_judge(struct verify_folder *d, const char *name, const struct package_facts *f)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	const struct ledger_row *r = verify_rows_find(d, f->names.seq);
	const char *what;

	if (d->place->day != STAMP_NONE && f->day != d->place->day)
		verify_list_say(d, VERIFY_TAMPERED, name, "was sealed for another day");
	if (!d->has_ledger)
		return;
	if (r == NULL) {
		verify_list_say(d, VERIFY_TAMPERED, name, "has no row in the ledger");
		return;
	}
	what = difference(r, f);
	if (what == NULL && r == &d->ledger.rows[d->ledger.row_count - 1] &&
	    strcmp(d->ledger.order_sha256, h->order_sha256) != 0)
		what = "order";
	if (what != NULL)
		verify_list_say(d, VERIFY_TAMPERED, name, "is not what its row in the ledger says (%s)", what);
}

/* Rows whose packages are not there.  Where there is a list, it names them already, unless it lacks them as well. */
int
verify_rows_check(struct verify_folder *d)
{
	const struct verify_place *p = d->place;
	char name[NAMES_FILE_ROOM], encrypted[NAMES_FILE_ROOM];
	size_t i;

	for (i = 0; d->has_ledger && i < d->ledger.row_count; i++) {
		(void)names_package(name, p->case_id, p->iap, d->ledger.rows[i].seq, ".tar");
		(void)names_package(encrypted, p->case_id, p->iap, d->ledger.rows[i].seq, ".tar.age");
		if (verify_list_has(d, name) || verify_list_has(d, encrypted))
			continue;
		if (d->sums == NULL)
			verify_list_say(d, VERIFY_INCOMPLETE, name, "is missing; the ledger lists it");
		else if (manifest_find(d->sums, name) == NULL && manifest_find(d->sums, encrypted) == NULL)
			verify_list_say(
			    d, VERIFY_TAMPERED, name, "is missing; the ledger lists it, but " SUMS " does not");
		if (verify_rows_unproven(d, d->ledger.rows[i].seq) == -1)
			return -1;
	}
	return 0;
}
