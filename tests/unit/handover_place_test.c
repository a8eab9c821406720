#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "handover.h"

/* An object store that answers as the test has it: the first look, the placing, and the look after that. */
static enum answer first, placed, second;
static unsigned looks;

enum answer __wrap_destination_stat(struct destination *, const char *, uint64_t *);
int __wrap_destination_places(const struct destination *);
enum answer __wrap_destination_place(struct destination *, const char *, const struct body *, uint64_t, const char *);
const char *__wrap_destination_why(const struct destination *);
void __wrap_destination_set_upload(struct destination *, const char *);
const char *__wrap_destination_upload(const struct destination *);

enum answer
__wrap_destination_stat(struct destination *d, const char *path, uint64_t *bytes)
{
	(void)d;
	(void)path;
	*bytes = 9;
	return looks++ == 0 ? first : second;
}

int
__wrap_destination_places(const struct destination *d)
{
	(void)d;
	return 1;
}

enum answer
__wrap_destination_place(
    struct destination *d, const char *path, const struct body *body, uint64_t bytes, const char *sha256)
{
	(void)d;
	(void)path;
	(void)body;
	(void)bytes;
	(void)sha256;
	return placed;
}

const char *
__wrap_destination_why(const struct destination *d)
{
	(void)d;
	return "why";
}

void
__wrap_destination_set_upload(struct destination *d, const char *upload)
{
	(void)d;
	(void)upload;
}

const char *
__wrap_destination_upload(const struct destination *d)
{
	(void)d;
	return "";
}

static enum answer
hand(void)
{
	struct body body = {0};
	struct handover h = {.path = "LI-1/t/2026-11-20/x.tar", .body = &body, .bytes = 8, .sha256 = ""};

	looks = 0;
	return handover(NULL, &h);
}

/* What it means for the destination must not be lost on the way: a dead one is left alone, a signal is no failure. */
static void
of_a_name_that_was_taken_meanwhile_the_answer_to_the_second_look_counts(void **state)
{
	static const struct {
		enum answer seen, is;
	} cases[] = {{ANSWER_UNREACHABLE, ANSWER_UNREACHABLE}, {ANSWER_STOPPED, ANSWER_STOPPED},
	    {ANSWER_UNTRUSTED, ANSWER_UNTRUSTED}, {ANSWER_DENIED, ANSWER_DENIED}, {ANSWER_RETRY, ANSWER_RETRY},
	    {ANSWER_ABSENT, ANSWER_RETRY}, /* and gone again */
	    {ANSWER_OK, ANSWER_CONFLICT}}; /* of another length */

	(void)state;
	first = ANSWER_ABSENT;
	placed = ANSWER_TAKEN;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		second = cases[i].seen;
		assert_int_equal(hand(), cases[i].is);
		assert_int_equal(looks, 2);
	}
}

static void
what_can_not_be_placed_or_looked_for_is_not_handed_over(void **state)
{
	(void)state;
	first = ANSWER_TAKEN;
	assert_int_equal(hand(), ANSWER_CONFLICT);
	first = ANSWER_UNREACHABLE;
	assert_int_equal(hand(), ANSWER_UNREACHABLE);
	first = ANSWER_ABSENT;
	placed = ANSWER_ABSENT; /* no such bucket */
	assert_int_equal(hand(), ANSWER_REFUSED);
	placed = ANSWER_FULL;
	assert_int_equal(hand(), ANSWER_FULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_a_name_that_was_taken_meanwhile_the_answer_to_the_second_look_counts),
	    cmocka_unit_test(what_can_not_be_placed_or_looked_for_is_not_handed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
