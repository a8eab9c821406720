#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "intake_internal.h"

/*
 * What the slicer is told of the inputs as it is made.
 */
static struct conf_iap iap;
static struct source *const sources[2] = {(struct source *)1, (struct source *)2};
static const struct intake_config config = {.iap = &iap, .sources = sources, .source_count = 2};
static stamp_t late[2], told;

uint32_t __wrap_source_linktype(const struct source *);
uint32_t __wrap_source_snaplen(const struct source *);
int __wrap_source_nano(const struct source *);
stamp_t __wrap_source_since(const struct source *);
void __wrap_source_on_wait(struct source *, source_wait_fn *, void *);
void __wrap_source_count(struct source *, struct source_counts *);
struct slicer *__wrap_slicer_new(const struct slicer_config *, slicer_event_fn *, void *);

uint32_t
__wrap_source_linktype(const struct source *s)
{
	(void)s;
	return 1;
}

uint32_t
__wrap_source_snaplen(const struct source *s)
{
	(void)s;
	return 2000;
}

int
__wrap_source_nano(const struct source *s)
{
	(void)s;
	return 0;
}

stamp_t
__wrap_source_since(const struct source *s)
{
	(void)s;
	return 0;
}

void
__wrap_source_on_wait(struct source *s, source_wait_fn *wait, void *cookie)
{
	(void)s;
	(void)wait;
	(void)cookie;
}

void
__wrap_source_count(struct source *s, struct source_counts *c)
{
	memset(c, 0, sizeof(*c));
	c->late = late[s == sources[1]];
}

struct slicer *
__wrap_slicer_new(const struct slicer_config *c, slicer_event_fn *event, void *cookie)
{
	(void)event;
	(void)cookie;
	told = c->late;
	return NULL;
}

static stamp_t
late_of(stamp_t one, stamp_t other)
{
	struct intake r;

	memset(&r, 0, sizeof(r));
	r.config = &config;
	late[0] = one;
	late[1] = other;
	told = STAMP_NONE;
	assert_int_equal(intake_open(&r), -1);
	return told;
}

static void
slices_wait_for_the_input_that_tells_latest(void **state)
{
	(void)state;
	assert_int_equal(late_of(0, 0), 0);
	assert_int_equal(late_of(STAMP_SECOND, 0), STAMP_SECOND);
	assert_int_equal(late_of(STAMP_SECOND, 2 * STAMP_SECOND), 2 * STAMP_SECOND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_wait_for_the_input_that_tells_latest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
