#ifndef ORDER_H
#define ORDER_H

#include <stddef.h>
#include <stdint.h>

#include "age.h"
#include "buf.h"
#include "digest.h"
#include "names.h"
#include "stamp.h"

/*
 * casetap-order/1 (casetap-order(5)): one revision of one order, as it stands in a signed, immutable file.
 */
#define ORDER_MAX_BYTES (64 * 1024)
#define ORDER_PREFIXES_MAX 256
#define ORDER_MACS_MAX 64
#define ORDER_QUALIFIERS_MAX 64
#define ORDER_IDENTITIES_MAX 64
#define ORDER_IDENTITY_BYTES 126
#define ORDER_DESTINATIONS_MAX 16
#define ORDER_QUIET_UNSET UINT32_MAX

enum order_authority {
	ORDER_TITLE_III,
	ORDER_PEN_REGISTER,
	ORDER_TRAP_AND_TRACE,
	ORDER_PEN_TRAP,
	ORDER_FISA,
	ORDER_OTHER
};

enum order_scope {
	ORDER_CONTENT,
	ORDER_HEADERS,
	ORDER_HEADERS_WITHOUT_PORTS
};

/* What is written about a slice beside it, a bit each. */
enum order_summary {
	ORDER_NO_SUMMARY = 0,
	ORDER_FLOWS = 1,
	ORDER_PACKETS = 2,
	ORDER_FLOWS_PACKETS = ORDER_FLOWS | ORDER_PACKETS
};

struct order_prefix {
	uint8_t family;   /* 4 or 6 */
	uint8_t bits;     /* 32 or 128 for a host */
	uint8_t addr[16]; /* network byte order, host bits zero; IPv4 in the first four */
};

/* What a subject that moves is told by, in control traffic only. */
enum order_identity_kind {
	ORDER_DHCP_MAC,        /* the client's hardware address */
	ORDER_DHCP_CLIENT_ID,  /* option 61 */
	ORDER_DHCP_CIRCUIT_ID, /* of option 82; this and the next two tell a line together */
	ORDER_DHCP_REMOTE_ID,
	ORDER_DHCP_RELAY,  /* the relay's IPv4 address */
	ORDER_RADIUS_USER, /* User-Name */
	ORDER_RADIUS_CALLING,
	ORDER_PPPOE_USER,         /* the name in PAP or CHAP */
	ORDER_DHCP6_DUID,         /* the client's */
	ORDER_DHCP6_IAID,         /* it narrows the one before */
	ORDER_DHCP6_MAC,          /* where a client's message comes from on its own link, or as a relay says */
	ORDER_DHCP6_INTERFACE_ID, /* option 18; this and the next two tell a line together */
	ORDER_DHCP6_REMOTE_ID,    /* option 37, all of it */
	ORDER_DHCP6_RELAY,        /* the link-address that a relay gives */
	ORDER_SLAAC_MAC,          /* who speaks by Neighbor Discovery */
	ORDER_IDENTITY_KINDS
};

/* Two VLAN tags, and no others: the outer one first. */
struct order_stack {
	uint16_t outer, inner;
};

struct order_identity {
	uint8_t kind, length;
	uint8_t bytes[ORDER_IDENTITY_BYTES]; /* zero behind the length */
};

/* When a revision was accepted, and the hash of the keyring that was in force then; keyring_sha256 "": not known. */
struct order_acceptance {
	stamp_t at;
	char keyring_sha256[DIGEST_HEX];
};

struct order {
	char sha256[DIGEST_HEX];            /* of the file's bytes */
	struct order_acceptance acceptance; /* no part of the file: set by who holds an accepted one and knows */
	/* [order] */
	char case_id[NAMES_CASE_ROOM];
	uint64_t content_id;
	char lea[65];
	enum order_authority authority;
	char *order_number, *issued_by, *presented_by, *responsible;
	stamp_t not_before, not_after;
	uint32_t revision;
	char previous[DIGEST_HEX]; /* "" for revision 1 */
	/* [subject] */
	struct order_prefix *prefixes;
	size_t prefix_count;
	uint8_t (*macs)[6];
	size_t mac_count;
	uint16_t *vlans; /* qualifiers: narrow, never match alone; a VLAN or stack of either list will do */
	size_t vlan_count;
	struct order_stack *stacks;
	size_t stack_count;
	uint16_t *sessions;
	size_t session_count;
	int allow_prefix;
	struct order_identity *identities; /* sorted, none twice */
	size_t identity_count;
	/* [capture] */
	enum order_scope scope;
	char *filter;           /* NULL if none */
	uint32_t slice_seconds; /* 0: the IAP's */
	uint64_t slice_bytes;   /* 0: the IAP's */
	enum order_summary summary;
	int broadcast;        /* also ARP that names an address of the subject */
	uint32_t quiet_after; /* seconds, as conf.h has it for the station; ORDER_QUIET_UNSET: the station's */
	/* [delivery] */
	char destinations[ORDER_DESTINATIONS_MAX][NAMES_DEST_ROOM];
	size_t destination_count;
	char escrow[AGE_RECIPIENT_TEXT];     /* age1..., "" if none */
	uint32_t payload_days, records_days; /* defaults 30 and 1825 */
};

/**
 * order_parse(data, n, label):
 * Parse one order strictly; every refusal is one diag line LABEL:LINE and names no subject.  (FAULTS 18, 19, 24 to 26,
 * 32, 34.)  Return it, or NULL with errno EINVAL or ENOMEM.
 */
struct order *order_parse(const char *, size_t, const char *);
void order_free(struct order *);

/**
 * order_judge(order, previous, max_days, why, room):
 * Rules that need more than the one file: ${previous} (NULL for revision 1) must be the revision before, with its hash,
 * the same case and the same subject; the length, counted from the later of not_before and the previous not_after, at
 * most ${max_days}.  Return 0, or -1 with the reason in ${why}.
 */
int order_judge(const struct order *, const struct order *, uint32_t, char *, size_t);

/**
 * order_judge_new(order, previous, why, room):
 * Rules for a revision that was not accepted yet, beside those of order_judge(): what was accepted or sealed before there
 * was such a rule is read for ever, and goes on.  ${previous} is the revision in force, NULL if there is none: one that
 * ends it earlier is always taken.  Return 0, or -1 with the reason in ${why}, which names no subject.
 */
int order_judge_new(const struct order *, const struct order *, char *, size_t);

/* Is it one address, and not several? */
int order_prefix_is_host(const struct order_prefix *);

/* How many addresses of the subject are of one link alone (link-local)? */
size_t order_count_link_local(const struct order *);

/* SHA-256 of the subject in canonical form: one subject has one hash whatever the spelling.  "" without memory. */
void order_subject_hash(const struct order *, char[DIGEST_HEX]);

/*
 * Append the subject's identifiers, hosts and prefixes first, with a space between, then the qualifiers by name: for the
 * order's own readers only.  Return 0, or -1 with errno ENOMEM.
 */
int order_subject_text(const struct order *, struct buf *);

/* What of the subject is as it may not be meant, in words without a value; NULL: nothing. */
const char *order_subject_doubt(const struct order *);

const char *order_authority_text(enum order_authority);
const char *order_scope_text(enum order_scope);

#endif
