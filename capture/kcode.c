#include "kcode.h"

/* How far a comparison reaches, less the copies that one and the same comparison may need in front of itself. */
#define REACH (UINT8_MAX - 2)

void
kcode_init(struct kcode *c)
{
	c->count = 0;
	c->is_full = 0;
}

struct kcode_label
kcode_here(const struct kcode *c)
{
	return (struct kcode_label){c->count, 0, 0};
}

static void
put(struct kcode *c, struct sock_filter f)
{
	if (c->count == BPF_MAXINSNS)
		c->is_full = 1;
	else
		c->at[BPF_MAXINSNS - ++c->count] = f;
}

struct kcode_label
kcode_return(struct kcode *c, uint32_t value)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, value));
	return (struct kcode_label){c->count, 1, value};
}

void
kcode_put(struct kcode *c, uint16_t code, uint32_t k)
{
	put(c, (struct sock_filter)BPF_STMT(code, k));
}

/* From the instruction that is written next. */
static size_t
distance(const struct kcode *c, const struct kcode_label *l)
{
	return c->count - l->place;
}

void
kcode_jump(struct kcode *c, const struct kcode_label *l)
{
	put(c, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)distance(c, l)));
}

static void
bring_near(struct kcode *c, struct kcode_label *l)
{
	if (distance(c, l) <= REACH)
		return;
	if (l->is_return)
		(void)kcode_return(c, l->value); /* its place is taken below */
	else
		kcode_jump(c, l);
	l->place = c->count;
}

void
kcode_test(struct kcode *c, uint16_t op, uint32_t k, struct kcode_label *yes, struct kcode_label *no)
{
	bring_near(c, yes);
	bring_near(c, no);
	put(c, (struct sock_filter)BPF_JUMP(
		   (uint16_t)(BPF_JMP | op | BPF_K), k, (uint8_t)distance(c, yes), (uint8_t)distance(c, no)));
}

void
kcode_test_x(struct kcode *c, uint16_t op, struct kcode_label *yes, struct kcode_label *no)
{
	bring_near(c, yes);
	bring_near(c, no);
	put(c, (struct sock_filter)BPF_JUMP(
		   (uint16_t)(BPF_JMP | op | BPF_X), 0, (uint8_t)distance(c, yes), (uint8_t)distance(c, no)));
}

const struct sock_filter *
kcode_program(const struct kcode *c)
{
	return c->at + (BPF_MAXINSNS - c->count);
}
