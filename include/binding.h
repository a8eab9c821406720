#ifndef BINDING_H
#define BINDING_H

#include <stddef.h>

#include "buf.h"
#include "digest.h"
#include "names.h"
#include "order.h"
#include "stamp.h"

/*
 * An address, or a prefix, of a subject that moves, given by hand with its proof, casetap-binding(5): what an approver
 * signs, for a time within the order's.
 */
#define BINDING_MAX_BYTES ((size_t)4096)
#define BINDING_TEXT_ROOM 257

enum binding_kind {
	BINDING_PLAN,   /* a static plan or whatever else is kept whole, and so may name nobody else */
	BINDING_ISC,    /* dhcpd.leases of ISC dhcpd */
	BINDING_KEA,    /* a lease file of Kea, in CSV */
	BINDING_RADIUS, /* a detail file of FreeRADIUS */
	BINDING_MIKROTIK
};

struct binding {
	char sha256[DIGEST_HEX]; /* of the file's bytes */
	char case_id[NAMES_CASE_ROOM];
	struct order_prefix address; /* a host, or a prefix that has all of its addresses */
	stamp_t from, until, issued;
	enum binding_kind kind; /* of the proof */
	char proof[BINDING_TEXT_ROOM];
	char proof_sha256[DIGEST_HEX]; /* of the whole file */
	char kept_sha256[DIGEST_HEX];  /* of what is kept of it: the entries that show it; "" if it does not say */
	char reason[BINDING_TEXT_ROOM];
};

const char *binding_kind_text(enum binding_kind);

/* "plan", "isc" ... into its kind.  Return 0, or -1 with errno EINVAL. */
int binding_kind_parse(const char *, enum binding_kind *);

/**
 * binding_address_parse(s, p):
 * Parse the address of a host, or ADDRESS/LENGTH of a prefix, as an order's text may name one; a length that leaves one
 * host is that host.  Return NULL, or what is wrong with it, as it is said of an order: without the address.
 */
const char *binding_address_parse(const char *, struct order_prefix *);

/* The address as text, of a prefix with its length; ${out} has 64 bytes. */
void binding_address_format(const struct order_prefix *, char[64]);

/*
 * Append the text, which need not have a sha256 yet: casetap-binding/3 for a prefix, which the versions before do not know,
 * and casetap-binding/2 for a host, which whoever has read one before can read.  Return 0, or -1 with errno ENOMEM. */
int binding_write(const struct binding *, struct buf *);

/**
 * binding_parse(data, n, label, b):
 * Parse the text strictly: all keys, and no others; casetap-binding/1 may lack kept_sha256.  A host stands in one of the
 * first two versions, a prefix in the third.  Return 0, or -1 with errno
 * EINVAL or ENOMEM after one diag line, which names no address.
 */
int binding_parse(const char *, size_t, const char *, struct binding *);

/*
 * May it be given: within the order's time, of its case, of no link alone, no prefix that is more than one subscriber has
 * unless the order allows prefixes?  NULL, or why not, without an address.
 */
const char *binding_judge(const struct binding *, const struct order *);

#endif
