#include <stdio.h>
#include <string.h>

#include "recipients.h"

struct gathering {
	struct age_recipient *list;
	int count;
	char *why;
	size_t room;
};

static int
refuse(struct gathering *g, const char *what, const char *name)
{
	(void)snprintf(g->why, g->room, "%s%s", what, name); /* cut where it is too long */
	return -1;
}

static int
add(struct gathering *g, const struct age_recipient *r)
{
	int i;

	for (i = 0; i < g->count; i++) {
		if (memcmp(g->list[i].key, r->key, sizeof(r->key)) == 0)
			return 0;
	}
	if (g->count == AGE_RECIPIENTS_MAX)
		return refuse(g, "its destinations have too many recipients", "");
	g->list[g->count++] = *r;
	return 0;
}

int
recipients_of(const struct conf *conf, const struct order *order, struct age_recipient list[AGE_RECIPIENTS_MAX],
    char *why, size_t room)
{
	struct gathering g = {list, 0, why, room};
	const struct conf_destination *d;
	const char *with = NULL, *without = NULL;
	struct age_recipient escrow;
	size_t i, k;

	for (i = 0; i < order->destination_count; i++) {
		d = conf_find_destination(conf, order->destinations[i]);
		if (d == NULL || d->encrypt_to_count == 0)
			without = order->destinations[i];
		else
			with = order->destinations[i];
		for (k = 0; d != NULL && k < d->encrypt_to_count; k++) {
			if (add(&g, &d->encrypt_to[k]) == -1)
				return -1;
		}
	}
	if (with != NULL && without != NULL)
		return refuse(&g, "one of its destinations has encrypt_to, so all must have, but not ", without);
	if (order->escrow[0] == '\0')
		return g.count;
	if (with == NULL)
		return refuse(&g, "it names an escrow recipient, but its destinations have no encrypt_to", "");
	if (age_recipient_parse(order->escrow, strlen(order->escrow), &escrow) == -1)
		return refuse(&g, "its escrow recipient is none", "");
	return add(&g, &escrow) == -1 ? -1 : g.count;
}
