#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "order.h"

#include "package_internal.h"

/*
 * Which members a package has, by their names, and where what is read of them is kept.
 */
#define PAYLOADS_MAX (PACKAGE_ORDERS_MAX + 6)
#define GAP_MAX_BYTES ((size_t)64 * 1024)
#define ORDERS "data/orders/"

static const struct {
	const char *name; /* below the bag; NULL: depends on the stem */
	int needed;
} parts[PARTS] = {
    [PART_BAGIT] = {"bagit.txt", 1},
    [PART_INFO] = {"bag-info.txt", 1},
    [PART_PAYLOAD] = {NULL, 1},
    [PART_RAW] = {NULL, 0},
    [PART_EVENTS] = {NULL, 0},
    [PART_PROFILE] = {NULL, 0},
    [PART_FLOWS] = {NULL, 0},
    [PART_PACKETS] = {NULL, 0},
    [PART_ORDER] = {NULL, 0},
    [PART_CUSTODY] = {"custody.json", 1},
    [PART_MANIFEST] = {"manifest-sha256.txt", 1},
    [PART_TAGMANIFEST] = {"tagmanifest-sha256.txt", 1},
    [PART_SIGNATURE] = {"tagmanifest-sha256.txt.minisig", 1},
};

const char *
package_part_name(enum package_part p)
{
	return parts[p].name;
}

int
package_part_is_needed(enum package_part p)
{
	return parts[p].needed;
}

/* Is ${name} data/STEM${suffix}? */
static int
is_data(const struct package_facts *f, const char *name, const char *suffix)
{
	char want[TARFILE_NAME_ROOM];

	(void)snprintf(want, sizeof(want), "data/%s%s", f->stem, suffix); /* a stem is under 100 bytes */
	return strcmp(name, want) == 0;
}

enum package_part
package_part_of(struct package_facts *f, const char *name)
{
	enum package_part p;

	for (p = PART_BAGIT; p < PARTS; p++) {
		if (parts[p].name != NULL && strcmp(parts[p].name, name) == 0)
			return p;
	}
	if (is_data(f, name, ".pcap"))
		return PART_PAYLOAD;
	if (is_data(f, name, ".gap.json")) {
		f->is_gap = 1;
		return PART_PAYLOAD;
	}
	if (is_data(f, name, ".raw"))
		return PART_RAW;
	if (is_data(f, name, ".events.xml"))
		return PART_EVENTS;
	if (is_data(f, name, ".events.profile"))
		return PART_PROFILE;
	if (is_data(f, name, ".flows.csv"))
		return PART_FLOWS;
	if (is_data(f, name, ".packets.csv"))
		return PART_PACKETS;
	if (strncmp(name, ORDERS, strlen(ORDERS)) == 0 && name[strlen(ORDERS)] != '\0' &&
	    strchr(name + strlen(ORDERS), '/') == NULL)
		return PART_ORDER;
	return PARTS;
}

struct buf *
package_part_text(struct package_check *c, enum package_part p, size_t *max)
{
	struct package_facts *f = c->facts;

	*max = PACKAGE_TAG_MAX_BYTES;
	if (p == PART_ORDER) {
		*max = ORDER_MAX_BYTES;
		return &f->orders[f->order_count - 1].text;
	}
	if (p == PART_PROFILE)
		*max = ACCESS_MAP_MAX_BYTES;
	if (p == PART_PAYLOAD && f->is_gap) {
		*max = GAP_MAX_BYTES;
		return &c->text[p];
	}
	return p == PART_PAYLOAD || p == PART_RAW || p == PART_EVENTS || p == PART_FLOWS || p == PART_PACKETS
		   ? NULL
		   : &c->text[p];
}

int
package_part_add(struct package_check *c, enum package_part p, const char *name)
{
	struct package_facts *f = c->facts;
	void *grown;

	if (c->payload_count == PAYLOADS_MAX || (p == PART_ORDER && f->order_count == PACKAGE_ORDERS_MAX))
		return package_blame(c, PACKAGE_MALFORMED, name, "too many members");
	grown = reallocarray(c->payload, c->payload_count + 1, sizeof(*c->payload));
	if (grown == NULL)
		return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
	c->payload = grown;
	memset(&c->payload[c->payload_count], 0, sizeof(*c->payload));
	(void)snprintf(c->payload[c->payload_count++].name, TARFILE_NAME_ROOM, "%s", name);
	if (p != PART_ORDER)
		return 0;
	grown = reallocarray(f->orders, f->order_count + 1, sizeof(*f->orders));
	if (grown == NULL)
		return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
	f->orders = grown;
	memset(&f->orders[f->order_count], 0, sizeof(*f->orders));
	(void)snprintf(f->orders[f->order_count++].name, TARFILE_NAME_ROOM, "%s", name + strlen(ORDERS));
	return 0;
}
