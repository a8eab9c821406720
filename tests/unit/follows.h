#ifndef FOLLOWS_H
#define FOLLOWS_H

#include "scratch.h"

#include "follow_internal.h"

#include "frames.h"

/*
 * What tests of following need: an order and an access point, what is followed of its subject there, a message for it, and
 * what it has told.  Each test says in on_event() how it has that told, by tell().
 */
#define T0 (INT64_C(1763900000) * STAMP_SECOND)
#define S STAMP_SECOND
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct order order;
static struct order_identity identities[5];
static struct conf_iap iap;
static struct follow *follow;
static struct frame f;
static struct kept kept; /* what was known before the new start */
static char said[4096];
static const char *proof; /* the hash of the next message's frame */

static follow_event_fn on_event;

__attribute__((format(printf, 1, 2))) static inline void
tell(const char *format, ...)
{
	size_t n = strlen(said);
	va_list args;

	va_start(args, format);
	assert_in_range(vsnprintf(said + n, sizeof(said) - n, format, args), 0, sizeof(said) - n - 1);
	va_end(args);
}

/* A message was shown: whatever it was, the next end that is known is that which is found anew.  Return ${is_own}. */
static inline int
shown(int is_own)
{
	assert_true(follow_next(follow) == follow_find_next(follow));
	return is_own;
}

/* What was told since the last look. */
static inline void
told(const char *what)
{
	assert_true(follow_next(follow) == follow_find_next(follow));
	assert_string_equal(said, what);
	said[0] = '\0';
}

/* The word for what has become of a binding. */
static inline const char *
kind_text(const struct follow_event *e)
{
	static const char *const texts[] = {"begun", "renewed", "ended", "noted"};

	return texts[e->kind];
}

/* An order that names nobody yet, and an access point at which there is nothing to learn from. */
static inline void
clear(void)
{
	memset(&order, 0, sizeof(order));
	memset(&iap, 0, sizeof(iap));
	order.identities = identities;
	said[0] = '\0';
	proof = HEX;
}

/* Know nothing, and learn from ${since} on. */
static inline void
begin(stamp_t since)
{
	follow_free(follow);
	follow = follow_new(&order, &iap, since, on_event, NULL);
	assert_non_null(follow);
}

/* The order names its subject by this too; begin with that. */
static inline void
identity(enum order_identity_kind kind, const void *bytes, size_t n)
{
	struct order_identity *id = &identities[order.identity_count++];

	assert_true(order.identity_count <= sizeof(identities) / sizeof(identities[0]) && n <= sizeof(id->bytes));
	memset(id, 0, sizeof(*id));
	id->kind = (uint8_t)kind;
	id->length = (uint8_t)n;
	memcpy(id->bytes, bytes, n);
	begin(T0);
}

/* What is known now is all that the next reader has, which begins at ${since}.  Return what it did not take. */
static inline size_t
start_anew(stamp_t since)
{
	memset(&kept, 0, sizeof(kept));
	memcpy(kept.case_id, "LI-1", 5);
	memcpy(kept.order, HEX, DIGEST_HEX);
	follow_keep(follow, &kept);
	assert_true(kept_is_good(&kept, kept_size(&kept)));
	begin(since);
	said[0] = '\0';
	follow_recall(follow, &kept);
	return follow_resume(follow, &kept, since);
}

static inline int
tear_down(void **state)
{
	(void)state;
	follow_free(follow);
	follow = NULL;
	return 0;
}

#endif
