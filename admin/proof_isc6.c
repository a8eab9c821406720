#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#include "proof_client6.h"

/*
 * The file of leases that ISC dhcpd writes for DHCPv6.  Each line has to be understood: one that is not may be about the
 * address.
 */

#define IAID_BYTES 4

/* The quoted string at ${p}, with its escapes, or hexadecimal digits, into bytes.  Return what is behind, or NULL. */
static const char *
isc_bytes(const char *p, uint8_t out[PROOF_DUID_MAX], size_t *n)
{
	size_t hex = strspn(p, "0123456789abcdefABCDEF:");

	*n = 0;
	if (*p != '"') {
		*n = proof_hex(p, hex, out);
		return *n == 0 ? NULL : p + hex;
	}
	for (p++; *p != '"'; (*n)++) {
		if (*p == '\0' || *p == '\n' || *n == PROOF_DUID_MAX)
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

/* In which order the machine that wrote a file has the bytes of a number. */
enum byte_order {
	ORDER_UNTOLD,
	ORDER_LITTLE,
	ORDER_BIG
};

/* What a file of dhcpd's is read as: lines, of which a block has some. */
struct block {
	struct proof_client6 client;
	int is_open, is_inner;        /* within ia-na {, within iaaddr { */
	enum proof_relation relation; /* of that */
	int64_t at, life, ends;       /* cltt, max-life, ends; INT64_MIN: not told */
	char state[32];
	enum byte_order byte_order; /* of what follows, not of the block alone */
};

/* One lease has been read.  What is not given any more shows only until when whoever had it did. */
static int
take_lease(struct reading *r, const struct block *b)
{
	int is_subject = proof_is_client6(r->order, &b->client), is_given = strcmp(b->state, "active") == 0;
	int64_t from, to = b->ends;

	if (b->relation == PROOF_NONE)
		return 0;
	if (b->state[0] == '\0' || b->life < 0 || to < 0 || (to == INT64_MAX && b->at == INT64_MIN))
		return -1;
	/* Of the rest it shows nothing. */
	if (b->relation == PROOF_SOME && is_subject)
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

/* The IAID is in the order of the machine's bytes, which the block does not tell. */
static int64_t
iaid_of(const uint8_t at[IAID_BYTES], enum byte_order byte_order)
{
	uint32_t big = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];

	if (byte_order == ORDER_UNTOLD)
		return -1;
	return byte_order == ORDER_BIG ? big : __builtin_bswap32(big);
}

static int
begin_block(struct block *b, const char *line)
{
	const char *p = line + strcspn(line, " ");
	size_t n;

	*b = (struct block){.is_open = 1, .at = INT64_MIN, .byte_order = b->byte_order};
	p = isc_bytes(p + (*p == ' '), b->client.duid, &n);
	if (p == NULL || strcmp(p, " {") != 0 || n <= IAID_BYTES)
		return -1;
	b->client.iaid = iaid_of(b->client.duid, b->byte_order);
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
	return proof_relate6(r, text, bits, &b->relation);
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

/*
 * What is kept of the file tells by itself of whom its blocks are: where an IAID counts it needs the statement, and nothing
 * else looks at it.
 */
static int
take_byte_order(struct reading *r, struct block *b, const char *line, const char *value)
{
	if (!proof_has_iaid(r->order))
		return 0;
	if (strcmp(value, "little-endian;") == 0)
		b->byte_order = ORDER_LITTLE;
	else if (strcmp(value, "big-endian;") == 0)
		b->byte_order = ORDER_BIG;
	else
		return -1;
	(void)buf_printf(r->kept, "%s\n", line); /* a failure is remembered there */
	return 0;
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
		if ((p = behind(line, "authoring-byte-order ")) != NULL)
			return take_byte_order(r, b, line, p);
		return behind(line, "server-duid ") != NULL ? 0 : -1;
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
