#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "order.h"
#include "text.h"

#include "verify_grow.h"

#include "verify_claims.h"

#define SUFFIX ".order"

struct verify_claim {
	char *where;
	char lea[65]; /* "" for a purge */
	char order_sha256[DIGEST_HEX];
	uint32_t revision, days;
	struct verify_proof proof;
};

/* A stream that another one's ledger names. */
struct verify_sibling {
	char iap[NAMES_IAP_ROOM];
	stamp_t day;       /* of the first such ledger */
	const char *where; /* borrowed */
};

int
verify_claims_sibling(struct verify_claims *c, const char *where, const char *iap, stamp_t day)
{
	struct verify_sibling *one;
	size_t i;

	for (i = 0; i < c->sibling_count; i++) {
		one = &c->siblings[i];
		if (strcmp(one->iap, iap) != 0)
			continue;
		if (day < one->day)
			one->day = day, one->where = where;
		return 0;
	}
	if (c->sibling_count == LEDGER_SIBLINGS_MAX)
		return 0;
	one = verify_grow(c->siblings, c->sibling_count, sizeof(*one));
	if (one == NULL)
		return -1;
	c->siblings = one;
	one += c->sibling_count++;
	memset(one, 0, sizeof(*one));
	(void)snprintf(one->iap, sizeof(one->iap), "%s", iap); /* the rooms are the same */
	one->day = day;
	one->where = where;
	return 0;
}

const char *
verify_claims_siblings(const struct verify_claims *c, size_t i, stamp_t *day, const char **where)
{
	if (i >= c->sibling_count)
		return NULL;
	*day = c->siblings[i].day;
	*where = c->siblings[i].where;
	return c->siblings[i].iap;
}

static struct verify_claim *
add(struct verify_claims *c, const char *where)
{
	struct verify_claim *grown = verify_grow(c->at, c->count, sizeof(*grown));

	if (grown == NULL)
		return NULL;
	c->at = grown;
	grown += c->count;
	memset(grown, 0, sizeof(*grown));
	grown->where = strdup(where);
	if (grown->where == NULL)
		return NULL;
	c->count++;
	return grown;
}

int
verify_claims_purge(
    struct verify_claims *c, const char *where, const struct purgecert *cert, const struct verify_proof *proof)
{
	struct verify_claim *one = add(c, where);

	if (one == NULL)
		return -1;
	memcpy(one->order_sha256, cert->order_sha256, sizeof(one->order_sha256));
	one->revision = cert->revision;
	one->days = cert->days;
	one->proof = *proof;
	return 0;
}

int
verify_claims_received(struct verify_claims *c, const char *where, const char *lea)
{
	struct verify_claim *one = add(c, where);

	if (one == NULL)
		return -1;
	(void)snprintf(one->lea, sizeof(one->lea), "%s", lea); /* the rooms are the same */
	return 0;
}

void
verify_claims_free(struct verify_claims *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		free(c->at[i].where);
	free(c->at);
	free(c->siblings);
	memset(c, 0, sizeof(*c));
}

static int
has_destination(const struct verify_proof *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->count && strcmp(p->destinations[i], name) != 0; i++)
		;
	return i < p->count;
}

/* What an order has otherwise than the certificate that names it, or NULL. */
static const char *
contradiction(const struct verify_claim *c, const struct order *o)
{
	size_t i;

	if (o->revision != c->revision)
		return "names another revision than its order has";
	if (o->payload_days != c->days)
		return "names another retention than its order";
	for (i = 0; i < o->destination_count; i++) {
		if (!has_destination(&c->proof, o->destinations[i]))
			return "has no receipts of a destination of its order";
	}
	return NULL;
}

static void
judge_purge(const struct verify_claim *c, const struct verify_orders *orders, struct verify_result *result)
{
	const struct buf *text;
	struct order *o = NULL;
	char name[32], hex[DIGEST_HEX];
	const char *why = NULL;

	(void)snprintf(name, sizeof(name), "%" PRIu32 SUFFIX, c->revision); /* has room */
	text = verify_orders_text(orders, name);
	if (text == NULL || text->len == 0)
		return; /* that an order did not come along is said where it is missed */
	if (digest_hex_of(text->data, text->len, hex) == -1)
		result->failed = 1;
	else if (strcmp(hex, c->order_sha256) != 0)
		why = "names another text of its order than the packages hold";
	else if ((o = order_parse(text->data, text->len, name)) != NULL)
		why = contradiction(c, o);
	else
		result->failed |= errno == ENOMEM; /* that it is no order is said where orders are judged */
	if (why != NULL)
		verify_say(result, VERIFY_TAMPERED, c->where, "%s", why);
	order_free(o);
}

/* Is it the order's LEA, or that of one of its destinations?  Counts the orders that were looked at. */
static int
is_meant(const char *lea, const struct verify_orders *orders, size_t *seen)
{
	const struct buf *text;
	const char *name;
	size_t i, k;
	int is_it = 0;

	for (i = 0; !is_it && (name = verify_orders_file(orders, i, &text)) != NULL; i++) {
		struct order *o =
		    text_ends_with(name, SUFFIX) && text->len > 0 ? order_parse(text->data, text->len, name) : NULL;

		if (o == NULL)
			continue;
		++*seen;
		is_it = strcmp(o->lea, lea) == 0;
		for (k = 0; !is_it && k < o->destination_count; k++)
			is_it = strcmp(o->destinations[k], lea) == 0;
		order_free(o);
	}
	return is_it;
}

int
verify_claims_judge(const struct verify_claims *c, const struct verify_orders *orders, struct verify_result *result)
{
	const char *last = NULL;
	int is_good = 0;
	size_t i, seen = 0;

	for (i = 0; i < c->count; i++) {
		const struct verify_claim *one = &c->at[i];

		if (one->lea[0] == '\0') {
			judge_purge(one, orders, result);
			continue;
		}
		if (last == NULL || strcmp(last, one->lea) != 0)
			is_good = is_meant(one->lea, orders, &seen) || seen == 0;
		last = one->lea;
		if (!is_good)
			verify_say(result, VERIFY_NOTE, one->where,
			    "is signed by %s, whom no order that is here names as its LEA or a destination",
			    one->lea);
	}
	return 0;
}
