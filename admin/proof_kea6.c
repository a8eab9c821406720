#include <stdio.h>
#include <string.h>

#include "text.h"

#include "proof_client6.h"

/*
 * The file of leases that Kea's DHCPv6 server writes.  Each row has to be understood: one that is not may be about the
 * address.
 */

/* The columns of kea-leases6.csv that count, all of which every version has in these places. */
#define KEA_HEAD "address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,"
enum kea_field {
	KEA_ADDRESS,
	KEA_DUID,
	KEA_LIFETIME,
	KEA_EXPIRE,
	KEA_TYPE = 6,
	KEA_IAID,
	KEA_PREFIX_LEN,
	KEA_MAC = 12,
	KEA_STATE,
	KEA_FIELDS
};
#define KEA_ROOM 400

/* The fields of a row.  Return how many there are, at most KEA_FIELDS. */
static size_t
kea_split(const char *p, const char *end, char fields[KEA_FIELDS][KEA_ROOM])
{
	size_t count = 0;
	const char *stop;

	for (; count < KEA_FIELDS; p = stop + 1) {
		for (stop = p; stop < end && *stop != ',' && *stop != '\r'; stop++)
			;
		(void)snprintf(fields[count++], KEA_ROOM, "%.*s", (int)(stop - p), p); /* a longer one fits nothing */
		if (stop == end || *stop == '\r')
			break;
	}
	return count;
}

/* One row.  A lifetime of 0, or reclaimed: over.  Declined: nobody's.  Return 0, or -1 if it is not understood. */
static int
read_kea_row(struct reading *r, char fields[KEA_FIELDS][KEA_ROOM])
{
	const char *state = fields[KEA_STATE];
	uint64_t lifetime, expire, type, iaid, bits;
	struct proof_client6 c;
	enum proof_relation relation;
	int64_t from, to;
	int is_subject;

	if (text_u64(fields[KEA_LIFETIME], 0, UINT32_MAX, &lifetime) == -1 ||
	    text_u64(fields[KEA_EXPIRE], 0, INT64_MAX, &expire) == -1 ||
	    text_u64(fields[KEA_TYPE], 0, 2, &type) == -1 || text_u64(fields[KEA_IAID], 0, UINT32_MAX, &iaid) == -1 ||
	    text_u64(fields[KEA_PREFIX_LEN], 1, 128, &bits) == -1 || lifetime > expire)
		return -1;
	c.iaid = (int64_t)iaid;
	c.length = proof_hex(fields[KEA_DUID], strlen(fields[KEA_DUID]), c.duid);
	if (proof_relate6(r, fields[KEA_ADDRESS], bits, &relation) == -1 || c.length == 0)
		return -1;
	if (relation == PROOF_NONE)
		return 0;
	/* Newer servers know more states: of another's address they may stand there. */
	if (strlen(state) != 1 || strchr("012", state[0]) == NULL)
		return -1;
	is_subject =
	    proof_is_client6(r->order, &c) || (fields[KEA_MAC][0] != '\0' && proof_is_mac(r->order, fields[KEA_MAC]));
	/* Of the rest it shows nothing. */
	if (relation == PROOF_SOME && is_subject && state[0] != '1')
		return 0;
	to = (int64_t)expire;
	from = to - (int64_t)lifetime;
	if (lifetime == 0 || state[0] == '2')
		proof_cut(r, to, to, is_subject);
	else
		proof_add(r, from, to, is_subject && state[0] != '1');
	if (state[0] == '1')
		proof_cut(r, from, from, 1);
	return 0;
}

void
proof_read_kea6(struct reading *r, const char *text)
{
	char fields[KEA_FIELDS][KEA_ROOM];
	const char *p = text, *end;

	for (; *p != '\0'; p = r->entry_end) {
		end = p + strcspn(p, "\n");
		r->entry = p;
		r->entry_end = end + (*end == '\n');
		if (end == p || strncmp(p, KEA_HEAD, strlen(KEA_HEAD)) == 0)
			continue;
		if (kea_split(p, end, fields) != KEA_FIELDS || read_kea_row(r, fields) == -1)
			r->is_unread = 1;
	}
}
