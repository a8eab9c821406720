#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "inifile.h"
#include "text.h"

#include "binding.h"
#include "order_internal.h"

#define FORMAT "casetap-binding/2"
#define FORMAT_BEFORE "casetap-binding/1" /* need not say what is kept */

static const char *const kinds[] = {"plan", "isc", "kea", "radius", "mikrotik"};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Every key, a bit each. */
static const char *const keys[] = {
    "format", "case", "address", "from", "to", "issued", "kind", "proof", "proof_sha256", "kept_sha256", "reason"};
#define KEYS (sizeof(keys) / sizeof(keys[0]))
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

int
binding_address_parse(const char *s, struct order_prefix *p)
{
	memset(p, 0, sizeof(*p));
	p->family = strchr(s, ':') != NULL ? 6 : 4;
	p->bits = p->family == 6 ? 128 : 32;
	if (inet_pton(p->family == 6 ? AF_INET6 : AF_INET, s, p->addr) == 1 && order_prefix_judge(p) == NULL)
		return 0;
	errno = EINVAL;
	return -1;
}

void
binding_address_format(const struct order_prefix *p, char out[64])
{
	(void)inet_ntop(p->family == 6 ? AF_INET6 : AF_INET, p->addr, out, 64); /* has room */
}

int
binding_write(const struct binding *b, struct buf *out)
{
	char address[64], from[STAMP_TEXT], until[STAMP_TEXT], issued[STAMP_TEXT];

	binding_address_format(&b->address, address);
	return buf_printf(out,
	    "[binding]\nformat = " FORMAT
	    "\ncase = %s\naddress = %s\nfrom = %s\nto = %s\nissued = %s\nkind = %s\nproof = %s\nproof_sha256 = %s\n"
	    "kept_sha256 = %s\nreason = %s\n",
	    b->case_id, address, stamp_format(from, b->from), stamp_format(until, b->until),
	    stamp_format(issued, b->issued), binding_kind_text(b->kind), b->proof, b->proof_sha256, b->kept_sha256,
	    b->reason);
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

static int
take(struct binding *b, size_t key, const char *value)
{
	switch (key) {
	case 0:
		return strcmp(value, FORMAT) == 0 || strcmp(value, FORMAT_BEFORE) == 0 ? 0 : -1;
	case 1:
		if (!names_is_case(value))
			return -1;
		memcpy(b->case_id, value, strlen(value) + 1);
		return 0;
	case 2:
		return binding_address_parse(value, &b->address);
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
	int is_before = 0;
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
		is_before |= k == 0 && strcmp(e->value, FORMAT_BEFORE) == 0;
	}
	if (is_before)
		got |= 1U << KEY_KEPT;
	if (got == (1U << KEYS) - 1 && b->from < b->until)
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
	return NULL;
}
