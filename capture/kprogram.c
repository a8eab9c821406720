#include <errno.h>

#include "ethertype.h"

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

/* Of a program: the second of two IPv4 addresses, for ARP and IP do not have it at one place. */
#define SECOND_ADDRESS 1

/* X is the offset of the header that is looked at, from put_levels() on. */
struct writing {
	struct kcode *code;
	const struct kprogram *program;
	struct kcode_label accept, reject, ip4, ip6, arp, pppoe, mpls;
};

/* Go on if ${n} bytes are there from X on; else the frame is cut, and passes. */
static void
put_room(struct writing *w, uint32_t n)
{
	struct kcode_label here = kcode_here(w->code);

	kcode_test(w->code, BPF_JGE, n, &here, &w->accept);
	kcode_put(w->code, BPF_ALU | BPF_SUB | BPF_X, 0);
	kcode_put(w->code, BPF_LD | BPF_W | BPF_LEN, 0);
}

/* Step over ${n} bytes and go to ${next}. */
static struct kcode_label
put_step(struct writing *w, uint32_t n, const struct kcode_label *next)
{
	kcode_jump(w->code, next);
	kcode_put(w->code, BPF_MISC | BPF_TAX, 0);
	kcode_put(w->code, BPF_ALU | BPF_ADD | BPF_K, n);
	kcode_put(w->code, BPF_MISC | BPF_TXA, 0);
	return kcode_here(w->code);
}

static void
put_load(struct writing *w, uint16_t size, uint32_t offset)
{
	kcode_put(w->code, BPF_LD | size | BPF_IND, offset);
}

/* Go to the place that belongs to the value of the accumulator, or on. */
static void
put_case(struct writing *w, uint32_t value, struct kcode_label *place)
{
	struct kcode_label here = kcode_here(w->code);

	kcode_test(w->code, BPF_JEQ, value, place, &here);
}

/* The two IPv4 addresses: gives the place at which the first is in the accumulator, and ${load} fetches the second. */
static int
put_addresses4(struct writing *w, struct ktree_load load, struct kcode_label *place)
{
	struct kcode_label second;

	if (ktree_put(&w->program->sets[KPROGRAM_V4], w->code, NULL, &w->accept, &w->reject) == -1)
		return -1;
	kcode_put(w->code, load.code, load.k);
	second = kcode_here(w->code);
	if (ktree_put(&w->program->sets[KPROGRAM_V4], w->code, NULL, &w->accept, &second) == -1)
		return -1;
	*place = kcode_here(w->code);
	return 0;
}

/* IPv4, and ARP, which shares its trees. */
static int
put_ip4(struct writing *w)
{
	const struct ktree_load direct = {BPF_LD | BPF_W | BPF_IND, 16}, kept = {BPF_LD | BPF_MEM, SECOND_ADDRESS};
	struct kcode_label addresses = w->reject, here;

	if (w->program->sets[KPROGRAM_V4].count > 0) {
		if (put_addresses4(w, w->program->has_arp ? kept : direct, &addresses) == -1)
			return -1;
		put_load(w, BPF_W, 12);
		if (w->program->has_arp) {
			kcode_put(w->code, BPF_ST, SECOND_ADDRESS);
			put_load(w, BPF_W, 16);
		}
	}
	here = w->program->sets[KPROGRAM_V4].count > 0 ? kcode_here(w->code) : w->reject;
	kcode_test(w->code, BPF_JGT, 0x4f, &w->accept, &here);
	here = kcode_here(w->code);
	kcode_test(w->code, BPF_JGE, 0x45, &here, &w->accept);
	put_load(w, BPF_B, 0);
	put_room(w, V4_HEADER);
	w->ip4 = kcode_here(w->code);
	w->arp = w->reject;
	if (!w->program->has_arp)
		return 0;
	kcode_jump(w->code, &addresses);
	put_load(w, BPF_W, 14);
	kcode_put(w->code, BPF_ST, SECOND_ADDRESS);
	put_load(w, BPF_W, 24);
	put_room(w, ARP_PACKET);
	w->arp = kcode_here(w->code);
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

	if (w->program->all_ip6) {
		w->ip6 = w->accept;
		return 0;
	}
	if (w->program->sets[KPROGRAM_V6].count > 0) {
		if (ktree_put(&w->program->sets[KPROGRAM_V6], w->code, target, &w->accept, &w->reject) == -1)
			return -1;
		kcode_put(w->code, target[0].code, target[0].k);
		second = kcode_here(w->code);
		if (ktree_put(&w->program->sets[KPROGRAM_V6], w->code, source, &w->accept, &second) == -1)
			return -1;
		kcode_put(w->code, source[0].code, source[0].k);
		here = kcode_here(w->code);
	}
	kcode_test(w->code, BPF_JEQ, 0x60, &here, &w->accept);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, BPF_B, 0);
	put_room(w, V6_HEADER);
	w->ip6 = kcode_here(w->code);
	return 0;
}

/* Sessions that carry IP without more ado; all else of PPP is to be counted. */
static void
put_pppoe(struct writing *w)
{
	struct kcode_label six, four, here;

	six = put_step(w, PPPOE_HEADER, &w->ip6);
	four = put_step(w, PPPOE_HEADER, &w->ip4);
	kcode_test(w->code, BPF_JEQ, 0x0057, &six, &w->accept);
	put_case(w, 0x0021, &four);
	put_load(w, BPF_H, 6);
	here = kcode_here(w->code);
	kcode_test(w->code, BPF_JEQ, 0x1100, &here, &w->accept);
	put_load(w, BPF_H, 0);
	put_room(w, PPPOE_HEADER);
	w->pppoe = kcode_here(w->code);
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

	kcode_test(w->code, BPF_JEQ, 0x60, &w->ip6, &w->accept);
	put_case(w, 0x40, &w->ip4);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
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
	beneath = kcode_here(w->code);
	for (i = 0; i < LABELS_MAX; i++)
		last[i] = put_step(w, 4 * (i + 1), &beneath);
	for (i = LABELS_MAX; i > 0; i--) {
		kcode_test(w->code, BPF_JSET, 1, &last[i - 1], &next);
		put_load(w, BPF_B, 4 * i - 2);
		put_room(w, 4 * i);
		next = kcode_here(w->code);
	}
	w->mpls = next;
}

/* What an Ethernet type leads to; ${tag}: the level beneath a VLAN tag. */
static void
put_types(struct writing *w, struct kcode_label *tag)
{
	kcode_test(w->code, BPF_JEQ, ETHERTYPE_DISCOVERY, &w->reject, &w->accept);
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
			kcode_put(w->code, BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL));
			kcode_put(w->code, BPF_LDX | BPF_W | BPF_IMM, 0);
			break;
		}
		kcode_put(w->code, BPF_LD | BPF_H | BPF_ABS, end - 2);
		here = kcode_here(w->code);
		kcode_test(w->code, BPF_JGE, end, &here, &w->accept);
		kcode_put(w->code, BPF_LDX | BPF_W | BPF_IMM, end);
		kcode_put(w->code, BPF_LD | BPF_W | BPF_LEN, 0);
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
	kcode_test(w->code, BPF_JEQ, 0x60, &w->ip6, &w->accept);
	put_case(w, 0x40, &w->ip4);
	kcode_put(w->code, BPF_ALU | BPF_AND | BPF_K, 0xf0);
	put_load(w, BPF_B, 0);
	put_room(w, 1);
	kcode_put(w->code, BPF_LDX | BPF_W | BPF_IMM, 0);
}

int
kprogram_write(const struct kprogram *program, uint32_t linktype, struct kcode *code)
{
	struct writing w;

	kcode_init(code);
	w.code = code;
	w.program = program;
	w.accept = kcode_return(code, EVERYTHING);
	w.reject = kcode_return(code, NOTHING);
	if (put_ip6(&w) == -1 || put_ip4(&w) == -1)
		return -1;
	if (linktype == LINK_RAW || linktype == LINK_RAW_FILE)
		put_raw(&w);
	else {
		put_pppoe(&w);
		put_mpls(&w);
		put_levels(&w, linktype == LINK_ETHERNET ? ETHERTYPE_HEADER : 0);
	}
	if (linktype == LINK_ETHERNET && put_macs(&w) == -1)
		return -1;
	if (!code->is_full)
		return 0;
	errno = E2BIG;
	return -1;
}
