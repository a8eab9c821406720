#include <errno.h>

#include "ethertype.h"
#include "pseudowire.h"

#include "kprogram.h"

#define LINK_ETHERNET 1
#define LINK_RAW 12
#define LINK_RAW_FILE 101

#define NOTHING 0
#define EVERYTHING UINT32_MAX

/* How much is unrolled; what is deeper passes. */
#define TAGS_MAX 3
#define LABELS_MAX 4

#define V4_HEADER 20
#define V6_HEADER 40
#define PPPOE_HEADER 8
#define ARP_PACKET 28

/*
 * Loads at an offset that is known when the program is written are inlined by the kernel, those relative to X call a
 * function: so what most frames are, up to DIRECT tags and PPPoE, is written once for each place where it can be.
 */
#define DIRECT 1

struct place {
	uint16_t mode; /* BPF_ABS; or BPF_IND: X is to be added */
	uint32_t at;
};

/*
 * The trees expect the first word of the source address in the accumulator, and in the scratch memory: the destination of
 * IPv4 (or ARP) in SECOND; of IPv6, word i of the two addresses in a row in i.
 */
#define SECOND 1
#define WORDS_IP6 8
#define PLACE 15 /* X, while it is needed for something else */

struct writing {
	struct kcode *code;
	const struct kprogram *program;
	struct kcode_label accept, reject, trees4, trees6;
	struct kcode_label ip4, ip6, arp, pppoe, mpls; /* at X */
};

static const struct place at_x = {BPF_IND, 0};

static void
put_load(struct writing *w, struct place p, uint16_t size, uint32_t offset)
{
	kcode_put(w->code, BPF_LD | size | p.mode, p.at + offset);
}

/* Go on if ${n} bytes are there; else the frame is cut, and passes. */
static void
put_room(struct writing *w, struct place p, uint32_t n)
{
	struct kcode_label here = kcode_here(w->code);

	kcode_test(w->code, BPF_JGE, p.at + n, &here, &w->accept);
	if (p.mode == BPF_IND)
		kcode_put(w->code, BPF_ALU | BPF_SUB | BPF_X, 0);
	kcode_put(w->code, BPF_LD | BPF_W | BPF_LEN, 0);
}

/* Step over ${n} bytes at X and go to ${next}. */
static struct kcode_label
put_step(struct writing *w, uint32_t n, const struct kcode_label *next)
{
	kcode_jump(w->code, next);
	kcode_put(w->code, BPF_MISC | BPF_TAX, 0);
	kcode_put(w->code, BPF_ALU | BPF_ADD | BPF_K, n);
	kcode_put(w->code, BPF_MISC | BPF_TXA, 0);
	return kcode_here(w->code);
}

/* Go to the place that belongs to the value of the accumulator, or on. */
static void
put_case(struct writing *w, uint32_t value, struct kcode_label *place)
{
	struct kcode_label here = kcode_here(w->code);

	kcode_test(w->code, BPF_JEQ, value, place, &here);
}

static void
put_returns(struct writing *w)
{
	w->accept = kcode_return(w->code, EVERYTHING);
	w->reject = kcode_return(w->code, NOTHING);
}

/*
 * The kernel wants to see that no word of the scratch memory is read before it was written, and takes what lies behind a
 * return for reached from there.  So trees share no return with code that has written less, and a jump that is never
 * reached, to the program's last return, stands between the two.
 */
static void
put_border(struct writing *w)
{
	static const struct kcode_label last = {1, 1, EVERYTHING};

	kcode_jump(w->code, &last);
	put_returns(w);
}

/* The trees of two addresses, the words of the second being ${second}[0 ..]. */
static int
put_trees(struct writing *w, enum kprogram_set set, const struct ktree_load *first, const struct ktree_load *second,
    struct kcode_label *place)
{
	const struct ktree *tree = &w->program->sets[set];
	struct kcode_label here;

	*place = w->reject;
	if (tree->count == 0)
		return 0;
	if (ktree_put(tree, w->code, second, &w->accept, &w->reject) == -1)
		return -1;
	kcode_put(w->code, second[0].code, second[0].k);
	here = kcode_here(w->code);
	if (ktree_put(tree, w->code, first, &w->accept, &here) == -1)
		return -1;
	*place = kcode_here(w->code);
	put_border(w);
	return 0;
}

static int
put_all_trees(struct writing *w)
{
	static const struct ktree_load source[KTREE_WORDS] = {
	    {0, 0}, {BPF_LD | BPF_MEM, 1}, {BPF_LD | BPF_MEM, 2}, {BPF_LD | BPF_MEM, 3}};
	static const struct ktree_load target[KTREE_WORDS] = {
	    {BPF_LD | BPF_MEM, 4}, {BPF_LD | BPF_MEM, 5}, {BPF_LD | BPF_MEM, 6}, {BPF_LD | BPF_MEM, 7}};
	static const struct ktree_load second = {BPF_LD | BPF_MEM, SECOND};

	w->trees6 = w->accept;
	if (!w->program->all_ip6 && put_trees(w, KPROGRAM_V6, source, target, &w->trees6) == -1)
		return -1;
	return put_trees(w, KPROGRAM_V4, NULL, &second, &w->trees4);
}

/* A header of IPv4. */
static struct kcode_label
put_ip4(struct writing *w, struct place p)
{
	struct kcode_label here = w->reject;

	if (w->program->sets[KPROGRAM_V4].count > 0) {
		kcode_jump(w->code, &w->trees4);
		put_load(w, p, BPF_W, 12);
		kcode_put(w->code, BPF_ST, SECOND);
		put_load(w, p, BPF_W, 16);
		here = kcode_here(w->code);
	}
	kcode_test(w->code, BPF_JGT, 0x4f, &w->accept, &here);
	here = kcode_here(w->code);
	kcode_test(w->code, BPF_JGE, 0x45, &here, &w->accept);
	put_load(w, p, BPF_B, 0);
	put_room(w, p, V4_HEADER);
	return kcode_here(w->code);
}

/* A header of IPv6. */
static struct kcode_label
put_ip6(struct writing *w, struct place p)
{
	struct kcode_label here = w->reject;
	uint32_t i;

	if (w->program->all_ip6)
		return w->accept;
	if (w->program->sets[KPROGRAM_V6].count > 0) {
		kcode_jump(w->code, &w->trees6);
		put_load(w, p, BPF_W, 8);
		for (i = 1; i < WORDS_IP6; i++) {
			kcode_put(w->code, BPF_ST, i);
			put_load(w, p, BPF_W, 8 + 4 * i);
		}
		here = kcode_here(w->code);
	}
	kcode_test(w->code, BPF_JEQ, 0x60, &here, &w->accept);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, p, BPF_B, 0);
	put_room(w, p, V6_HEADER);
	return kcode_here(w->code);
}

/* A packet of ARP: its addresses are looked up as those of IPv4. */
static struct kcode_label
put_arp(struct writing *w)
{
	if (!w->program->has_arp)
		return w->reject;
	kcode_jump(w->code, &w->trees4);
	put_load(w, at_x, BPF_W, 14);
	kcode_put(w->code, BPF_ST, SECOND);
	put_load(w, at_x, BPF_W, 24);
	put_room(w, at_x, ARP_PACKET);
	return kcode_here(w->code);
}

/* A session that carries IP without more ado; all else of PPP is to be counted. */
static struct kcode_label
put_pppoe(struct writing *w, struct place p)
{
	const struct place beneath = {p.mode, p.at + PPPOE_HEADER};
	struct kcode_label six, four, here;

	six = p.mode == BPF_IND ? put_step(w, PPPOE_HEADER, &w->ip6) : put_ip6(w, beneath);
	four = p.mode == BPF_IND ? put_step(w, PPPOE_HEADER, &w->ip4) : put_ip4(w, beneath);
	kcode_test(w->code, BPF_JEQ, 0x0057, &six, &w->accept);
	put_case(w, 0x0021, &four);
	put_load(w, p, BPF_H, 6);
	here = kcode_here(w->code);
	kcode_test(w->code, BPF_JEQ, 0x1100, &here, &w->accept);
	put_load(w, p, BPF_H, 0);
	put_room(w, p, PPPOE_HEADER);
	return kcode_here(w->code);
}

/*
 * The half-byte of IPv6 may be the first of an Ethernet address too: where the length does not fit, the matcher shall look.
 * X becomes what the frame's length may be at most, by the packet's and with all padding.
 */
static struct kcode_label
put_fitting_ip6(struct writing *w)
{
	struct kcode_label here;

	kcode_jump(w->code, &w->ip6);
	kcode_put(w->code, BPF_LDX | BPF_W | BPF_MEM, PLACE);
	here = kcode_here(w->code);
	kcode_test_x(w->code, BPF_JGE, &here, &w->accept);
	kcode_put(w->code, BPF_ALU | BPF_ADD | BPF_K, PSEUDOWIRE_PADDING_MAX);
	here = kcode_here(w->code);
	kcode_test_x(w->code, BPF_JGT, &w->accept, &here);
	kcode_put(w->code, BPF_LD | BPF_W | BPF_LEN, 0);
	kcode_put(w->code, BPF_MISC | BPF_TAX, 0);
	kcode_put(w->code, BPF_ALU | BPF_ADD | BPF_K, V6_HEADER + PSEUDOWIRE_PADDING_MAX);
	kcode_put(w->code, BPF_ALU | BPF_ADD | BPF_X, 0);
	put_load(w, at_x, BPF_H, 4);
	kcode_put(w->code, BPF_STX, PLACE);
	return kcode_here(w->code);
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
	struct kcode_label six = put_fitting_ip6(w);
	size_t i;

	kcode_test(w->code, BPF_JEQ, 0x60, &six, &w->accept);
	put_case(w, 0x40, &w->ip4);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, at_x, BPF_B, 0);
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		put_case(w, types[i], &w->accept);
	put_load(w, at_x, BPF_H, ETHERTYPE_AT);
	put_room(w, at_x, ETHERTYPE_HEADER);
}

static struct kcode_label
put_mpls(struct writing *w)
{
	struct kcode_label beneath, last[LABELS_MAX], next = w->accept;
	uint32_t i;

	put_beneath_labels(w);
	beneath = kcode_here(w->code);
	for (i = 0; i < LABELS_MAX; i++)
		last[i] = put_step(w, 4 * (i + 1), &beneath);
	for (i = LABELS_MAX; i > 0; i--) {
		kcode_test(w->code, BPF_JSET, 1, &last[i - 1], &next);
		put_load(w, at_x, BPF_B, 4 * i - 2);
		put_room(w, at_x, 4 * i);
		next = kcode_here(w->code);
	}
	return next;
}

/* What an Ethernet type leads to; ${tag}: the level beneath a VLAN tag. */
static void
put_types(struct writing *w, struct kcode_label *ip4, struct kcode_label *ip6, struct kcode_label *pppoe,
    struct kcode_label *tag)
{
	kcode_test(w->code, BPF_JEQ, ETHERTYPE_DISCOVERY, &w->reject, &w->accept);
	put_case(w, ETHERTYPE_ARP, &w->arp);
	put_case(w, ETHERTYPE_MPLS_UP, &w->mpls);
	put_case(w, ETHERTYPE_MPLS, &w->mpls);
	put_case(w, ETHERTYPE_QINQ_OLD, tag);
	put_case(w, ETHERTYPE_QINQ, tag);
	put_case(w, ETHERTYPE_VLAN, tag);
	put_case(w, ETHERTYPE_SESSION, pppoe);
	put_case(w, ETHERTYPE_IPV6, ip6);
	put_case(w, ETHERTYPE_IPV4, ip4);
}

/* The Ethernet type that stands right before ${end}; at 0 it is metadata. */
static void
put_type(struct writing *w, uint32_t end)
{
	if (end == 0) {
		kcode_put(w->code, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
		kcode_put(w->code, BPF_LDX | BPF_W | BPF_IMM, 0);
		return;
	}
	kcode_put(w->code, BPF_LD | BPF_H | BPF_ABS, end - 2);
	kcode_put(w->code, BPF_LDX | BPF_W | BPF_IMM, end);
	put_room(w, (struct place){BPF_ABS, end}, 0);
}

/* The Ethernet types under 0 to TAGS_MAX tags that are part of the frame; the first ends at ${base}. */
static void
put_levels(struct writing *w, uint32_t base)
{
	struct kcode_label tag = w->accept, ip4, ip6, pppoe;
	uint32_t i;

	for (i = TAGS_MAX + 1; i > 0; i--) {
		const struct place p = {BPF_ABS, base + 4 * (i - 1)};
		int is_direct = i - 1 <= DIRECT;

		pppoe = is_direct ? put_pppoe(w, p) : w->pppoe;
		ip6 = is_direct ? put_ip6(w, p) : w->ip6;
		ip4 = is_direct ? put_ip4(w, p) : w->ip4;
		put_types(w, &ip4, &ip6, &pppoe, &tag);
		put_type(w, p.at);
		tag = kcode_here(w->code);
	}
}

static int
put_macs(struct writing *w)
{
	static const struct ktree_load target[] = {{BPF_LD | BPF_W | BPF_ABS, 2}, {BPF_LD | BPF_H | BPF_ABS, 0}};
	static const struct ktree_load source[] = {{BPF_LD | BPF_W | BPF_ABS, 8}, {BPF_LD | BPF_H | BPF_ABS, 6}};
	struct kcode_label here = kcode_here(w->code);

	if (w->program->sets[KPROGRAM_MAC].count == 0)
		return 0;
	if (ktree_put(&w->program->sets[KPROGRAM_MAC], w->code, target, &w->accept, &here) == -1)
		return -1;
	kcode_put(w->code, target[0].code, target[0].k);
	here = kcode_here(w->code);
	if (ktree_put(&w->program->sets[KPROGRAM_MAC], w->code, source, &w->accept, &here) == -1)
		return -1;
	kcode_put(w->code, source[0].code, source[0].k);
	here = kcode_here(w->code);
	kcode_test(w->code, BPF_JGE, ETHERTYPE_HEADER, &here, &w->accept);
	kcode_put(w->code, BPF_LD | BPF_W | BPF_LEN, 0);
	return 0;
}

/* A frame that starts with the IP header. */
static void
put_raw(struct writing *w)
{
	const struct place start = {BPF_ABS, 0};
	struct kcode_label six = put_ip6(w, start), four = put_ip4(w, start);

	kcode_test(w->code, BPF_JEQ, 0x60, &six, &w->accept);
	put_case(w, 0x40, &four);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, start, BPF_B, 0);
	put_room(w, start, 1);
}

/* What can stand beneath a link header, at X. */
static void
put_beneath_links(struct writing *w)
{
	w->ip6 = put_ip6(w, at_x);
	w->ip4 = put_ip4(w, at_x);
	w->arp = put_arp(w);
	w->pppoe = put_pppoe(w, at_x);
	w->mpls = put_mpls(w);
}

int
kprogram_write(const struct kprogram *program, uint32_t linktype, struct kcode *code)
{
	struct writing w;

	kcode_init(code);
	w.code = code;
	w.program = program;
	put_returns(&w);
	if (put_all_trees(&w) == -1)
		return -1;
	if (linktype == LINK_RAW || linktype == LINK_RAW_FILE)
		put_raw(&w);
	else {
		put_beneath_links(&w);
		put_levels(&w, linktype == LINK_ETHERNET ? ETHERTYPE_HEADER : 0);
	}
	if (linktype == LINK_ETHERNET && put_macs(&w) == -1)
		return -1;
	if (!code->is_full)
		return 0;
	errno = E2BIG;
	return -1;
}
