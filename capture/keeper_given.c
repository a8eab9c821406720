#include "given.h"

#include "keeper_internal.h"

void
keeper_load_given(struct keeper *k)
{
	const struct given_place place = {k->statefd, k->journalfd, k->iap->name};
	struct given_list list;
	struct docket_case *c;
	size_t i;

	for (i = 0; i < docket_count(k->docket); i++) {
		c = docket_case(k->docket, i);
		if (c->order != NULL && c->order->identity_count > 0 &&
		    given_load(&place, k->keyring, k->reading.realtime, c->order, &list) == 0)
			docket_give(k->docket, c, &list);
	}
}
