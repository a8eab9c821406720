#include <stdlib.h>
#include <string.h>

#include "table_internal.h"

struct table_given {
	struct given_list list;
	struct order ends; /* as if the subject were all of these addresses, for the kernel filter */
	struct order_prefix prefixes[GIVEN_MAX];
};

int
table_given_take(struct entry *e, const struct given_list *list)
{
	struct table_given *g = e->given;
	size_t i;

	if (list->count == 0 || list->count > GIVEN_MAX)
		return 0;
	if (g == NULL)
		g = e->given = calloc(1, sizeof(*g));
	if (g == NULL)
		return -1;
	g->list = *list;
	for (i = 0; i < list->count; i++)
		g->prefixes[i] = list->at[i].address;
	g->ends.prefixes = g->prefixes;
	g->ends.prefix_count = list->count;
	return 0;
}

void
table_given_move(struct table *t, struct entry *to, struct entry *from, stamp_t now)
{
	struct table_given *g = to->given;

	to->given = from->given;
	from->given = g;
	if (to->given != NULL || g != NULL)
		table_given_tell(t, to, now);
}

void
table_given_tell(struct table *t, struct entry *e, stamp_t now)
{
	static const struct given_list none;

	if (e->follow == NULL)
		return;
	follow_give(e->follow, e->given == NULL ? &none : &e->given->list, now);
	t->follow_next = STAMP_NONE; /* to be found */
}

const struct order *
table_given_ends(const struct entry *e)
{
	return e->given == NULL ? NULL : &e->given->ends;
}
