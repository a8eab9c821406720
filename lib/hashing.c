#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "hashing.h"

#define BLOCKS 8
#define WORTH ((uint64_t)4 * 1024 * 1024) /* of a smaller member, starting a thread is a third of the time or more */
#define STACK_BYTES ((size_t)256 * 1024)

#define NOBODY UINT64_MAX

enum {
	WHOLE,
	MEMBER,
	LANES
};

struct piece {
	const void *data;
	size_t n;
};

/* One hash, and the pieces that it has still to take in, in their order: those between done and put. */
struct lane {
	struct digest *digest;
	struct piece pieces[BLOCKS];
	uint64_t put, done;     /* how many pieces came, and how many are hashed */
	uint64_t needs[BLOCKS]; /* up to which piece a block is needed */
	int is_busy;            /* somebody hashes its next piece now */
	uint64_t wanted;        /* how many done the caller waits for; NOBODY where it does not wait */
};

/*
 * Of a large member the caller reads and writes while a thread hashes; whenever the caller has no block left to fill, it
 * hashes too, whichever lane nobody is at.  So both are busy all the time on two cores, which with a thread a lane they
 * are not: reading, writing and one hash would share a core while the other waits for them.
 *
 * Everything is under the lock but the caller's own needs[], the blocks and digests: a digest is its hasher's while
 * is_busy, and the caller's while the lane has nothing left to hash.
 */
struct hashing {
	struct lane lanes[LANES];
	unsigned char *blocks;
	unsigned at;  /* the block that was taken last */
	int is_large; /* the present member */
	pthread_t thread;
	int is_running, is_refused, is_over;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
};

static int
is_waiting(const struct lane *l)
{
	return l->done < l->put && !l->is_busy;
}

/* The lane that has most to hash and nobody at it, or NULL.  Called under the lock, and so are those down to run(). */
static struct lane *
next_lane(struct hashing *h)
{
	struct lane *w = &h->lanes[WHOLE], *m = &h->lanes[MEMBER];

	if (is_waiting(w) && (!is_waiting(m) || w->put - w->done >= m->put - m->done))
		return w;
	return is_waiting(m) ? m : NULL;
}

/* Hash one piece of the lane, without the lock. */
static void
work(struct hashing *h, struct lane *l)
{
	const struct piece p = l->pieces[l->done % BLOCKS];

	l->is_busy = 1;
	(void)pthread_mutex_unlock(&h->lock); /* of this kind of mutex it cannot fail; so below */
	digest_add(l->digest, p.data, p.n);
	(void)pthread_mutex_lock(&h->lock);
	l->is_busy = 0;
	if (++l->done >= l->wanted)
		(void)pthread_cond_signal(&h->less);
}

static void *
run(void *cookie)
{
	struct hashing *h = cookie;
	struct lane *l;

	(void)pthread_mutex_lock(&h->lock);
	while (!h->is_over) {
		l = next_lane(h);
		if (l != NULL)
			work(h, l);
		else
			(void)pthread_cond_wait(&h->more, &h->lock);
	}
	(void)pthread_mutex_unlock(&h->lock);
	return NULL;
}

/* Without a thread the caller does the work. */
static void
start(struct hashing *h)
{
	sigset_t all, before;
	pthread_attr_t attr;

	h->is_refused = 1;
	if (pthread_attr_init(&attr) != 0)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* with valid arguments neither fails */
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 && pthread_create(&h->thread, &attr, run, h) == 0) {
		h->is_running = 1;
		h->is_refused = 0;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
}

/*
 * Wait until the thread has hashed that many pieces of the lane, and, so that the two do not wake each other for each
 * block, until half the blocks are free.
 */
static void
wait_for(struct hashing *h, struct lane *l, uint64_t pieces)
{
	l->wanted = pieces;
	if (l->put > BLOCKS / 2 && l->put - BLOCKS / 2 > pieces)
		l->wanted = l->put - BLOCKS / 2;
	while (l->done < l->wanted)
		(void)pthread_cond_wait(&h->less, &h->lock);
	l->wanted = NOBODY;
}

/* Hash, or wait, until the lane has hashed that many pieces. */
static void
await(struct hashing *h, struct lane *l, uint64_t pieces)
{
	struct lane *other = &h->lanes[l == &h->lanes[WHOLE] ? MEMBER : WHOLE];

	if (!h->is_running)
		return;
	(void)pthread_mutex_lock(&h->lock);
	while (l->done < pieces) {
		if (!l->is_busy)
			work(h, l);
		else if (is_waiting(other))
			work(h, other);
		else
			wait_for(h, l, pieces);
	}
	(void)pthread_mutex_unlock(&h->lock);
}

static void
add_now(struct hashing *h, struct lane *l, const void *data, size_t n)
{
	await(h, l, l->put);
	digest_add(l->digest, data, n);
}

/* Bytes in the block that was taken last: they stay where they are until the next one is. */
static void
add_beside(struct hashing *h, struct lane *l, const void *data, size_t n)
{
	if (!h->is_running && !h->is_refused)
		start(h);
	if (!h->is_running) {
		digest_add(l->digest, data, n);
		return;
	}
	if (l->put >= BLOCKS)
		await(h, l, l->put - BLOCKS + 1);
	(void)pthread_mutex_lock(&h->lock);
	l->pieces[l->put % BLOCKS] = (struct piece){data, n};
	l->needs[h->at] = ++l->put;
	(void)pthread_cond_signal(&h->more);
	(void)pthread_mutex_unlock(&h->lock);
}

static void
release_thread(struct hashing *h)
{
	if (h->is_running) {
		(void)pthread_mutex_lock(&h->lock);
		h->is_over = 1;
		(void)pthread_cond_signal(&h->more);
		(void)pthread_mutex_unlock(&h->lock);
		(void)pthread_join(h->thread, NULL); /* ours, and joined once */
	}
	(void)pthread_cond_destroy(&h->less);
	(void)pthread_cond_destroy(&h->more);
	(void)pthread_mutex_destroy(&h->lock);
}

struct hashing *
hashing_new(void)
{
	struct hashing *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	(void)pthread_mutex_init(&h->lock, NULL); /* without attributes neither fails */
	(void)pthread_cond_init(&h->more, NULL);
	(void)pthread_cond_init(&h->less, NULL);
	/* One member of a small package needs one block: the others cost nothing until they are written to. */
	h->blocks = malloc(BLOCKS * HASHING_BLOCK);
	h->lanes[WHOLE].digest = digest_new();
	h->lanes[MEMBER].digest = digest_new();
	h->lanes[WHOLE].wanted = h->lanes[MEMBER].wanted = NOBODY;
	if (h->blocks == NULL || h->lanes[WHOLE].digest == NULL || h->lanes[MEMBER].digest == NULL) {
		hashing_free(h);
		errno = ENOMEM;
		return NULL;
	}
	return h;
}

void
hashing_free(struct hashing *h)
{
	int saved = errno;

	if (h != NULL) {
		release_thread(h);
		digest_free(h->lanes[WHOLE].digest);
		digest_free(h->lanes[MEMBER].digest);
		free(h->blocks);
		free(h);
	}
	errno = saved;
}

unsigned char *
hashing_block(struct hashing *h)
{
	if (h->is_large)
		h->at = (h->at + 1) % BLOCKS;
	await(h, &h->lanes[WHOLE], h->lanes[WHOLE].needs[h->at]);
	await(h, &h->lanes[MEMBER], h->lanes[MEMBER].needs[h->at]);
	return h->blocks + h->at * HASHING_BLOCK;
}

/* Do these bytes stay where they are? */
static int
is_in_block(const struct hashing *h, const void *data)
{
	const unsigned char *block = h->blocks + h->at * HASHING_BLOCK, *p = data;

	return h->is_large && p >= block && p < block + HASHING_BLOCK;
}

static void
add(struct hashing *h, struct lane *l, const void *data, size_t n)
{
	if (is_in_block(h, data))
		add_beside(h, l, data, n);
	else
		add_now(h, l, data, n);
}

static void
take_hex(struct hashing *h, struct lane *l, char out[DIGEST_HEX])
{
	await(h, l, l->put);
	digest_take_hex(l->digest, out);
}

void
hashing_whole(struct hashing *h, const void *data, size_t n)
{
	add(h, &h->lanes[WHOLE], data, n);
}

void
hashing_member(struct hashing *h, const void *data, size_t n)
{
	add(h, &h->lanes[MEMBER], data, n);
}

void
hashing_begin(struct hashing *h, uint64_t bytes)
{
	await(h, &h->lanes[MEMBER], h->lanes[MEMBER].put);
	digest_reset(h->lanes[MEMBER].digest);
	h->is_large = bytes >= WORTH;
}

void
hashing_member_hex(struct hashing *h, char out[DIGEST_HEX])
{
	take_hex(h, &h->lanes[MEMBER], out);
	h->is_large = 0;
}

void
hashing_whole_hex(struct hashing *h, char out[DIGEST_HEX])
{
	take_hex(h, &h->lanes[WHOLE], out);
}
