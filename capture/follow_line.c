#include <string.h>

#include "ethertype.h"
#include "wire.h"

#include "follow_internal.h"
#include "follow_line.h"

/*
 * What tells the frames of one PPPoE session from all others.
 */
#define METHOD "pppoe"
#define TAG 4
#define TYPE_BYTES 2
#define HEADER 6 /* of PPPoE */

static int
is_between(const struct follow_line *line, const uint8_t *data)
{
	return (memcmp(data, line->client, 6) == 0 && memcmp(data + 6, line->concentrator, 6) == 0) ||
	       (memcmp(data, line->concentrator, 6) == 0 && memcmp(data + 6, line->client, 6) == 0);
}

int
follow_line_has(const struct follow_line *line, const uint8_t *data, uint32_t caplen)
{
	uint32_t at = ETHERTYPE_AT;
	uint16_t type, i;

	if (caplen < at + TAG * line->vlan_count + TYPE_BYTES + HEADER || !is_between(line, data))
		return 0;
	for (i = 0; i < line->vlan_count; i++, at += TAG) {
		type = wire_be16(data + at);
		if (type != ETHERTYPE_VLAN && type != ETHERTYPE_QINQ && type != ETHERTYPE_QINQ_OLD)
			return 0;
		if ((wire_be16(data + at + TYPE_BYTES) & 0xfff) != line->vlans[i])
			return 0;
	}
	type = wire_be16(data + at);
	return (type == ETHERTYPE_SESSION || type == ETHERTYPE_DISCOVERY) &&
	       wire_be16(data + at + TYPE_BYTES + 2) == line->session;
}

int
follow_line_is_ours(const struct conf_pppoe *conf, const uint8_t *mac)
{
	uint32_t i;

	for (i = 0; i < conf->concentrator_count; i++) {
		if (memcmp(conf->concentrators[i], mac, 6) == 0)
			return 1;
	}
	return 0;
}

int
follow_line_is_allowed(const struct order *o, uint16_t session)
{
	size_t i;

	for (i = 0; i < o->session_count; i++) {
		if (o->sessions[i] == session)
			return 1;
	}
	return o->session_count == 0;
}

size_t
follow_line_find(const struct follow *f, const struct follow_line *line)
{
	size_t i;

	for (i = 0; i < f->count; i++) {
		if (f->bindings[i].source == FOLLOW_PPPOE && memcmp(&f->bindings[i].line, line, sizeof(*line)) == 0)
			break;
	}
	return i;
}

void
follow_line_keep(const struct follow *f, const struct follow_binding *b, struct kept_binding *k)
{
	const struct follow_line *line = &b->line;
	uint16_t i;

	(void)f;
	follow_more_put(k, line->client, sizeof(line->client));
	follow_more_put(k, line->concentrator, sizeof(line->concentrator));
	follow_more_put_number(k, line->session);
	for (i = 0; i < line->vlan_count; i++)
		follow_more_put_number(k, line->vlans[i]);
}

/* Number of a session or a VLAN. */
static int
get_number(struct follow_more *more, uint16_t *out)
{
	uint64_t v;

	if (follow_more_get_number(more, &v) == -1 || v > UINT16_MAX)
		return -1;
	*out = (uint16_t)v;
	return 0;
}

int
follow_line_take(struct follow *f, struct follow_binding *b, struct follow_more *more)
{
	struct follow_line *line = &b->line;

	if (f->lines == NULL || follow_more_get(more, line->client, sizeof(line->client)) == -1 ||
	    follow_more_get(more, line->concentrator, sizeof(line->concentrator)) == -1 ||
	    get_number(more, &line->session) == -1)
		return -1;
	for (; more->left > 0; line->vlan_count++) {
		if (line->vlan_count == FOLLOW_VLANS_MAX || get_number(more, &line->vlans[line->vlan_count]) == -1)
			return -1;
	}
	if (line->session == 0 || !follow_line_is_ours(&f->iap->pppoe, line->concentrator) ||
	    !follow_line_is_allowed(f->order, line->session) || follow_line_find(f, line) < f->count)
		return -1;
	b->method = METHOD;
	return 0;
}
