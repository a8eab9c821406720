#include "given.h"

#include "keeper_internal.h"

#define AGAIN (10 * STAMP_SECOND)
#define TRIES_MAX 3 /* so many in a row at the next turns, before there is no hurry: each look is a line */

static int
load(struct keeper *k, struct docket_case *c)
{
	const struct given_place place = {k->statefd, k->journalfd, k->iap->name};
	const struct given_judge judge = {k->keyring, k->reading.realtime};
	struct given_list list;
	int rc = given_load(&place, &judge, c->order, &c->given, &list);

	docket_give(k->docket, c, &list);
	return rc;
}

void
keeper_clean_given(const struct keeper *k)
{
	const struct given_place place = {k->statefd, k->journalfd, k->iap->name};

	given_clean(&place);
}

void
keeper_load_given(struct keeper *k)
{
	struct docket_case *c;
	int is_unsure = 0;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->order != NULL && c->order->identity_count > 0 && load(k, c) == -1)
			is_unsure = 1;
	}
	k->failed_givens = is_unsure ? k->failed_givens + 1 : 0;
	k->given_at = !is_unsure ? 0 : k->reading.boottime + (k->failed_givens < TRIES_MAX ? 0 : AGAIN);
}

int
keeper_given_is_due(const struct keeper *k)
{
	return k->failed_givens > 0 && k->reading.boottime >= k->given_at;
}
