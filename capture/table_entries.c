#include <stdlib.h>
#include <string.h>

#include "table_internal.h"

/*
 * Lists of what is captured of each case.
 */

void
table_entry_free(struct entry *e)
{
	if (e == NULL)
		return;
	follow_free(e->follow);
	table_holders_end(e);
	order_free(e->order);
	free(e->given);
	free(e->kept);
	free(e->kept_told);
	free(e);
}

int
table_entries_put(struct entries *list, struct entry *e)
{
	struct entry **grown;
	size_t room;

	if (list->count == list->room) {
		room = list->room == 0 ? 16 : list->room * 2;
		grown = reallocarray(list->at, room, sizeof(*grown));
		if (grown == NULL)
			return -1;
		list->at = grown;
		list->room = room;
	}
	list->at[list->count++] = e;
	return 0;
}

void
table_entries_clear(struct entries *list)
{
	while (list->count > 0)
		table_entry_free(list->at[--list->count]);
	free(list->at);
	list->at = NULL;
	list->room = 0;
}

struct entry *
table_entries_find(const struct entries *list, const char *case_id)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		if (strcmp(list->at[i]->order->case_id, case_id) == 0)
			return list->at[i];
	}
	return NULL;
}
