#include <sys/mman.h>

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pool.h"

#define BLOCK_BYTES ((size_t)64 * 1024) /* the size at which write(2) is at its best */
#define BLOCKS_MIN 16                   /* a pool too small for so many gets smaller blocks */
#define BLOCK_MIN ((size_t)4096)
#define WAIT_NS 100000000L
#define HUGE_BYTES ((size_t)2 * 1024 * 1024)

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t given;
	size_t block_bytes, total, used, peak;
	int is_shared;
	struct block *blocks; /* all of them */
	struct block *free;
	uint8_t *arena;
	size_t arena_bytes;
};

static uint8_t *
align(uint8_t *at)
{
	return at + (HUGE_BYTES - (uintptr_t)at % HUGE_BYTES) % HUGE_BYTES;
}

/*
 * Pages come as they are touched: a quiet interface costs no memory, however large its pool may grow.  They are large where
 * the system has such: blocks that are filled in turns, one for each case, would each cost a look into the page tables.
 */
static uint8_t *
make_arena(struct pool *p)
{
	uint8_t *arena;

	p->arena_bytes = p->total * p->block_bytes + HUGE_BYTES;
	arena =
	    mmap(NULL, p->arena_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (arena == MAP_FAILED)
		return NULL;
	(void)madvise(arena, p->arena_bytes, MADV_HUGEPAGE); /* small ones do as well */
	return arena;
}

struct pool *
pool_new(uint64_t bytes)
{
	struct pool *p = calloc(1, sizeof(*p));
	pthread_condattr_t attr;
	uint8_t *first;
	size_t i;

	if (p == NULL)
		return NULL;
	/* None of these can fail on Linux. */
	(void)pthread_mutex_init(&p->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&p->given, &attr);
	(void)pthread_condattr_destroy(&attr);
	p->block_bytes = BLOCK_BYTES;
	while (p->block_bytes > BLOCK_MIN && bytes / p->block_bytes < BLOCKS_MIN)
		p->block_bytes /= 2;
	p->total = bytes / p->block_bytes > BLOCKS_MIN ? (size_t)(bytes / p->block_bytes) : BLOCKS_MIN;
	p->blocks = calloc(p->total, sizeof(*p->blocks));
	p->arena = make_arena(p);
	if (p->blocks == NULL || p->arena == NULL) {
		pool_free(p);
		return NULL;
	}
	first = align(p->arena);
	for (i = p->total; i-- > 0;) {
		p->blocks[i].data = first + i * p->block_bytes;
		p->blocks[i].next = p->free;
		p->free = &p->blocks[i];
	}
	return p;
}

void
pool_free(struct pool *p)
{
	int saved = errno;

	if (p == NULL)
		return;
	assert(p->used == 0);
	if (p->arena != NULL)
		(void)munmap(p->arena, p->arena_bytes);
	(void)pthread_cond_destroy(&p->given);
	(void)pthread_mutex_destroy(&p->lock);
	free(p->blocks);
	free(p);
	errno = saved;
}

void
pool_share(struct pool *p, int others)
{
	(void)pthread_mutex_lock(&p->lock);
	p->is_shared = others;
	(void)pthread_mutex_unlock(&p->lock);
}

static size_t
blocks_for(const struct pool *p, size_t n)
{
	return n == 0 ? 1 : (n + p->block_bytes - 1) / p->block_bytes;
}

/* Can the account have ${want} blocks more?  0, or the reason why not.  The lock is held. */
static int
why_not(const struct pool *p, const struct pool_account *account, size_t want)
{
	size_t left = p->total - p->used;

	if (want > (p->is_shared ? p->total / 2 : p->total))
		return EMSGSIZE;
	if (left < want)
		return ENOBUFS;
	return p->is_shared && account->blocks + want > left - want ? EDQUOT : 0;
}

/* Move ${n} blocks from the pool to the batch.  The lock is held. */
static void
move_blocks(struct pool *p, struct batch *b, size_t n)
{
	struct block *block;

	for (; n > 0; n--) {
		block = p->free;
		p->free = block->next;
		block->next = NULL;
		block->used = 0;
		if (b->first == NULL)
			b->first = block;
		else
			b->last->next = block;
		b->last = block;
		b->blocks++;
	}
	p->used += b->blocks;
	if (p->used > p->peak)
		p->peak = p->used;
}

struct batch *
pool_take(struct pool *p, struct pool_account *account, size_t n)
{
	struct batch *b = calloc(1, sizeof(*b));
	size_t want = blocks_for(p, n);
	int error;

	if (b == NULL)
		return NULL;
	b->account = account;
	(void)pthread_mutex_lock(&p->lock);
	error = why_not(p, account, want);
	if (error == 0) {
		account->blocks += want;
		move_blocks(p, b, want);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (error == 0)
		return b;
	free(b);
	errno = error;
	return NULL;
}

void
pool_give(struct pool *p, struct batch *b)
{
	if (b == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	b->last->next = p->free;
	p->free = b->first;
	p->used -= b->blocks;
	b->account->blocks -= b->blocks;
	(void)pthread_cond_signal(&p->given);
	(void)pthread_mutex_unlock(&p->lock);
	free(b);
}

void
pool_wait(struct pool *p, const struct pool_account *account, size_t n)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until); /* can not fail for this clock */
	until.tv_nsec += WAIT_NS;
	if (until.tv_nsec >= STAMP_SECOND) {
		until.tv_nsec -= STAMP_SECOND;
		until.tv_sec++;
	}
	(void)pthread_mutex_lock(&p->lock);
	if (why_not(p, account, blocks_for(p, n)) != 0)
		(void)pthread_cond_timedwait(&p->given, &p->lock, &until); /* the caller looks again in any case */
	(void)pthread_mutex_unlock(&p->lock);
}

size_t
pool_held(struct pool *p, const struct pool_account *account)
{
	size_t n;

	(void)pthread_mutex_lock(&p->lock);
	n = account->blocks;
	(void)pthread_mutex_unlock(&p->lock);
	return n;
}

void
pool_usage(struct pool *p, uint64_t *used, uint64_t *peak)
{
	(void)pthread_mutex_lock(&p->lock);
	*used = (uint64_t)p->used * p->block_bytes;
	*peak = (uint64_t)p->peak * p->block_bytes;
	(void)pthread_mutex_unlock(&p->lock);
}

size_t
batch_room(const struct pool *p, const struct batch *b, uint8_t **at)
{
	*at = b->last->data + b->last->used;
	return p->block_bytes - b->last->used;
}

void
batch_fill(struct batch *b, const uint8_t *at)
{
	b->last->used = (size_t)(at - b->last->data);
}

void
batch_put(const struct pool *p, struct batch *b, const void *data, size_t n)
{
	const uint8_t *from = data;
	struct block *block = b->first;
	size_t k;

	/* All but the last are full, or else still empty behind the one that is being filled. */
	while (block != b->last && block->used == p->block_bytes)
		block = block->next;
	for (; n > 0; n -= k, from += k) {
		if (block->used == p->block_bytes)
			block = block->next;
		k = p->block_bytes - block->used;
		if (k > n)
			k = n;
		memcpy(block->data + block->used, from, k);
		block->used += k;
	}
}
