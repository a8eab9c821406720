#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "verify_certificate.h"
#include "verify_revoked.h"

#include "verify_orders_internal.h"

#define DAYS_MAX 36500 /* no limit: that is the station's own rule, which nobody delivers */

static int
compare_uses(const void *a, const void *b)
{
	const struct orders_use *x = a, *y = b;

	if (x->revision != y->revision)
		return x->revision < y->revision ? -1 : 1;
	return strcmp(x->sha256, y->sha256);
}

static void
judge_window(const struct orders_use *u, const char *label, struct verify_result *result)
{
	if (u->first_frame != STAMP_NONE &&
	    (u->first_frame < u->order->not_before || u->last_frame >= u->order->not_after))
		verify_say(
		    result, VERIFY_TAMPERED, label, "records made under it hold frames from outside its window");
}

/* Judge one revision; ${before} is the one that was in force earlier, if it is the number before. */
static void
judge_use(struct verify_orders *o, struct orders_use *u, const struct orders_use *before,
    const struct keyring *keyring, int whole, struct verify_result *result)
{
	char name[32], label[NAMES_CASE_ROOM + 40], why[256];
	const struct orders_file *file;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", u->revision);
	(void)snprintf(label, sizeof(label), "%s/%s", o->case_id, name);
	file = orders_file(o, name);
	if (file == NULL) {
		verify_say(result, whole ? VERIFY_INCOMPLETE : VERIFY_NOTE, label,
		    "is named by records in %s, but did not come along", u->where);
		return;
	}
	order_free(u->order); /* of an earlier look, before more came along */
	u->order = file->text.len == 0 ? NULL : order_parse(file->text.data, file->text.len, label);
	if (u->order == NULL && file->text.len > 0 && errno == ENOMEM) {
		result->failed = 1;
		return;
	}
	if (u->order == NULL || u->order->revision != u->revision || strcmp(u->order->case_id, o->case_id) != 0) {
		verify_say(result, VERIFY_TAMPERED, label, "is no order of this case and number");
		order_free(u->order);
		u->order = NULL;
		return;
	}
	if (strcmp(u->order->sha256, u->sha256) != 0)
		verify_say(result, VERIFY_TAMPERED, label, "is not the text that records in %s name", u->where);
	orders_accepted(o, u, name, label, keyring, result);
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
may_end(const struct verify_orders *o, struct orders_use *u, const struct orders_use *before,
    const struct keyring *keyring)
{
	char name[32], why[256];
	const struct buf *text;

	(void)snprintf(name, sizeof(name), "%" PRIu32 ".order", u->revision);
	text = verify_orders_text(o, name);
	if (before == NULL || text->len == 0)
		return 0;
	order_free(u->order); /* as there */
	u->order = order_parse(text->data, text->len, name);
	if (u->order != NULL && u->order->revision == u->revision && strcmp(u->order->case_id, o->case_id) == 0 &&
	    order_judge(u->order, before->order, DAYS_MAX, why, sizeof(why)) == 0 &&
	    orders_approved_at(o, name, keyring, u->at, &u->approved))
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
		const struct orders_file *f = &o->files[i];

		n = strcspn(f->name, ".");
		if (n >= sizeof(digits) || strcmp(f->name + n, ".order") != 0)
			continue;
		memcpy(digits, f->name, n);
		digits[n] = '\0';
		if (text_u64(digits, 1, UINT32_MAX, &revision) == -1)
			continue;
		for (k = 0; k < o->use_count && o->uses[k].revision != revision; k++)
			;
		if (k == o->use_count && orders_new_use(o, (uint32_t)revision, "", f->sealed, f->where) == NULL)
			return -1;
	}
	return 0;
}

/* When a signed revocation ended the case, STAMP_NONE if none did. */
static stamp_t
revoked_at(const struct verify_orders *o, const struct keyring *keyring, struct verify_result *result)
{
	const struct orders_file *text = orders_file(o, VERIFY_REVOKED),
				 *minisig = orders_file(o, VERIFY_REVOKED ORDERS_SUFFIX);

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
		verify_say(result, o->uses[i].last_frame - revoked < ORDERS_LATE ? VERIFY_NOTE : VERIFY_GAPS, label,
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
	const struct orders_use *before;
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
		struct orders_use *u = &o->uses[i];

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
