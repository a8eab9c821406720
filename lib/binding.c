#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "inifile.h"
#include "text.h"

#include "binding.h"
#include "order_internal.h"

#define FORMAT "casetap-binding/"
#define VERSION_FIRST '1' /* need not say what is kept */
#define VERSION_HOST '2'
#define VERSION_PREFIX '3' /* the address is a prefix: the versions before know hosts alone */
#define ADDRESS_ROOM 64
/* Of a prefix that one subscriber has, where the order does not say that it may be shorter: RFC 6177 section 2 */
#define IPV4_PLAIN_MIN 24
#define IPV6_PLAIN_MIN 48

static const char *const kinds[] = {"plan", "isc", "kea", "radius", "mikrotik"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Every key, a bit each. */
static const char *const keys[] = {
    "format", "case", "address", "from", "to", "issued", "kind", "proof", "proof_sha256", "kept_sha256", "reason"};
#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define KEY_FORMAT 0
#define KEY_ADDRESS 2
#define KEY_KEPT 9

const char *
binding_kind_text(enum binding_kind kind)
{
	return kinds[kind];
}

int
binding_kind_parse(const char *s, enum binding_kind *kind)
{
	unsigned k;

	for (k = 0; k < KINDS; k++) {
		if (strcmp(s, kinds[k]) == 0) {
			*kind = k;
			return 0;
		}
	}
	errno = EINVAL;
	return -1;
}

const char *
binding_address_parse(const char *s, struct order_prefix *p)
{
	char item[ADDRESS_ROOM];
	const char *why;

	memset(p, 0, sizeof(*p));
	if (snprintf(item, sizeof(item), "%s", s) >= (int)sizeof(item))
		return "not an address or an address/length";
	why = order_prefix_parse(item, strchr(s, ':') != NULL ? 6 : 4, p);
	return why != NULL ? why : order_prefix_judge_length(p);
}

void
binding_address_format(const struct order_prefix *p, char out[ADDRESS_ROOM])
{
	size_t n;

	(void)inet_ntop(p->family == 6 ? AF_INET6 : AF_INET, p->addr, out, ADDRESS_ROOM); /* has room */
	n = strlen(out);
	if (!order_prefix_is_host(p))
		(void)snprintf(out + n, ADDRESS_ROOM - n, "/%u", p->bits); /* so here */
}

int
binding_write(const struct binding *b, struct buf *out)
{
	char address[64], from[STAMP_TEXT], until[STAMP_TEXT], issued[STAMP_TEXT];

	binding_address_format(&b->address, address);
	return buf_printf(out,
	    "[binding]\nformat = " FORMAT
	    "%c\ncase = %s\naddress = %s\nfrom = %s\nto = %s\nissued = %s\nkind = %s\nproof = %s\nproof_sha256 = %s\n"
	    "kept_sha256 = %s\nreason = %s\n",
	    order_prefix_is_host(&b->address) ? VERSION_HOST : VERSION_PREFIX, b->case_id, address,
	    stamp_format(from, b->from), stamp_format(until, b->until), stamp_format(issued, b->issued),
	    binding_kind_text(b->kind), b->proof, b->proof_sha256, b->kept_sha256, b->reason);
}

static int
copy_text(char out[BINDING_TEXT_ROOM], const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n >= BINDING_TEXT_ROOM)
		return -1;
	memcpy(out, value, n + 1);
	return 0;
}

/* '\0': none that is known. */
static char
version_of(const char *format)
{
	const size_t n = strlen(FORMAT);

	if (strncmp(format, FORMAT, n) != 0 || strlen(format) != n + 1 || format[n] < VERSION_FIRST ||
	    format[n] > VERSION_PREFIX)
		return '\0';
	return format[n];
}

/* A host stands without a length, and what is none in the version that knows such. */
static int
is_address_of(const struct binding *b, int has_length, char version)
{
	return has_length == (version == VERSION_PREFIX) && has_length == !order_prefix_is_host(&b->address);
}

static int
take(struct binding *b, size_t key, const char *value)
{
	switch (key) {
	case KEY_FORMAT:
		return version_of(value) == '\0' ? -1 : 0;
	case 1:
		if (!names_is_case(value))
			return -1;
		memcpy(b->case_id, value, strlen(value) + 1);
		return 0;
	case KEY_ADDRESS:
		return binding_address_parse(value, &b->address) == NULL ? 0 : -1;
	case 3:
		return stamp_parse(value, &b->from);
	case 4:
		return stamp_parse(value, &b->until);
	case 5:
		return stamp_parse(value, &b->issued);
	case 6:
		return binding_kind_parse(value, &b->kind);
	case 7:
		return copy_text(b->proof, value);
	case 8:
		if (!digest_is_hex(value))
			return -1;
		memcpy(b->proof_sha256, value, DIGEST_HEX);
		return 0;
	case KEY_KEPT:
		if (!digest_is_hex(value))
			return -1;
		memcpy(b->kept_sha256, value, DIGEST_HEX);
		return 0;
	default:
		return copy_text(b->reason, value);
	}
}

static int
take_entries(const struct inifile *ini, const char *label, struct binding *b)
{
	const struct inifile_entry *e;
	unsigned got = 0;
	char version = '\0';
	int has_length = 0;
	size_t i, k;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		for (k = 0; k < KEYS && strcmp(keys[k], e->key) != 0; k++)
			;
		if (strcmp(e->section, "binding") != 0 || k == KEYS || take(b, k, e->value) == -1) {
			diag_errx("%s:%u: %s: not what a binding says", label, e->line, e->key);
			return -1;
		}
		got |= 1U << k;
		if (k == KEY_FORMAT)
			version = version_of(e->value);
		if (k == KEY_ADDRESS)
			has_length = strchr(e->value, '/') != NULL;
	}
	if (version == VERSION_FIRST)
		got |= 1U << KEY_KEPT;
	if (got == (1U << KEYS) - 1 && b->from < b->until && is_address_of(b, has_length, version))
		return 0;
	diag_errx("%s: not a whole binding", label);
	return -1;
}

int
binding_parse(const char *data, size_t n, const char *label, struct binding *b)
{
	struct inifile *ini = inifile_parse(data, n, label);
	int rc = -1;

	if (ini == NULL)
		return -1;
	memset(b, 0, sizeof(*b));
	if (take_entries(ini, label, b) == -1)
		errno = EINVAL;
	else
		rc = digest_hex_of(data, n, b->sha256);
	inifile_free(ini);
	return rc;
}

const char *
binding_judge(const struct binding *b, const struct order *o)
{
	if (strcmp(b->case_id, o->case_id) != 0)
		return "it is of another case";
	if (o->identity_count == 0)
		return "the order names addresses: its subject does not move";
	if (b->from < o->not_before || b->until > o->not_after)
		return "its time is not within the order's";
	if (order_prefix_is_link_local(&b->address))
		return "its address is link-local: on the next link it is another's";
	if (!o->allow_prefix && b->address.bits < (b->address.family == 4 ? IPV4_PLAIN_MIN : IPV6_PLAIN_MIN))
		return "its prefix is shorter than /24 (IPv4) or /48 (IPv6), and the order has no allow_prefix = yes";
	return NULL;
}
