#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"
#include "text.h"

#include "verify_approved.h"
#include "verify_certificate.h"
#include "verify_revoked.h"

#include "verify_orders.h"

#define FILES_MAX 4096
#define USES_MAX 10000
#define SUFFIX ".minisig"
#define LATE (3600 * STAMP_SECOND) /* so long a revocation may be on its way without more than a note */
#define DAYS_MAX 36500             /* no limit: that is the station's own rule, which nobody delivers */

struct file {
	char name[TARFILE_NAME_ROOM];
	struct buf text;
	stamp_t sealed; /* when the package that held it first was, as it claims */
	const char *where;
};

/* A revision that records name, and what they say of their frames; or one that only came along. */
struct use {
	uint32_t revision;
	char sha256[DIGEST_HEX];
	stamp_t at; /* when the first of them was begun */
	stamp_t first_frame, last_frame;
	const char *where;
	int is_named;
	struct order *order;
	struct verify_approved approved;
};

struct verify_orders {
	char case_id[NAMES_CASE_ROOM];
	struct file *files;
	size_t file_count;
	struct use *uses;
	size_t use_count;
	const struct verify_versions *versions; /* borrowed */
};

struct verify_orders *
verify_orders_new(const char *case_id)
{
	struct verify_orders *o = calloc(1, sizeof(*o));

	if (o != NULL)
		(void)snprintf(o->case_id, sizeof(o->case_id), "%s", case_id); /* a case ID fits */
	return o;
}

void
verify_orders_know(struct verify_orders *o, const struct verify_versions *versions)
{
	o->versions = versions;
}

const struct verify_versions *
verify_orders_known(const struct verify_orders *o)
{
	return o->versions;
}

void
verify_orders_free(struct verify_orders *o)
{
	size_t i;

	if (o == NULL)
		return;
	for (i = 0; i < o->file_count; i++)
		buf_free(&o->files[i].text);
	for (i = 0; i < o->use_count; i++)
		order_free(o->uses[i].order);
	free(o->files);
	free(o->uses);
	free(o);
}

static const struct file *
find_file(const struct verify_orders *o, const char *name)
{
	size_t i;

	for (i = 0; i < o->file_count; i++) {
		if (strcmp(o->files[i].name, name) == 0)
			return &o->files[i];
	}
	return NULL;
}

const struct buf *
verify_orders_text(const struct verify_orders *o, const char *name)
{
	const struct file *f = find_file(o, name);

	return f == NULL ? NULL : &f->text;
}

const char *
verify_orders_file(const struct verify_orders *o, size_t i, const struct buf **text)
{
	if (i >= o->file_count)
		return NULL;
	*text = &o->files[i].text;
	return o->files[i].name;
}

static int
same_text(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static int
take_file(struct verify_orders *o, const struct package_order *from, stamp_t sealed, const char *where,
    struct verify_result *result)
{
	const struct file *before = find_file(o, from->name);
	struct file *grown;

	if (before != NULL) {
		if (!same_text(&before->text, &from->text))
			verify_say(
			    result, VERIFY_TAMPERED, where, "holds another %s than %s", from->name, before->where);
		return 0;
	}
	if (o->file_count == FILES_MAX) {
		verify_say(result, VERIFY_MALFORMED, where, "more order files than a case can have");
		return 0;
	}
	grown = reallocarray(o->files, o->file_count + 1, sizeof(*grown));
	if (grown == NULL)
		return -1;
	o->files = grown;
	grown = &o->files[o->file_count];
	memset(grown, 0, sizeof(*grown));
	memcpy(grown->name, from->name, sizeof(grown->name));
	grown->where = where;
	grown->sealed = sealed;
	if (from->text.len > 0 && buf_put(&grown->text, from->text.data, from->text.len) == -1)
		return -1;
	o->file_count++;
	return 0;
}

static struct use *
find_use(struct verify_orders *o, const struct slice_head *h)
{
	size_t i;

	for (i = 0; i < o->use_count; i++) {
		if (o->uses[i].revision == h->revision && strcmp(o->uses[i].sha256, h->order_sha256) == 0)
			return &o->uses[i];
	}
	return NULL;
}

static struct use *
new_use(struct verify_orders *o, uint32_t revision, const char *sha256, stamp_t at, const char *where)
{
	struct use *u = reallocarray(o->uses, o->use_count + 1, sizeof(*u));

	if (u == NULL)
		return NULL;
	o->uses = u;
	u = &o->uses[o->use_count++];
	memset(u, 0, sizeof(*u));
	u->revision = revision;
	(void)snprintf(u->sha256, sizeof(u->sha256), "%s", sha256); /* a hash, or "" */
	u->at = at;
	u->where = where;
	u->first_frame = u->last_frame = STAMP_NONE;
	return u;
}

int
verify_orders_package(
    struct verify_orders *o, const struct package_facts *f, const char *where, struct verify_result *result)
{
	const struct slice_head *h = f->is_gap ? &f->gap.head : &f->slice.head;
	stamp_t at = f->is_gap ? f->gap.written : f->slice.open.realtime;
	struct use *u;
	size_t i;

	for (i = 0; i < f->order_count; i++) {
		if (take_file(o, &f->orders[i], f->sealed, where, result) == -1)
			return -1;
	}
	if (h->order_sha256[0] == '\0') {
		/* A number that was lost before any slice was sealed knows no order; nothing is captured without one. */
		if (!f->is_gap)
			verify_say(result, VERIFY_TAMPERED, where, "number %" PRIu64 " holds a slice under no order",
			    f->names.seq);
		return 0;
	}
	u = find_use(o, h);
	if (u == NULL && o->use_count == USES_MAX) {
		verify_say(result, VERIFY_MALFORMED, where, "more revisions than a case can have");
		return 0;
	}
	if (u == NULL)
		u = new_use(o, h->revision, h->order_sha256, at, where);
	if (u == NULL)
		return -1;
	u->is_named = 1;
	if (at < u->at)
		u->at = at;
	if (f->is_gap || f->slice.frames == 0)
		return 0;
	if (u->first_frame == STAMP_NONE || f->slice.first_frame < u->first_frame)
		u->first_frame = f->slice.first_frame;
	if (u->last_frame == STAMP_NONE || f->slice.last_frame > u->last_frame)
		u->last_frame = f->slice.last_frame;
	return 0;
}

static int
compare_uses(const void *a, const void *b)
{
	const struct use *x = a, *y = b;

	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	return strcmp(x->sha256, y->sha256);
}

static void
judge_window(const struct use *u, const char *label, struct verify_result *result)
{
	if (u->first_frame != STAMP_NONE &&
	    (u->first_frame < u->order->not_before || u->last_frame >= u->order->not_after))
		verify_say(
		    result, VERIFY_TAMPERED, label, "records made under it hold frames from outside its window");
}

/* Judge one revision; ${before} is the one that was in force earlier, if it is the number before. */
static void
judge_use(struct verify_orders *o, struct use *u, const struct use *before, const struct keyring *keyring, int whole,
    struct verify_result *result)
{
	char name[32], label[NAMES_CASE_ROOM + 40], why[256];
	const struct file *file;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", u->revision);
	(void)snprintf(label, sizeof(label), "%s/%s", o->case_id, name);
	file = find_file(o, name);
	if (file == NULL) {
		verify_say(result, whole ? VERIFY_INCOMPLETE : VERIFY_NOTE, label,
		    "is named by records in %s, but did not come along", u->where);
		return;
	}
	u->order = file->text.len == 0 ? NULL : order_parse(file->text.data, file->text.len, label);
	if (u->order == NULL || u->order->revision != u->revision || strcmp(u->order->case_id, o->case_id) != 0) {
		verify_say(result, VERIFY_TAMPERED, label, "is no order of this case and number");
		order_free(u->order);
		u->order = NULL;
		return;
	}
	if (strcmp(u->order->sha256, u->sha256) != 0)
		verify_say(result, VERIFY_TAMPERED, label, "is not the text that records in %s name", u->where);
	if (!verify_approved(o, keyring, name, u->at, &u->approved))
		verify_say(result, VERIFY_TAMPERED, label,
		    "has %u of the %u approvals that the keyring of that time asks for", u->approved.count,
		    u->approved.needed);
	if ((u->revision == 1 || before != NULL) &&
	    order_judge(u->order, before == NULL ? NULL : before->order, DAYS_MAX, why, sizeof(why)) == -1)
		verify_say(result, VERIFY_TAMPERED, label, "%s", why);
	judge_window(u, label, result);
}

/*
 * A revision under which no record was made: what becomes of it is capture's to say, but one that was sealed, follows the
 * one before and is approved ends what is due where it ends itself.  It asks for nothing: not whoever may not approve, nor
 * what capture could not follow, makes more due.
 */
static int
may_end(const struct verify_orders *o, struct use *u, const struct use *before, const struct keyring *keyring)
{
	char name[32], why[256];
	const struct buf *text;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", u->revision);
	text = verify_orders_text(o, name);
	if (before == NULL || text->len == 0)
		return 0;
	u->order = order_parse(text->data, text->len, name);
	if (u->order != NULL && u->order->revision == u->revision && strcmp(u->order->case_id, o->case_id) == 0 &&
	    order_judge(u->order, before->order, DAYS_MAX, why, sizeof(why)) == 0 &&
	    verify_approved(o, keyring, name, u->at, &u->approved))
		return 1;
	order_free(u->order);
	u->order = NULL;
	return 0;
}

/* Add the revisions that came along and that no record names. */
static int
add_unnamed(struct verify_orders *o)
{
	char digits[16];
	uint64_t revision;
	size_t i, k, n;

	for (i = 0; i < o->file_count; i++) {
		const struct file *f = &o->files[i];

		n = strcspn(f->name, ".");
		if (n >= sizeof(digits) || strcmp(f->name + n, ".order") != 0)
			continue;
		memcpy(digits, f->name, n);
		digits[n] = '\0';
		if (text_u64(digits, 1, UINT32_MAX, &revision) == -1)
			continue;
		for (k = 0; k < o->use_count && o->uses[k].revision != revision; k++)
			;
		if (k == o->use_count && new_use(o, (uint32_t)revision, "", f->sealed, f->where) == NULL)
			return -1;
	}
	return 0;
}

/* When a signed revocation ended the case, STAMP_NONE if none did. */
static stamp_t
revoked_at(const struct verify_orders *o, const struct keyring *keyring, struct verify_result *result)
{
	const struct file *text = find_file(o, VERIFY_REVOKED), *minisig = find_file(o, VERIFY_REVOKED SUFFIX);

	return text == NULL ? STAMP_NONE
			    : verify_revoked_at(
				  o->case_id, &text->text, minisig == NULL ? NULL : &minisig->text, keyring, result);
}

/*
 * What was captured until the revocation arrived is no tampering, but whoever uses it should know; and that it took long
 * to arrive is more than a note.
 */
static void
say_after_revocation(const struct verify_orders *o, stamp_t revoked, struct verify_result *result)
{
	char label[NAMES_CASE_ROOM + 40], at[STAMP_TEXT], last[STAMP_TEXT];
	size_t i;

	for (i = 0; i < o->use_count; i++) {
		if (o->uses[i].last_frame == STAMP_NONE || o->uses[i].last_frame < revoked)
			continue;
		(void)snprintf(label, sizeof(label), "%s/%" PRIu32 ".order", o->case_id, o->uses[i].revision);
		verify_say(result, o->uses[i].last_frame - revoked < LATE ? VERIFY_NOTE : VERIFY_GAPS, label,
		    "records made under it hold frames stamped up to %s; it was revoked at %s",
		    stamp_format(last, o->uses[i].last_frame), stamp_format(at, revoked));
	}
}

/* Replace what is due from a revision's not_before on by the revision's own window. */
static int
rule(struct spans *window, const struct order *order)
{
	size_t i, kept = 0;

	for (i = 0; i < window->count; i++) {
		struct span s = window->at[i];

		if (s.to > order->not_before)
			s.to = order->not_before;
		if (s.from < s.to)
			window->at[kept++] = s;
	}
	window->count = kept;
	return spans_add(window, order->not_before, order->not_after);
}

int
verify_orders_judge(struct verify_orders *o, const struct keyring *keyring, int whole, struct spans *window,
    struct verify_case_sums *sums, struct verify_result *result)
{
	const struct use *before;
	int known = o->use_count > 0;
	size_t i;

	if (add_unnamed(o) == -1)
		return -1;
	if (o->use_count > 1)
		qsort(o->uses, o->use_count, sizeof(*o->uses), compare_uses);
	if (whole && !known)
		verify_say(result, VERIFY_INCOMPLETE, o->case_id,
		    "no intact package names an order: what is due is not known");
	for (i = 0; i < o->use_count; i++) {
		struct use *u = &o->uses[i];

		before = i > 0 && o->uses[i - 1].revision + 1 == u->revision && o->uses[i - 1].order != NULL ? u - 1
													     : NULL;
		if (!u->is_named && !may_end(o, u, before, keyring))
			continue;
		if (u->is_named)
			judge_use(o, u, before, keyring, whole, result);
		if (u->order == NULL) {
			known = 0;
			continue;
		}
		if (!u->is_named) {
			spans_sort(window);
			spans_cut(window, u->order->not_after);
		} else if (rule(window, u->order) == -1) {
			return -1;
		}
		if (verify_certificate_put(sums, u->order, u->approved.signers, u->approved.count) == -1)
			return -1;
		sums->revision = u->revision;
		(void)snprintf(sums->lea, sizeof(sums->lea), "%s", u->order->lea); /* the rooms are the same */
	}
	spans_sort(window);
	sums->revoked = revoked_at(o, keyring, result);
	if (sums->revoked != STAMP_NONE) {
		spans_cut(window, sums->revoked);
		say_after_revocation(o, sums->revoked, result);
	}
	return known;
}
