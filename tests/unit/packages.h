#ifndef PACKAGES_H
#define PACKAGES_H

#include "sealing.h"

#define PACKAGES_STEM "LI-2026-0042_tower-7_0000000001"

/* The bytes of one small package; made once. */
static struct buf package;
static struct keyring *ring;

struct packages_source {
	const char *data;
	size_t len, at;
};

static inline long
packages_read(void *cookie, void *data, size_t room)
{
	struct packages_source *s = cookie;
	size_t n = s->len - s->at < room ? s->len - s->at : room;

	memcpy(data, s->data + s->at, n);
	s->at += n;
	return (long)n;
}

static inline enum package_verdict
packages_check(const char *data, size_t len, const char *name, char why[256])
{
	struct packages_source s = {data, len, 0};
	struct package_facts facts;
	enum package_verdict verdict = package_check(packages_read, &s, name, ring, &facts, why, 256);

	package_facts_clear(&facts);
	return verdict;
}

static inline int
packages_set_up(void **state)
{
	scratch_setup(state);
	sealing_set_up(state);
	sealing_slices(STREAMS_T0, 1);
	assert_int_equal(sealing_run(), 0);
	sealing_load(sealing_package("2026-11-21", 1), &package);
	ring = keyring_parse(sealing_keyring, strlen(sealing_keyring), "keyring");
	assert_non_null(ring);
	return 0;
}

static inline int
packages_tear_down(void **state)
{
	keyring_free(ring);
	buf_free(&package);
	sealing_tear_down(state);
	return scratch_teardown(state);
}

#endif
