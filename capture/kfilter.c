#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kprogram.h"
#include "wire.h"

#include "kfilter.h"

#define LINK_ETHERNET 1
#define LINK_RAW 12
#define LINK_RAW_FILE 101
#define LINK_SLL 113
#define LINK_SLL2 276

/* 1. The program, where there is one, is that of ${sets} with all that precisions[precision] takes away. */
struct kfilter {
	struct sock_filter *program;
	size_t count;
	struct kprogram sets;
	uint32_t linktype;
	size_t addresses, precision;
	char text[KFILTER_TEXT_ROOM];
};

/* How exact an attempt is. */
struct precision {
	size_t leaf; /* of the trees */
	uint32_t v6_bits, mac_bits, v4_bits;
	int all_ip6;
	const char *text;
};

static const struct precision precisions[] = {
    {3, 128, 64, 32, 0, ""},
    {8, 128, 64, 32, 0, ""},
    {8, 64, 32, 32, 0, ", IPv6 by network"},
    {8, 64, 32, 32, 1, ", all IPv6"},
    {8, 64, 32, 24, 1, ", all IPv6, IPv4 by /24"},
    {8, 64, 32, 16, 1, ", all IPv6, IPv4 by /16"},
};
#define PRECISIONS (sizeof(precisions) / sizeof(precisions[0]))

static void
add(struct ktree *t, uint32_t bits, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	t->at[t->count++] = (struct ktree_prefix){{a, b, c, d}, bits};
}

static void
add_address(struct kprogram *p, unsigned family, uint32_t bits, const uint8_t *a)
{
	if (family == 4)
		add(&p->sets[KPROGRAM_V4], bits, wire_be32(a), 0, 0, 0);
	else
		add(&p->sets[KPROGRAM_V6], bits, wire_be32(a), wire_be32(a + 4), wire_be32(a + 8), wire_be32(a + 12));
}

static void
add_order(struct kprogram *p, const struct order *o)
{
	size_t i;

	for (i = 0; i < o->prefix_count; i++)
		add_address(p, o->prefixes[i].family, o->prefixes[i].bits, o->prefixes[i].addr);
	for (i = 0; i < o->mac_count; i++)
		add(&p->sets[KPROGRAM_MAC], 64, wire_be32(o->macs[i] + 2), wire_be16(o->macs[i]), 0, 0);
	p->has_arp |= o->broadcast;
}

static int
collect(struct kprogram *p, const struct order *const *orders, size_t count)
{
	size_t i, room = 1;

	for (i = 0; i < count; i++)
		room += orders[i]->prefix_count + orders[i]->mac_count;
	for (i = 0; i < KPROGRAM_SETS; i++) {
		p->sets[i].at = calloc(room, sizeof(*p->sets[i].at));
		if (p->sets[i].at == NULL)
			return -1;
	}
	for (i = 0; i < count; i++)
		add_order(p, orders[i]);
	/* ARP only matters to those who have an IPv4 address. */
	p->has_arp = p->has_arp && p->sets[KPROGRAM_V4].count > 0;
	return 0;
}

/* Coarsen the sets; they are never made finer again. */
static void
settle(struct kprogram *p, const struct precision *precision)
{
	size_t i;

	for (i = 0; i < KPROGRAM_SETS; i++)
		p->sets[i].leaf = precision->leaf;
	ktree_settle(&p->sets[KPROGRAM_V4], precision->v4_bits);
	ktree_settle(&p->sets[KPROGRAM_V6], precision->v6_bits);
	ktree_settle(&p->sets[KPROGRAM_MAC], precision->mac_bits);
	p->all_ip6 = precision->all_ip6 && p->sets[KPROGRAM_V6].count > 0;
}

static int
keep(struct kfilter *k, const struct kcode *code)
{
	k->program = calloc(code->count, sizeof(*k->program));
	if (k->program == NULL)
		return -1;
	memcpy(k->program, kcode_program(code), code->count * sizeof(*k->program));
	k->count = code->count;
	(void)snprintf(k->text, sizeof(k->text), "tree %zu instructions, %zu addresses%s", code->count, k->addresses,
	    precisions[k->precision].text); /* it fits */
	return 0;
}

/* The most exact program that fits, from k->precision on. */
static int
build(struct kfilter *k)
{
	struct kcode *code = malloc(sizeof(*code));
	int rc = -1;

	if (code == NULL)
		return -1;
	for (; k->precision < PRECISIONS; k->precision++) {
		settle(&k->sets, &precisions[k->precision]);
		rc = kprogram_write(&k->sets, k->linktype, code);
		if (rc == 0)
			rc = keep(k, code);
		if (rc == 0 || errno != E2BIG)
			goto out;
	}
	(void)snprintf(k->text, sizeof(k->text), "none: %zu addresses do not fit", k->addresses); /* it fits */
	rc = 0;
out:
	free(code);
	return rc;
}

/* Why there can be no filter for these subjects on frames of this link type, or NULL. */
static const char *
obstacle(const struct kprogram *p, uint32_t linktype)
{
	switch (linktype) {
	case LINK_ETHERNET:
	case LINK_RAW:
	case LINK_RAW_FILE:
		return NULL;
	case LINK_SLL:
	case LINK_SLL2:
		/* A cooked socket's filter gets the packet without its link header. */
		return p->sets[KPROGRAM_MAC].count == 0 ? NULL : "none: no MAC in a cooked frame";
	default:
		return "none: link type";
	}
}

struct kfilter *
kfilter_new(const struct order *const *orders, size_t count, uint32_t linktype)
{
	struct kfilter *k = calloc(1, sizeof(*k));
	const char *why;
	size_t i;
	int rc = -1;

	if (k == NULL || collect(&k->sets, orders, count) == -1)
		goto out;
	k->linktype = linktype;
	for (i = 0; i < KPROGRAM_SETS; i++)
		k->addresses += k->sets.sets[i].count;
	why = obstacle(&k->sets, linktype);
	if (why != NULL) {
		(void)snprintf(k->text, sizeof(k->text), "%s", why); /* it fits */
		rc = 0;
	} else
		rc = build(k);
out:
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
	size_t i;

	if (k == NULL)
		return;
	for (i = 0; i < KPROGRAM_SETS; i++)
		free(k->sets.sets[i].at);
	free(k->program);
	free(k);
	errno = saved;
}

int
kfilter_coarsen(struct kfilter *k)
{
	if (k->count == 0) {
		errno = E2BIG;
		return -1;
	}
	free(k->program);
	k->program = NULL;
	k->count = 0;
	k->precision++;
	return build(k);
}

const struct sock_filter *
kfilter_program(const struct kfilter *k, size_t *count)
{
	*count = k->count;
	return k->program;
}

int
kfilter_is_same(const struct kfilter *a, const struct kfilter *b)
{
	return a->count == b->count &&
	       (a->count == 0 || memcmp(a->program, b->program, a->count * sizeof(*a->program)) == 0);
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
