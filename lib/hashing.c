#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "hashing.h"

#define BLOCKS 8
#define WORTH ((uint64_t)4 * 1024 * 1024) /* of a smaller member, starting two threads is half the time or more */
#define STACK_BYTES ((size_t)256 * 1024)

struct piece {
	const void *data;
	size_t n;
};

/* One hash, and the thread that makes it.  What is shared is under the lock, but for the pieces between done and put,
 * which are the thread's, and the digest, which is the thread's while done < put and the caller's else. */
struct lane {
	struct digest *digest;
	pthread_t thread;
	int is_running, is_refused;
	pthread_mutex_t lock;
	pthread_cond_t more, less;
	struct piece pieces[BLOCKS];
	uint64_t put, done; /* how many pieces came, and how many are hashed */
	int is_over;
};

struct hashing {
	struct lane whole, member;
	unsigned char *blocks;
	uint64_t whole_ticket[BLOCKS], member_ticket[BLOCKS]; /* up to which piece a block is needed */
	unsigned at;                                          /* the block that was taken last */
	int is_large;                                         /* the present member */
};

static void *
run(void *cookie)
{
	struct lane *l = cookie;
	struct piece p;

	(void)pthread_mutex_lock(&l->lock); /* of this kind of mutex it cannot fail; so below */
	for (;;) {
		while (l->done == l->put && !l->is_over)
			(void)pthread_cond_wait(&l->more, &l->lock);
		if (l->done == l->put)
			break;
		p = l->pieces[l->done % BLOCKS];
		(void)pthread_mutex_unlock(&l->lock);
		digest_add(l->digest, p.data, p.n);
		(void)pthread_mutex_lock(&l->lock);
		l->done++;
		(void)pthread_cond_signal(&l->less);
	}
	(void)pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* Without a thread the caller does the work. */
static void
start(struct lane *l)
{
	sigset_t all, before;
	pthread_attr_t attr;

	l->is_refused = 1;
	if (pthread_attr_init(&attr) != 0)
		return;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* with valid arguments neither fails */
	if (pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 && pthread_create(&l->thread, &attr, run, l) == 0) {
		l->is_running = 1;
		l->is_refused = 0;
	}
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)pthread_attr_destroy(&attr);
}

/* Wait until the piece of that number is hashed. */
static void
await(struct lane *l, uint64_t ticket)
{
	if (!l->is_running)
		return;
	(void)pthread_mutex_lock(&l->lock);
	while (l->done < ticket)
		(void)pthread_cond_wait(&l->less, &l->lock);
	(void)pthread_mutex_unlock(&l->lock);
}

static void
add_now(struct lane *l, const void *data, size_t n)
{
	await(l, l->put);
	digest_add(l->digest, data, n);
}

/* Leave it to the thread.  Return the ticket. */
static uint64_t
add_beside(struct lane *l, const void *data, size_t n)
{
	if (!l->is_running && !l->is_refused)
		start(l);
	if (!l->is_running) {
		digest_add(l->digest, data, n);
		return l->put;
	}
	(void)pthread_mutex_lock(&l->lock);
	while (l->put - l->done == BLOCKS)
		(void)pthread_cond_wait(&l->less, &l->lock);
	l->pieces[l->put % BLOCKS] = (struct piece){data, n};
	l->put++;
	(void)pthread_cond_signal(&l->more);
	(void)pthread_mutex_unlock(&l->lock);
	return l->put;
}

static int
lane_init(struct lane *l)
{
	(void)pthread_mutex_init(&l->lock, NULL); /* without attributes neither fails */
	(void)pthread_cond_init(&l->more, NULL);
	(void)pthread_cond_init(&l->less, NULL);
	l->digest = digest_new();
	return l->digest == NULL ? -1 : 0;
}

static void
lane_release(struct lane *l)
{
	if (l->is_running) {
		(void)pthread_mutex_lock(&l->lock);
		l->is_over = 1;
		(void)pthread_cond_signal(&l->more);
		(void)pthread_mutex_unlock(&l->lock);
		(void)pthread_join(l->thread, NULL); /* ours, and joined once */
	}
	(void)pthread_cond_destroy(&l->less);
	(void)pthread_cond_destroy(&l->more);
	(void)pthread_mutex_destroy(&l->lock);
	digest_free(l->digest);
}

struct hashing *
hashing_new(void)
{
	struct hashing *h = calloc(1, sizeof(*h));

	if (h == NULL)
		return NULL;
	/* One member of a small package needs one block: the others cost nothing until they are written to. */
	h->blocks = malloc(BLOCKS * HASHING_BLOCK);
	if (lane_init(&h->whole) | lane_init(&h->member) || h->blocks == NULL) {
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
		lane_release(&h->whole);
		lane_release(&h->member);
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
	await(&h->whole, h->whole_ticket[h->at]);
	await(&h->member, h->member_ticket[h->at]);
	return h->blocks + h->at * HASHING_BLOCK;
}

/* Do these bytes stay where they are? */
static int
is_in_block(const struct hashing *h, const void *data)
{
	const unsigned char *block = h->blocks + h->at * HASHING_BLOCK, *p = data;

	return h->is_large && p >= block && p < block + HASHING_BLOCK;
}

void
hashing_whole(struct hashing *h, const void *data, size_t n)
{
	if (is_in_block(h, data))
		h->whole_ticket[h->at] = add_beside(&h->whole, data, n);
	else
		add_now(&h->whole, data, n);
}

void
hashing_member(struct hashing *h, const void *data, size_t n)
{
	if (is_in_block(h, data))
		h->member_ticket[h->at] = add_beside(&h->member, data, n);
	else
		add_now(&h->member, data, n);
}

void
hashing_begin(struct hashing *h, uint64_t bytes)
{
	await(&h->member, h->member.put);
	digest_reset(h->member.digest);
	h->is_large = bytes >= WORTH;
}

void
hashing_member_hex(struct hashing *h, char out[DIGEST_HEX])
{
	await(&h->member, h->member.put);
	digest_take_hex(h->member.digest, out);
	h->is_large = 0;
}

void
hashing_whole_hex(struct hashing *h, char out[DIGEST_HEX])
{
	await(&h->whole, h->whole.put);
	digest_take_hex(h->whole.digest, out);
}
