#ifndef KFILTERS_H
#define KFILTERS_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * What the kernel does with a filter and a frame, for the tests of the generated one: a classic BPF machine with the loads
 * that Linux added.
 */
struct kmachine {
	const struct sock_filter *program;
	size_t count;
	const uint8_t *data;
	uint32_t n;
	uint16_t protocol; /* skb->protocol */
	uint32_t a, x, m[BPF_MEMWORDS];
	uint32_t written; /* bits of m */
	size_t steps;
};

static inline void
kmachine_require(int truth)
{
	if (!truth)
		abort();
}

/* Load into A.  Return -1 where the kernel would end the program with 0. */
static inline int
kmachine_load(struct kmachine *k, uint16_t size, uint32_t at)
{
	uint32_t n = size == BPF_W ? 4 : size == BPF_H ? 2 : 1, i;

	if (at == (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)) {
		k->a = k->protocol;
		return 0;
	}
	if (at > k->n || k->n - at < n)
		return -1;
	k->a = 0;
	for (i = 0; i < n; i++)
		k->a = k->a << 8 | k->data[at + i];
	return 0;
}

static inline void
kmachine_alu(struct kmachine *k, const struct sock_filter *f)
{
	uint32_t operand = BPF_SRC(f->code) == BPF_X ? k->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_ADD:
		k->a += operand;
		break;
	case BPF_SUB:
		k->a -= operand;
		break;
	case BPF_AND:
		k->a &= operand;
		break;
	default:
		abort();
	}
}

static inline size_t
kmachine_jump(const struct kmachine *k, const struct sock_filter *f)
{
	uint32_t operand = BPF_SRC(f->code) == BPF_X ? k->x : f->k;

	switch (BPF_OP(f->code)) {
	case BPF_JA:
		return f->k;
	case BPF_JEQ:
		return k->a == operand ? f->jt : f->jf;
	case BPF_JGT:
		return k->a > operand ? f->jt : f->jf;
	case BPF_JGE:
		return k->a >= operand ? f->jt : f->jf;
	case BPF_JSET:
		return k->a & operand ? f->jt : f->jf;
	default:
		abort();
	}
}

/* Do what is neither jump nor return.  Return -1 as kmachine_load. */
static inline int
kmachine_do(struct kmachine *k, const struct sock_filter *f)
{
	switch (f->code) {
	case BPF_LD | BPF_W | BPF_LEN:
		k->a = k->n;
		return 0;
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
		return kmachine_load(k, BPF_SIZE(f->code), f->k);
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
		return kmachine_load(k, BPF_SIZE(f->code), k->x + f->k);
	case BPF_LD | BPF_MEM:
		kmachine_require(f->k < BPF_MEMWORDS && (k->written >> f->k & 1) != 0);
		k->a = k->m[f->k];
		return 0;
	case BPF_LDX | BPF_MEM:
		kmachine_require(f->k < BPF_MEMWORDS && (k->written >> f->k & 1) != 0);
		k->x = k->m[f->k];
		return 0;
	case BPF_ST:
	case BPF_STX:
		kmachine_require(f->k < BPF_MEMWORDS);
		k->m[f->k] = f->code == BPF_ST ? k->a : k->x;
		k->written |= 1U << f->k;
		return 0;
	case BPF_LDX | BPF_W | BPF_IMM:
		k->x = f->k;
		return 0;
	case BPF_MISC | BPF_TAX:
		k->x = k->a;
		return 0;
	case BPF_MISC | BPF_TXA:
		k->a = k->x;
		return 0;
	default:
		kmachine_require(BPF_CLASS(f->code) == BPF_ALU);
		kmachine_alu(k, f);
		return 0;
	}
}

/* Does the program let the frame pass? */
static inline int
kmachine_run(struct kmachine *k)
{
	size_t at = 0;

	if (k->count == 0)
		return 1;
	k->a = k->x = k->written = 0;
	for (k->steps = 0;; k->steps++) {
		const struct sock_filter *f = &k->program[at++];

		kmachine_require(at <= k->count);
		if (f->code == (BPF_RET | BPF_K))
			return f->k != 0;
		if (BPF_CLASS(f->code) == BPF_JMP)
			at += kmachine_jump(k, f);
		else if (kmachine_do(k, f) == -1)
			return 0;
	}
}

/*
 * Take a frame of link type ${linktype} as it will be handed out and make of it what the filter of its socket gets:
 * without the outermost VLAN tag, without a cooked header.  Works in ${data}; returns how many bytes at its start are to
 * be left out.
 */
static inline uint32_t
kmachine_view(struct kmachine *k, uint32_t linktype, uint8_t *data, uint32_t n)
{
	uint32_t skip = 0, i;

	k->protocol = 0;
	if ((linktype == 113 && n >= 16) || (linktype == 276 && n >= 20)) {
		skip = linktype == 113 ? 16 : 20;
		k->protocol = (uint16_t)(linktype == 113 ? data[14] << 8 | data[15] : data[0] << 8 | data[1]);
	} else if (linktype == 1 && n >= 18 &&
		   ((data[12] == 0x81 && data[13] == 0) || (data[12] == 0x88 && data[13] == 0xa8))) {
		for (i = 12; i > 0; i--)
			data[i + 3] = data[i - 1];
		skip = 4;
	}
	k->data = data + skip;
	k->n = n - skip;
	return skip;
}

#endif
