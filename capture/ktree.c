#include <stdlib.h>
#include <string.h>

#include "ktree.h"

#define WORD_BITS 32

/* From so many on it pays to look first whether the word lies between the first and the last. */
#define RANGE_MIN 4

/* What one word decides: everything in [low, high] is in the set, or (below > 0) low is to be looked at further. */
struct item {
	uint32_t low, high;
	size_t first, below; /* prefixes */
};

struct writing {
	const struct ktree *tree;
	struct kcode *code;
	const struct ktree_load *loads;
	struct kcode_label *hit, *miss;
	size_t level;  /* number of the word */
	uint32_t base; /* taken off the word before it is compared */
};

static void
cut(struct ktree_prefix *p, uint32_t bits)
{
	uint32_t i, used;

	if (p->bits > bits)
		p->bits = bits;
	for (i = 0; i < KTREE_WORDS; i++) {
		used = p->bits > i * WORD_BITS ? p->bits - i * WORD_BITS : 0;
		if (used < WORD_BITS)
			p->word[i] &= ~(UINT32_MAX >> used);
	}
}

static int
compare(const void *a, const void *b)
{
	const struct ktree_prefix *x = a, *y = b;
	size_t i;

	for (i = 0; i < KTREE_WORDS; i++) {
		if (x->word[i] != y->word[i])
			return x->word[i] < y->word[i] ? -1 : 1;
	}
	return x->bits < y->bits ? -1 : x->bits > y->bits;
}

static int
covers(const struct ktree_prefix *wide, struct ktree_prefix p)
{
	if (p.bits < wide->bits)
		return 0;
	cut(&p, wide->bits);
	return compare(wide, &p) == 0;
}

void
ktree_settle(struct ktree *t, uint32_t bits)
{
	size_t i, kept = 0;

	for (i = 0; i < t->count; i++)
		cut(&t->at[i], bits);
	if (t->count > 0)
		qsort(t->at, t->count, sizeof(*t->at), compare);
	for (i = 0; i < t->count; i++) {
		if (kept == 0 || !covers(&t->at[kept - 1], t->at[i]))
			t->at[kept++] = t->at[i];
	}
	t->count = kept;
}

/* What word ${w}->level decides of ${n} prefixes, which are alike up to there. */
static size_t
gather(const struct writing *w, size_t first, size_t n, struct item *items)
{
	const struct ktree_prefix *p = w->tree->at + first, *end = p + n;
	struct item *last = NULL;
	uint32_t word, used;

	for (; p < end; p++) {
		word = p->word[w->level];
		used = p->bits - (uint32_t)w->level * WORD_BITS;
		if (used > WORD_BITS && last != NULL && last->below > 0 && last->low == word) {
			last->below++;
			continue;
		}
		if (used <= WORD_BITS && last != NULL && last->below == 0 && last->high + 1 == word) {
			last->high = word | (used == WORD_BITS ? 0 : UINT32_MAX >> used);
			continue;
		}
		last = last == NULL ? items : last + 1;
		last->low = word;
		last->high = word | (used >= WORD_BITS ? 0 : UINT32_MAX >> used);
		last->first = (size_t)(p - w->tree->at);
		last->below = used > WORD_BITS;
	}
	return (size_t)(last - items) + 1;
}

static int put_word(const struct writing *, size_t, size_t);

static int
put_item(struct writing *w, const struct item *item, struct kcode_label *next)
{
	struct writing deeper = *w;
	struct kcode_label here;

	if (item->below > 0) {
		deeper.level++;
		if (put_word(&deeper, item->first, item->below) == -1)
			return -1;
		kcode_put(w->code, w->loads[deeper.level].code, w->loads[deeper.level].k);
		here = kcode_here(w->code);
		kcode_test(w->code, BPF_JEQ, item->low - w->base, &here, next);
	} else if (item->low == item->high) {
		kcode_test(w->code, BPF_JEQ, item->low - w->base, w->hit, next);
	} else {
		kcode_test(w->code, BPF_JGT, item->high - w->base, next, w->hit);
		here = kcode_here(w->code);
		kcode_test(w->code, BPF_JGE, item->low - w->base, &here, next);
	}
	return 0;
}

static int
put_items(struct writing *w, const struct item *items, size_t n)
{
	struct kcode_label left, right, *next = w->miss;
	size_t i;

	if (n > w->tree->leaf) {
		if (put_items(w, items + n / 2, n - n / 2) == -1)
			return -1;
		right = kcode_here(w->code);
		if (put_items(w, items, n / 2) == -1)
			return -1;
		left = kcode_here(w->code);
		kcode_test(w->code, BPF_JGE, items[n / 2].low - w->base, &right, &left);
		return 0;
	}
	for (i = n; i > 0; i--) {
		if (put_item(w, &items[i - 1], next) == -1)
			return -1;
		left = kcode_here(w->code);
		next = &left;
	}
	return 0;
}

static int
put_word(const struct writing *above, size_t first, size_t n)
{
	struct writing w = *above;
	struct item *items = calloc(n, sizeof(*items));
	struct kcode_label here;
	size_t count;
	int rc = -1;

	if (items == NULL)
		return -1;
	count = gather(&w, first, n, items);
	w.base = count < RANGE_MIN ? 0 : items[0].low;
	if (put_items(&w, items, count) == -1)
		goto out;
	if (count >= RANGE_MIN) {
		here = kcode_here(w.code);
		kcode_test(w.code, BPF_JGT, items[count - 1].high - w.base, w.miss, &here);
		kcode_put(w.code, BPF_ALU | BPF_SUB | BPF_K, w.base);
	}
	rc = 0;
out:
	free(items);
	return rc;
}

int
ktree_put(const struct ktree *t, struct kcode *code, const struct ktree_load *loads, struct kcode_label *hit,
    struct kcode_label *miss)
{
	struct writing w = {t, code, loads, hit, miss, 0, 0};

	return put_word(&w, 0, t->count);
}
