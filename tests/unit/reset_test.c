#include "reset.h"
#include "scratch.h"

#define TOKEN "000102030405060708090a0b0c0d0e0f"
#define T0 ((stamp_t)1795219200 * STAMP_SECOND)

static const struct reset sample = {.station = "Example Wireless LLC",
    .iap = "tower-7",
    .what = RESET_ORDERS | RESET_CLOCK,
    .token = TOKEN,
    .issued = T0,
    .reason = "backup of 20 November"};

static void
what_is_written_is_read_back(void **state)
{
	struct buf text = BUF_INIT;
	struct reset r;

	(void)state;
	assert_int_equal(reset_write(&sample, &text), 0);
	assert_int_equal(reset_parse(text.data, text.len, "r", &r), 0);
	assert_string_equal(r.station, sample.station);
	assert_string_equal(r.iap, sample.iap);
	assert_int_equal(r.what, sample.what);
	assert_string_equal(r.token, TOKEN);
	assert_true(r.issued == T0);
	assert_string_equal(r.reason, sample.reason);
	assert_true(digest_is_hex(r.sha256));
	buf_free(&text);
}

#define HEAD \
	"[reset]\nformat = casetap-reset/1\nstation = s\niap = tower-7\nissued = 2026-11-21T00:00:00Z\nreason = why\n"

static const struct {
	const char *text, *said;
} bad[] = {
    {HEAD "what = orders\n", "a reset has"},
    {HEAD "token = " TOKEN "\n", "a reset has"},
    {HEAD "what = orders\ntoken = 0001\n", "r:8: token"},
    {HEAD "what = orders\ntoken = " TOKEN "00\n", "r:8: token"},
    {HEAD "what = all\ntoken = " TOKEN "\n", "r:7: what"},
    {HEAD "what =\ntoken = " TOKEN "\n", "r:7: what"},
    {HEAD "what = keyring orders\ntoken = " TOKEN "\n", "r:7: what"},
    {HEAD "force = yes\n", "r:7: force"},
    {"[reset]\nformat = casetap-reset/2\n", "r:2: format"},
    {"[reset]\niap = tower_7\n", "r:2: iap"},
    {"[reset]\nreason =\n", "r:2: reason"},
    {"[clock]\nformat = casetap-reset/1\n", "r:2: format"},
};

static void
fault_003_what_no_reset_says_is_refused_by_line(void **state)
{
	struct reset r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		scratch_listen();
		assert_int_equal(reset_parse(bad[i].text, strlen(bad[i].text), "r", &r), -1);
		scratch_heard();
		assert_non_null(strstr(scratch_said, bad[i].said));
	}
}

static void
what_is_wanted_is_read_back_until_it_is_removed(void **state)
{
	struct reset_wanted w = {"tower-7", RESET_CLOCK, TOKEN, T0}, got;
	int dirfd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_not_equal(dirfd, -1);
	assert_int_equal(reset_wanted_load(dirfd, "tower-7", &got), 0);
	assert_int_equal(reset_wanted_save(dirfd, &w), 0);
	assert_int_equal(reset_wanted_load(dirfd, "tower-7", &got), 1);
	assert_int_equal(got.what, RESET_CLOCK);
	assert_string_equal(got.token, TOKEN);
	assert_true(got.since == T0);
	assert_int_equal(reset_wanted_remove(dirfd, "tower-7"), 0);
	assert_int_equal(reset_wanted_remove(dirfd, "tower-7"), 0);
	assert_int_equal(reset_wanted_load(dirfd, "tower-7", &got), 0);
	assert_int_equal(close(dirfd), 0);
}

static const char *const damaged[] = {"", "{", "[]",
    "{\"format\":\"casetap-reset-wanted/1\",\"iap\":\"tower-7\",\"what\":\"clock\"}",
    "{\"format\":\"casetap-reset-wanted/1\",\"iap\":\"tower-8\",\"what\":\"clock\",\"token\":\"" TOKEN
    "\",\"since\":null}",
    "{\"format\":\"casetap-reset-wanted/1\",\"iap\":\"tower-7\",\"what\":\"\",\"token\":\"" TOKEN
    "\",\"since\":null}",
    "{\"format\":\"casetap-reset-wanted/2\",\"iap\":\"tower-7\",\"what\":\"clock\",\"token\":\"" TOKEN
    "\",\"since\":null}"};

static void
token_that_is_damaged_is_no_token(void **state)
{
	struct reset_wanted got;
	int dirfd = open(scratch_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	(void)state;
	assert_int_not_equal(dirfd, -1);
	for (i = 0; i < sizeof(damaged) / sizeof(damaged[0]); i++) {
		scratch_puts("tower-7.wanted", damaged[i]);
		assert_int_equal(reset_wanted_load(dirfd, "tower-7", &got), 0);
	}
	assert_int_equal(close(dirfd), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_read_back),
	    cmocka_unit_test(fault_003_what_no_reset_says_is_refused_by_line),
	    cmocka_unit_test(what_is_wanted_is_read_back_until_it_is_removed),
	    cmocka_unit_test(token_that_is_damaged_is_no_token),
	};

	return cmocka_run_group_tests_name("reset", tests, scratch_setup, scratch_teardown);
}
