#ifndef KCODE_H
#define KCODE_H

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A classic BPF program in the making, written from its last instruction to its first.  Jumps only go forward, so the
 * place that one leads to is there before the jump is.
 *
 * Whenever no kcode_*() function is running:
 * 1. The program so far is the last ${count} instructions of at[].
 * 2. Every path through it ends in a return; none is entered by falling through from what will be written next but the one
 *    that was written last.
 */
struct kcode {
	struct sock_filter at[BPF_MAXINSNS];
	size_t count;
	int is_full; /* what was written since is missing: the program is not one */
};

/*
 * A place to jump to; moved closer when it gets out of a conditional jump's reach, by a copy of its return or a long
 * jump.
 */
struct kcode_label {
	size_t place; /* instructions from there to the end */
	int is_return;
	uint32_t value; /* that it returns */
};

void kcode_init(struct kcode *);

/* The place of what was written last. */
struct kcode_label kcode_here(const struct kcode *);

/* Write a return of ${value} and give its place. */
struct kcode_label kcode_return(struct kcode *, uint32_t);

/* Write one that is neither jump nor return, and goes on with what was written last. */
void kcode_put(struct kcode *, uint16_t, uint32_t);

/* Write a jump. */
void kcode_jump(struct kcode *, const struct kcode_label *);

/**
 * kcode_test(c, op, k, yes, no):
 * Write a comparison (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET) of the accumulator with ${k}, and where it leads.
 */
void kcode_test(struct kcode *, uint16_t, uint32_t, struct kcode_label *, struct kcode_label *);

/* The same with X. */
void kcode_test_x(struct kcode *, uint16_t, struct kcode_label *, struct kcode_label *);

/* The first of ${c}->count instructions. */
const struct sock_filter *kcode_program(const struct kcode *);

#endif
