#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "diag.h"
#include "fsio.h"

#include "orderbook.h"

#include "orderbook_internal.h"

/* cases[] rises strictly in the byte order of the IDs. */
struct orderbook {
	struct ordermemory *memory;         /* borrowed */
	struct order_acceptance acceptance; /* of what it accepts: when it was loaded, by which keyring */
	struct orderbook_case *cases;
	size_t count;
	size_t room;
};

static int
add_case(struct orderbook *b, const char *case_id)
{
	size_t room = b->room == 0 ? 16 : b->room * 2;
	struct orderbook_case *grown;

	if (b->count == b->room) {
		grown = reallocarray(b->cases, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		b->cases = grown;
		b->room = room;
	}
	memset(&b->cases[b->count], 0, sizeof(b->cases[b->count]));
	memcpy(b->cases[b->count].case_id, case_id, strlen(case_id) + 1);
	b->count++;
	return 0;
}

static int
add_entry(void *cookie, const char *name)
{
	if (name[0] == '.')
		return 0; /* a file that is being put there, an editor's, a version control's */
	if (!names_is_case(name)) {
		diag_warnx("orders: %s is no case ID and left out", name);
		return 0;
	}
	return add_case(cookie, name);
}

static int
compare_cases(const void *a, const void *b)
{
	return strcmp(((const struct orderbook_case *)a)->case_id, ((const struct orderbook_case *)b)->case_id);
}

static int
compare_folded(const void *a, const void *b)
{
	return strcasecmp(
	    (*(struct orderbook_case *const *)a)->case_id, (*(struct orderbook_case *const *)b)->case_id);
}

/* All cases of the folder and of the memory, each once, in order. */
static int
collect(struct orderbook *b, int dirfd)
{
	size_t i, kept = 0;

	if (fsio_list(dirfd, add_entry, b) == -1)
		return -1;
	for (i = 0; i < ordermemory_count(b->memory); i++) {
		if (add_case(b, ordermemory_case(b->memory, i)) == -1)
			return -1;
	}
	if (b->count > 0)
		qsort(b->cases, b->count, sizeof(*b->cases), compare_cases);
	for (i = 0; i < b->count; i++) {
		if (kept == 0 || compare_cases(&b->cases[kept - 1], &b->cases[i]) != 0)
			b->cases[kept++] = b->cases[i];
	}
	b->count = kept;
	return 0;
}

/*
 * Two IDs that differ in upper and lower case only would share a folder on some disk of the chain, and people would
 * mistake one for the other: only one that was accepted before stays (FAULTS 12).
 */
static int
refuse_twins(struct orderbook *b)
{
	struct orderbook_case **sorted = calloc(b->count + 1, sizeof(struct orderbook_case *));
	size_t i;

	if (sorted == NULL)
		return -1;
	for (i = 0; i < b->count; i++)
		sorted[i] = &b->cases[i];
	qsort(sorted, b->count, sizeof(struct orderbook_case *), compare_folded);
	for (i = 0; i < b->count; i++) {
		if ((i == 0 || compare_folded(&sorted[i - 1], &sorted[i]) != 0) &&
		    (i + 1 == b->count || compare_folded(&sorted[i], &sorted[i + 1]) != 0))
			continue;
		if (!ordermemory_has(b->memory, sorted[i]->case_id))
			orderbook_say(
			    sorted[i], ORDERBOOK_REFUSED, "differs from another case in upper and lower case only");
	}
	free(sorted);
	return 0;
}

struct orderbook *
orderbook_load(int dirfd, const struct keyring *keyring, struct ordermemory *memory, uint32_t max_days, stamp_t now)
{
	const struct orderbook_rules rules = {.max_days = max_days, .now = now};

	return orderbook_load_by(dirfd, keyring, memory, &rules);
}

struct orderbook *
orderbook_load_by(
    int dirfd, const struct keyring *keyring, struct ordermemory *memory, const struct orderbook_rules *rules)
{
	const struct orderbook_view view = {dirfd, keyring, memory, rules};
	struct orderbook *b = calloc(1, sizeof(*b));
	size_t i;

	if (b == NULL)
		goto fail;
	b->memory = memory;
	b->acceptance.at = rules->now;
	(void)snprintf(b->acceptance.keyring_sha256, sizeof(b->acceptance.keyring_sha256), "%s",
	    keyring_sha256(keyring)); /* a hash */
	if (collect(b, dirfd) == -1 || refuse_twins(b) == -1)
		goto fail;
	for (i = 0; i < b->count; i++) {
		if (b->cases[i].why[0] == '\0' && orderbook_judge(&view, &b->cases[i]) == -1)
			goto fail;
	}
	return b;
fail:
	diag_err("orders");
	orderbook_free(b);
	return NULL;
}

void
orderbook_free(struct orderbook *b)
{
	int saved = errno;
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->count; i++)
		order_free(b->cases[i].order);
	free(b->cases);
	free(b);
	errno = saved;
}

size_t
orderbook_count(const struct orderbook *b)
{
	return b->count;
}

const struct orderbook_case *
orderbook_case(const struct orderbook *b, size_t i)
{
	return &b->cases[i];
}

static int
compare_id(const void *case_id, const void *c)
{
	return strcmp(case_id, ((const struct orderbook_case *)c)->case_id);
}

const struct orderbook_case *
orderbook_find(const struct orderbook *b, const char *case_id)
{
	return b->count == 0 ? NULL : bsearch(case_id, b->cases, b->count, sizeof(*b->cases), compare_id);
}

/* Put what is new into ${m}. */
static int
raise_all(const struct orderbook *b, struct ordermemory *m)
{
	const struct orderbook_case *c;
	size_t i;

	for (i = 0; i < b->count; i++) {
		c = &b->cases[i];
		if (!c->is_new)
			continue;
		if (ordermemory_raise(m, c->case_id, c->order == NULL ? 0 : c->order->revision,
			c->order == NULL ? "" : c->order->sha256, c->state == ORDERBOOK_REVOKED) == -1)
			return -1;
		if (c->state == ORDERBOOK_ACCEPTED)
			ordermemory_accept(m, c->case_id, &b->acceptance);
	}
	return 0;
}

int
orderbook_remember(struct orderbook *b, int dirfd, const char *iap)
{
	struct ordermemory *raised;
	int is_new = 0, rc = -1;
	size_t i;

	for (i = 0; i < b->count; i++)
		is_new |= b->cases[i].is_new;
	if (!is_new)
		return 0;
	/* The memory that later books are judged by must never know more than the disk does. */
	raised = ordermemory_copy(b->memory);
	if (raised == NULL || raise_all(b, raised) == -1) {
		diag_err("orders");
		goto out;
	}
	if (ordermemory_save(raised, dirfd, iap) == -1)
		goto out;
	ordermemory_swap(b->memory, raised);
	for (i = 0; i < b->count; i++)
		b->cases[i].is_new = 0;
	rc = 0;
out:
	ordermemory_free(raised);
	return rc;
}
