#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ethertype.h"
#include "kcode.h"
#include "ktree.h"
#include "wire.h"

#include "kfilter.h"

#define LINK_ETHERNET 1
#define LINK_RAW 12
#define LINK_RAW_FILE 101
#define LINK_SLL 113
#define LINK_SLL2 276

#define NOTHING 0
#define EVERYTHING UINT32_MAX

/* How much is unrolled; what is deeper passes. */
#define TAGS_MAX 3
#define LABELS_MAX 4

#define V4_HEADER 20
#define V6_HEADER 40
#define PPPOE_HEADER 8
#define ARP_PACKET 28

/* Of a program: the second of two IPv4 addresses, for ARP and IP do not have it at one place. */
#define SECOND_ADDRESS 1

enum {
	V4,
	V6,
	MAC,
	FAMILIES
};

struct kfilter {
	struct sock_filter *program;
	size_t count;
	char text[KFILTER_TEXT_ROOM];
};

/* How exact an attempt is. */
struct precision {
	size_t leaf;      /* of the trees */
	uint32_t v6_bits; /* 0: all IPv6 passes */
	uint32_t mac_bits;
	const char *text;
};

static const struct precision precisions[] = {
    {3, 128, 64, ""},
    {8, 128, 64, ""},
    {8, 64, 32, ", IPv6 by network"},
    {8, 0, 32, ", all IPv6"},
};

/* X is the offset of the header that is looked at, from `levels` on. */
struct writing {
	struct kcode code;
	struct ktree sets[FAMILIES];
	int has_arp;
	const struct precision *precision;
	struct kcode_label accept, reject, ip4, ip6, arp, pppoe, mpls;
};

static void
add(struct ktree *t, uint32_t bits, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	t->at[t->count++] = (struct ktree_prefix){{a, b, c, d}, bits};
}

/* A MAC's last four bytes tell more than its first. */
static void
add_order(struct writing *w, const struct order *o)
{
	size_t i;

	for (i = 0; i < o->prefix_count; i++) {
		const uint8_t *a = o->prefixes[i].addr;

		if (o->prefixes[i].family == 4)
			add(&w->sets[V4], o->prefixes[i].bits, wire_be32(a), 0, 0, 0);
		else
			add(&w->sets[V6], o->prefixes[i].bits, wire_be32(a), wire_be32(a + 4), wire_be32(a + 8),
			    wire_be32(a + 12));
	}
	for (i = 0; i < o->mac_count; i++)
		add(&w->sets[MAC], 64, wire_be32(o->macs[i] + 2), wire_be16(o->macs[i]), 0, 0);
	w->has_arp |= o->broadcast;
}

static int
collect(struct writing *w, const struct order *const *orders, size_t count)
{
	size_t i, room = 1;

	for (i = 0; i < count; i++)
		room += orders[i]->prefix_count + orders[i]->mac_count;
	for (i = 0; i < FAMILIES; i++) {
		w->sets[i].at = calloc(room, sizeof(*w->sets[i].at));
		if (w->sets[i].at == NULL)
			return -1;
	}
	for (i = 0; i < count; i++)
		add_order(w, orders[i]);
	/* ARP only matters to those who have an IPv4 address. */
	w->has_arp = w->has_arp && w->sets[V4].count > 0;
	return 0;
}

/* Go on if ${n} bytes are there from X on; else the frame is cut, and passes. */
static void
put_room(struct writing *w, uint32_t n)
{
	struct kcode_label here = kcode_here(&w->code);

	kcode_test(&w->code, BPF_JGE, n, &here, &w->accept);
	kcode_put(&w->code, BPF_ALU | BPF_SUB | BPF_X, 0);
	kcode_put(&w->code, BPF_LD | BPF_W | BPF_LEN, 0);
}

/* Step over ${n} bytes and go to ${next}. */
static struct kcode_label
put_step(struct writing *w, uint32_t n, const struct kcode_label *next)
{
	kcode_jump(&w->code, next);
	kcode_put(&w->code, BPF_MISC | BPF_TAX, 0);
	kcode_put(&w->code, BPF_ALU | BPF_ADD | BPF_K, n);
	kcode_put(&w->code, BPF_MISC | BPF_TXA, 0);
	return kcode_here(&w->code);
}

static void
put_load(struct writing *w, uint16_t size, uint32_t offset)
{
	kcode_put(&w->code, BPF_LD | size | BPF_IND, offset);
}

/* Go to the place that belongs to the value of the accumulator, or on. */
static void
put_case(struct writing *w, uint32_t value, struct kcode_label *place)
{
	struct kcode_label here = kcode_here(&w->code);

	kcode_test(&w->code, BPF_JEQ, value, place, &here);
}

/*
 * The two IPv4 addresses; gives the place at which the first is in the accumulator, and the second where `load` finds
 * it.
 */
static int
put_addresses4(struct writing *w, struct ktree_load load, struct kcode_label *place)
{
	struct kcode_label second;

	if (ktree_put(&w->sets[V4], &w->code, NULL, &w->accept, &w->reject) == -1)
		return -1;
	kcode_put(&w->code, load.code, load.k);
	second = kcode_here(&w->code);
	if (ktree_put(&w->sets[V4], &w->code, NULL, &w->accept, &second) == -1)
		return -1;
	*place = kcode_here(&w->code);
	return 0;
}

/* IPv4, and ARP, which shares its trees. */
static int
put_ip4(struct writing *w)
{
	const struct ktree_load direct = {BPF_LD | BPF_W | BPF_IND, 16}, kept = {BPF_LD | BPF_MEM, SECOND_ADDRESS};
	struct kcode_label addresses = w->reject, here;

	if (w->sets[V4].count > 0) {
		if (put_addresses4(w, w->has_arp ? kept : direct, &addresses) == -1)
			return -1;
		put_load(w, BPF_W, 12);
		if (w->has_arp) {
			kcode_put(&w->code, BPF_ST, SECOND_ADDRESS);
			put_load(w, BPF_W, 16);
		}
	}
	here = w->sets[V4].count > 0 ? kcode_here(&w->code) : w->reject;
	kcode_test(&w->code, BPF_JGT, 0x4f, &w->accept, &here);
	here = kcode_here(&w->code);
	kcode_test(&w->code, BPF_JGE, 0x45, &here, &w->accept);
	put_load(w, BPF_B, 0);
	put_room(w, V4_HEADER);
	w->ip4 = kcode_here(&w->code);
	w->arp = w->reject;
	if (!w->has_arp)
		return 0;
	kcode_jump(&w->code, &addresses);
	put_load(w, BPF_W, 14);
	kcode_put(&w->code, BPF_ST, SECOND_ADDRESS);
	put_load(w, BPF_W, 24);
	put_room(w, ARP_PACKET);
	w->arp = kcode_here(&w->code);
	return 0;
}

static int
put_ip6(struct writing *w)
{
	static const struct ktree_load source[KTREE_WORDS] = {{BPF_LD | BPF_W | BPF_IND, 8},
	    {BPF_LD | BPF_W | BPF_IND, 12}, {BPF_LD | BPF_W | BPF_IND, 16}, {BPF_LD | BPF_W | BPF_IND, 20}};
	static const struct ktree_load target[KTREE_WORDS] = {{BPF_LD | BPF_W | BPF_IND, 24},
	    {BPF_LD | BPF_W | BPF_IND, 28}, {BPF_LD | BPF_W | BPF_IND, 32}, {BPF_LD | BPF_W | BPF_IND, 36}};
	struct kcode_label here = w->reject, second;

	if (w->sets[V6].count > 0 && w->precision->v6_bits == 0) {
		w->ip6 = w->accept;
		return 0;
	}
	if (w->sets[V6].count > 0) {
		if (ktree_put(&w->sets[V6], &w->code, target, &w->accept, &w->reject) == -1)
			return -1;
		kcode_put(&w->code, target[0].code, target[0].k);
		second = kcode_here(&w->code);
		if (ktree_put(&w->sets[V6], &w->code, source, &w->accept, &second) == -1)
			return -1;
		kcode_put(&w->code, source[0].code, source[0].k);
		here = kcode_here(&w->code);
	}
	kcode_test(&w->code, BPF_JEQ, 0x60, &here, &w->accept);
	kcode_put(&w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, BPF_B, 0);
	put_room(w, V6_HEADER);
	w->ip6 = kcode_here(&w->code);
	return 0;
}

/* Sessions that carry IP without more ado; all else of PPP is to be counted. */
static void
put_pppoe(struct writing *w)
{
	struct kcode_label six, four, here;

	six = put_step(w, PPPOE_HEADER, &w->ip6);
	four = put_step(w, PPPOE_HEADER, &w->ip4);
	kcode_test(&w->code, BPF_JEQ, 0x0057, &six, &w->accept);
	put_case(w, 0x0021, &four);
	put_load(w, BPF_H, 6);
	here = kcode_here(&w->code);
	kcode_test(&w->code, BPF_JEQ, 0x1100, &here, &w->accept);
	put_load(w, BPF_H, 0);
	put_room(w, PPPOE_HEADER);
	w->pppoe = kcode_here(&w->code);
}

/*
 * Beneath the labels may lie Ethernet with addresses that look like the start of an IP header: where an Ethernet type that
 * the matcher would follow stands at its place, the matcher shall look.
 */
static void
put_beneath_labels(struct writing *w)
{
	static const uint16_t types[] = {ETHERTYPE_IPV4, ETHERTYPE_IPV6, ETHERTYPE_ARP, ETHERTYPE_VLAN,
	    ETHERTYPE_QINQ, ETHERTYPE_QINQ_OLD, ETHERTYPE_MPLS, ETHERTYPE_MPLS_UP, ETHERTYPE_SESSION,
	    ETHERTYPE_DISCOVERY};
	size_t i;

	kcode_test(&w->code, BPF_JEQ, 0x60, &w->ip6, &w->accept);
	put_case(w, 0x40, &w->ip4);
	kcode_put(&w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, BPF_B, 0);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		put_case(w, types[i], &w->accept);
	put_load(w, BPF_H, ETHERTYPE_AT);
	put_room(w, ETHERTYPE_HEADER);
}

static void
put_mpls(struct writing *w)
{
	struct kcode_label beneath, last[LABELS_MAX], next = w->accept;
	uint32_t i;

	put_beneath_labels(w);
	beneath = kcode_here(&w->code);
	for (i = 0; i < LABELS_MAX; i++)
		last[i] = put_step(w, 4 * (i + 1), &beneath);
	for (i = LABELS_MAX; i > 0; i--) {
		kcode_test(&w->code, BPF_JSET, 1, &last[i - 1], &next);
		put_load(w, BPF_B, 4 * i - 2);
		put_room(w, 4 * i);
		next = kcode_here(&w->code);
	}
	w->mpls = next;
}

/* What an Ethernet type leads to; ${tag}: the level beneath a VLAN tag. */
static void
put_types(struct writing *w, struct kcode_label *tag)
{
	kcode_test(&w->code, BPF_JEQ, ETHERTYPE_DISCOVERY, &w->reject, &w->accept);
	put_case(w, ETHERTYPE_ARP, &w->arp);
	put_case(w, ETHERTYPE_MPLS_UP, &w->mpls);
	put_case(w, ETHERTYPE_MPLS, &w->mpls);
	put_case(w, ETHERTYPE_QINQ_OLD, tag);
	put_case(w, ETHERTYPE_QINQ, tag);
	put_case(w, ETHERTYPE_VLAN, tag);
	put_case(w, ETHERTYPE_SESSION, &w->pppoe);
	put_case(w, ETHERTYPE_IPV6, &w->ip6);
	put_case(w, ETHERTYPE_IPV4, &w->ip4);
}

/* The Ethernet types under 0 to TAGS_MAX tags that are part of the frame; the first ends at ${base}, or is metadata. */
static void
put_levels(struct writing *w, uint32_t base)
{
	struct kcode_label tag = w->accept, here;
	uint32_t i, end;

	for (i = TAGS_MAX + 1; i > 0; i--) {
		end = base + 4 * (i - 1);
		put_types(w, &tag);
		if (end == 0) {
			kcode_put(&w->code, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
			kcode_put(&w->code, BPF_LDX | BPF_W | BPF_IMM, 0);
			break;
		}
		kcode_put(&w->code, BPF_LD | BPF_H | BPF_ABS, end - 2);
		here = kcode_here(&w->code);
		kcode_test(&w->code, BPF_JGE, end, &here, &w->accept);
		kcode_put(&w->code, BPF_LDX | BPF_W | BPF_IMM, end);
		kcode_put(&w->code, BPF_LD | BPF_W | BPF_LEN, 0);
		tag = kcode_here(&w->code);
	}
}

static int
put_macs(struct writing *w)
{
	static const struct ktree_load target[] = {{BPF_LD | BPF_W | BPF_ABS, 2}, {BPF_LD | BPF_H | BPF_ABS, 0}};
	static const struct ktree_load source[] = {{BPF_LD | BPF_W | BPF_ABS, 8}, {BPF_LD | BPF_H | BPF_ABS, 6}};
	struct kcode_label here = kcode_here(&w->code);

	if (w->sets[MAC].count == 0)
		return 0;
	if (ktree_put(&w->sets[MAC], &w->code, target, &w->accept, &here) == -1)
		return -1;
	kcode_put(&w->code, target[0].code, target[0].k);
	here = kcode_here(&w->code);
	if (ktree_put(&w->sets[MAC], &w->code, source, &w->accept, &here) == -1)
		return -1;
	kcode_put(&w->code, source[0].code, source[0].k);
	here = kcode_here(&w->code);
	kcode_test(&w->code, BPF_JGE, ETHERTYPE_HEADER, &here, &w->accept);
	kcode_put(&w->code, BPF_LD | BPF_W | BPF_LEN, 0);
	return 0;
}

/* A frame that starts with the IP header. */
static void
put_raw(struct writing *w)
{
	kcode_test(&w->code, BPF_JEQ, 0x60, &w->ip6, &w->accept);
	put_case(w, 0x40, &w->ip4);
	kcode_put(&w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, BPF_B, 0);
	put_room(w, 1);
	kcode_put(&w->code, BPF_LDX | BPF_W | BPF_IMM, 0);
}

/* Write the whole program.  Return 1, 0 if it does not fit, or -1 with errno set. */
static int
write_program(struct writing *w, const struct precision *precision, uint32_t linktype)
{
	size_t i;

	kcode_init(&w->code);
	w->precision = precision;
	for (i = 0; i < FAMILIES; i++)
		w->sets[i].leaf = precision->leaf;
	ktree_settle(&w->sets[V6], precision->v6_bits == 0 ? 64 : precision->v6_bits);
	ktree_settle(&w->sets[MAC], precision->mac_bits);
	w->accept = kcode_return(&w->code, EVERYTHING);
	w->reject = kcode_return(&w->code, NOTHING);
	if (put_ip6(w) == -1 || put_ip4(w) == -1)
		return -1;
	if (linktype == LINK_RAW || linktype == LINK_RAW_FILE)
		put_raw(w);
	else {
		put_pppoe(w);
		put_mpls(w);
		put_levels(w, linktype == LINK_ETHERNET ? ETHERTYPE_HEADER : 0);
	}
	if (linktype == LINK_ETHERNET && put_macs(w) == -1)
		return -1;
	return !w->code.is_full;
}

static int
keep(struct kfilter *k, const struct writing *w, size_t addresses)
{
	size_t n = w->code.count;

	k->program = calloc(n, sizeof(*k->program));
	if (k->program == NULL)
		return -1;
	memcpy(k->program, kcode_program(&w->code), n * sizeof(*k->program));
	k->count = n;
	(void)snprintf(k->text, sizeof(k->text), "tree %zu instructions, %zu addresses%s", n, addresses,
	    w->precision->text); /* it fits */
	return 0;
}

/* The most exact program that fits. */
static int
build(struct kfilter *k, struct writing *w, uint32_t linktype)
{
	size_t i, addresses = w->sets[V4].count + w->sets[V6].count + w->sets[MAC].count;
	int rc;

	ktree_settle(&w->sets[V4], 32);
	for (i = 0; i < sizeof(precisions) / sizeof(precisions[0]); i++) {
		rc = write_program(w, &precisions[i], linktype);
		if (rc != 0)
			return rc == 1 ? keep(k, w, addresses) : -1;
	}
	(void)snprintf(k->text, sizeof(k->text), "none: %zu addresses do not fit", addresses); /* it fits */
	return 0;
}

/* Why there can be no filter for these subjects on frames of this link type, or NULL. */
static const char *
obstacle(const struct writing *w, uint32_t linktype)
{
	switch (linktype) {
	case LINK_ETHERNET:
	case LINK_RAW:
	case LINK_RAW_FILE:
		return NULL;
	case LINK_SLL:
	case LINK_SLL2:
		/* A cooked socket's filter gets the packet without its link header. */
		return w->sets[MAC].count == 0 ? NULL : "none: no MAC in a cooked frame";
	default:
		return "none: link type";
	}
}

struct kfilter *
kfilter_new(const struct order *const *orders, size_t count, uint32_t linktype)
{
	struct kfilter *k = calloc(1, sizeof(*k));
	struct writing *w = calloc(1, sizeof(*w));
	const char *why;
	size_t i;
	int rc = -1;

	if (k == NULL || w == NULL || collect(w, orders, count) == -1)
		goto out;
	why = obstacle(w, linktype);
	if (why != NULL) {
		(void)snprintf(k->text, sizeof(k->text), "%s", why); /* it fits */
		rc = 0;
	} else
		rc = build(k, w, linktype);
out:
	for (i = 0; w != NULL && i < FAMILIES; i++)
		free(w->sets[i].at);
	free(w);
	if (rc == -1) {
		kfilter_free(k);
		k = NULL;
	}
	return k;
}

void
kfilter_free(struct kfilter *k)
{
	int saved = errno;

	if (k == NULL)
		return;
	free(k->program);
	free(k);
	errno = saved;
}

const struct sock_filter *
kfilter_program(const struct kfilter *k, size_t *count)
{
	*count = k->count;
	return k->program;
}

const char *
kfilter_text(const struct kfilter *k)
{
	return k->text;
}

static int
detach(int fd)
{
	int unused = 0;

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) == 0 || errno == ENOENT ? 0 : -1;
}

int
kfilter_attach(const struct kfilter *k, int fd)
{
	struct sock_fprog prog = {(unsigned short)k->count, k->program};

	if (k->count == 0)
		return detach(fd);
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == 0)
		return 0;
	/* The old filter counts against the room for the new one until it is gone. */
	if (detach(fd) == -1)
		return -1;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}
