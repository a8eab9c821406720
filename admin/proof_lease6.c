#include <arpa/inet.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "text.h"

#include "proof_internal.h"

/*
 * Files of leases that DHCPv6 servers write.  Each line has to be understood: one that is not may be about the address.
 */

#define DUID_MAX 130
#define IAID_BYTES 4

/* Who a lease is of. */
struct client {
	uint8_t duid[DUID_MAX];
	size_t length;
	int64_t iaid; /* -1: not told */
};

static int
names(const struct order *o, unsigned kind, const void *bytes, size_t n, int *is_any)
{
	*is_any = 0;
	for (size_t i = 0; i < o->identity_count; i++) {
		const struct order_identity *id = &o->identities[i];

		if (id->kind != kind)
			continue;
		*is_any = 1;
		if (id->length == n && memcmp(id->bytes, bytes, n) == 0)
			return 1;
	}
	return 0;
}

/* An order that names an IAID, too, means that one of the client's alone. */
static int
is_subjects(const struct order *o, const struct client *c)
{
	uint32_t iaid = htonl((uint32_t)c->iaid);
	int is_any, is_one;

	if (!names(o, ORDER_DHCP6_DUID, c->duid, c->length, &is_any))
		return 0;
	is_one = names(o, ORDER_DHCP6_IAID, &iaid, sizeof(iaid), &is_any);
	return !is_any || (c->iaid != -1 && is_one);
}

/* Which of the addresses that are to be shown is a lease of? */
enum relation {
	NONE,
	ALL,
	SOME
};

/*
 * Read ADDRESS, of which the first ${bits} bits count, into what the entry at hand is of, however it is spelled.
 * Return 0, or -1 if it is no such text.
 */
static int
relate(struct reading *r, const char *text, uint64_t bits, enum relation *relation)
{
	const struct order_prefix *own = r->prefix;
	unsigned least = bits < own->bits ? (unsigned)bits : own->bits, whole = least / 8, i;
	uint8_t net[16];
	size_t n;

	if (bits > 128 || inet_pton(AF_INET6, text, net) != 1)
		return -1;
	for (i = 0; i < 16; i++) {
		if (8 * i >= bits)
			net[i] = 0;
		else if (8 * i + 8 > bits)
			net[i] &= (uint8_t)(0xff << (8 * i + 8 - bits));
	}
	(void)inet_ntop(AF_INET6, net, r->lease, sizeof(r->lease)); /* has room; so here */
	n = strlen(r->lease);
	(void)snprintf(r->lease + n, sizeof(r->lease) - n, "/%u", (unsigned)bits);
	*relation = NONE;
	if (memcmp(net, own->addr, whole) == 0 &&
	    (least % 8 == 0 || (net[whole] ^ own->addr[whole]) >> (8 - least % 8) == 0))
		*relation = bits <= own->bits ? ALL : SOME;
	return 0;
}

/* "00:01:..." into bytes.  Return how many, or 0 if it is none. */
static size_t
parse_hex(const char *s, size_t n, uint8_t out[DUID_MAX])
{
	size_t used = 0;

	for (size_t i = 0; i < n; i += 3) {
		char byte[3] = {s[i], i + 1 < n ? s[i + 1] : '\0', '\0'};

		if (used == DUID_MAX || !isxdigit((unsigned char)byte[0]) || !isxdigit((unsigned char)byte[1]) ||
		    (i + 2 < n && (s[i + 2] != ':' || i + 3 == n)))
			return 0;
		out[used++] = (uint8_t)strtoul(byte, NULL, 16);
	}
	return used;
}

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
	struct client c;
	enum relation relation;
	int64_t from, to;
	int is_subject;

	if (text_u64(fields[KEA_LIFETIME], 0, UINT32_MAX, &lifetime) == -1 ||
	    text_u64(fields[KEA_EXPIRE], 0, INT64_MAX, &expire) == -1 ||
	    text_u64(fields[KEA_TYPE], 0, 2, &type) == -1 || text_u64(fields[KEA_IAID], 0, UINT32_MAX, &iaid) == -1 ||
	    text_u64(fields[KEA_PREFIX_LEN], 1, 128, &bits) == -1 || lifetime > expire)
		return -1;
	c.iaid = (int64_t)iaid;
	c.length = parse_hex(fields[KEA_DUID], strlen(fields[KEA_DUID]), c.duid);
	if (relate(r, fields[KEA_ADDRESS], bits, &relation) == -1 || c.length == 0)
		return -1;
	if (relation == NONE)
		return 0;
	/* Newer servers know more states: of another's address they may stand there. */
	if (strlen(state) != 1 || strchr("012", state[0]) == NULL)
		return -1;
	is_subject =
	    is_subjects(r->order, &c) || (fields[KEA_MAC][0] != '\0' && proof_is_mac(r->order, fields[KEA_MAC]));
	/* Of the rest it shows nothing. */
	if (relation == SOME && is_subject && state[0] != '1')
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

/* The quoted string at ${p}, with its escapes, or hexadecimal digits, into bytes.  Return what is behind, or NULL. */
static const char *
isc_bytes(const char *p, uint8_t out[DUID_MAX], size_t *n)
{
	size_t hex = strspn(p, "0123456789abcdefABCDEF:");

	*n = 0;
	if (*p != '"') {
		*n = parse_hex(p, hex, out);
		return *n == 0 ? NULL : p + hex;
	}
	for (p++; *p != '"'; (*n)++) {
		if (*p == '\0' || *p == '\n' || *n == DUID_MAX)
			return NULL;
		if (*p == '\\' && p[1] >= '0' && p[1] <= '3' && p[2] >= '0' && p[2] <= '7' && p[3] >= '0' &&
		    p[3] <= '7') {
			out[*n] = (uint8_t)((p[1] - '0') << 6 | (p[2] - '0') << 3 | (p[3] - '0'));
			p += 4;
			continue;
		}
		p += *p == '\\';
		if (*p == '\0' || *p == '\n')
			return NULL;
		out[*n] = (uint8_t)*p++;
	}
	return p + 1;
}

/* What a file of dhcpd's is read as: lines, of which a block has some. */
struct block {
	struct client client;
	int is_open, is_inner;  /* within ia-na {, within iaaddr { */
	enum relation relation; /* of that */
	int64_t at, life, ends; /* cltt, max-life, ends; INT64_MIN: not told */
	char state[32];
};

/* One lease has been read.  What is not given any more shows only until when whoever had it did. */
static int
take_lease(struct reading *r, const struct block *b)
{
	int is_subject = is_subjects(r->order, &b->client), is_given = strcmp(b->state, "active") == 0;
	int64_t from, to = b->ends;

	if (b->relation == NONE)
		return 0;
	if (b->state[0] == '\0' || b->life < 0 || to < 0 || (to == INT64_MAX && b->at == INT64_MIN))
		return -1;
	/* Of the rest it shows nothing. */
	if (b->relation == SOME && is_subject)
		return 0;
	from = to == INT64_MAX ? b->at : to - b->life;
	if (!is_given && strcmp(b->state, "expired") != 0 && b->at < to)
		to = b->at; /* given up, some time behind that */
	proof_cut(r, from, to, is_subject);
	if (is_given || !is_subject)
		proof_add(r, from, is_given ? to : b->ends, is_subject);
	return 0;
}

/* Is ${word} the first of the statement?  What is behind it, or NULL. */
static const char *
behind(const char *line, const char *word)
{
	size_t n = strlen(word);

	return strncmp(line, word, n) == 0 ? line + n : NULL;
}

static int
begin_block(struct block *b, const char *line)
{
	const char *p = line + strcspn(line, " ");
	size_t n;

	*b = (struct block){.client.iaid = -1, .is_open = 1, .at = INT64_MIN};
	p = isc_bytes(p + (*p == ' '), b->client.duid, &n);
	if (p == NULL || strcmp(p, " {") != 0 || n <= IAID_BYTES)
		return -1;
	/* The IAID is in the order of the machine's bytes, which the block does not tell. */
	memmove(b->client.duid, b->client.duid + IAID_BYTES, n - IAID_BYTES);
	b->client.length = n - IAID_BYTES;
	return 0;
}

/* "2001:db8::7 {", "2001:db8:7::/56 {" */
static int
begin_lease(struct reading *r, struct block *b, const char *p, int is_prefix)
{
	char text[64];
	uint64_t bits = 128;
	char *slash;

	if (snprintf(text, sizeof(text), "%s", p) >= (int)sizeof(text) || !text_ends_with(text, " {"))
		return -1;
	text[strlen(text) - 2] = '\0';
	slash = strchr(text, '/');
	if ((slash != NULL) != is_prefix || (slash != NULL && text_u64(slash + 1, 1, 128, &bits) == -1))
		return -1;
	if (slash != NULL)
		*slash = '\0';
	b->is_inner = 1;
	b->life = -1;
	b->ends = INT64_MIN;
	b->state[0] = '\0';
	return relate(r, text, bits, &b->relation);
}

static int
read_inner(struct reading *r, struct block *b, const char *line)
{
	const char *p;
	uint64_t n;
	size_t length = strlen(line);

	if (strcmp(line, "}") == 0) {
		b->is_inner = 0;
		return take_lease(r, b);
	}
	if (length == 0 || line[length - 1] != ';')
		return -1;
	if ((p = behind(line, "binding state ")) != NULL)
		return snprintf(b->state, sizeof(b->state), "%.*s", (int)strcspn(p, ";"), p) < (int)sizeof(b->state)
			   ? 0
			   : -1;
	if ((p = behind(line, "max-life ")) != NULL) {
		char text[32];

		(void)snprintf(text, sizeof(text), "%.*s", (int)strcspn(p, ";"), p); /* a longer one is no number */
		if (text_u64(text, 0, UINT32_MAX, &n) == -1)
			return -1;
		b->life = (int64_t)n;
		return 0;
	}
	if ((p = behind(line, "ends ")) != NULL)
		return (b->ends = proof_isc_time(p)) == INT64_MIN ? -1 : 0;
	return behind(line, "preferred-life ") != NULL || behind(line, "set ") != NULL ? 0 : -1;
}

/* A line without its indentation and comment.  Return 0, or -1 if it is not understood. */
static int
read_isc_line(struct reading *r, struct block *b, const char *line)
{
	const char *p;

	if (line[0] == '\0' || line[0] == '#')
		return 0;
	if (b->is_inner)
		return read_inner(r, b, line);
	if (!b->is_open) {
		if (behind(line, "ia-na ") != NULL || behind(line, "ia-ta ") != NULL ||
		    behind(line, "ia-pd ") != NULL)
			return begin_block(b, line);
		return behind(line, "server-duid ") != NULL || behind(line, "authoring-byte-order ") != NULL ? 0 : -1;
	}
	if (strcmp(line, "}") == 0) {
		b->is_open = 0;
		return 0;
	}
	if ((p = behind(line, "cltt ")) != NULL)
		return (b->at = proof_isc_time(p)) == INT64_MIN ? -1 : 0;
	if ((p = behind(line, "iaaddr ")) != NULL)
		return begin_lease(r, b, p, 0);
	return (p = behind(line, "iaprefix ")) != NULL ? begin_lease(r, b, p, 1) : -1;
}

/* Where the block that begins at ${p} ends: behind the empty lines behind its own "}". */
static const char *
block_end(const char *p)
{
	const char *end = strstr(p, "\n}");

	return end == NULL ? p + strlen(p) : end + 2 + strspn(end + 2, "\n");
}

/* How long the line at ${p} is without blanks at its end, and in a block without a comment behind its statement. */
static size_t
line_length(const char *p, const char *end, int is_open)
{
	const char *comment = is_open ? memmem(p, (size_t)(end - p), "; #", 3) : NULL;
	size_t n = comment != NULL ? (size_t)(comment + 1 - p) : (size_t)(end - p);

	while (n > 0 && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return n;
}

void
proof_read_isc6(struct reading *r, const char *text)
{
	struct block b = {.is_open = 0};
	char line[1024];
	const char *p = text, *end;
	size_t n;

	r->is_unread |= strchr(text, '\r') != NULL;
	for (; *p != '\0'; p = end + (*end == '\n')) {
		end = p + strcspn(p, "\n");
		if (!b.is_open) {
			r->entry = p;
			r->entry_end = block_end(p);
		}
		p += strspn(p, " \t");
		n = p < end ? line_length(p, end, b.is_open) : 0;
		if (snprintf(line, sizeof(line), "%.*s", (int)n, p) >= (int)sizeof(line) ||
		    read_isc_line(r, &b, line) == -1)
			r->is_unread = 1;
	}
	r->is_unread |= b.is_open;
}
