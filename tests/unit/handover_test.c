#include <fcntl.h>
#include <limits.h>
#include <sysexits.h>

#include "conf.h"
#include "digest.h"
#include "handover.h"
#include "scratch.h"

#define PATH "LI-1/t/2026-11-20/x.tar"

/* A destination below the scratch folder, and the file "evidence" beside it. */
struct place {
	struct conf_destination conf;
	char url[600];
	struct destination *d;
	int fd;
	char sha256[DIGEST_HEX];
	char why[512];
};

static void
open_place(struct place *p)
{
	struct destination_limits limits;
	int status;

	memset(p, 0, sizeof *p);
	scratch_remove("lea");
	assert_int_equal(mkdir(scratch_path("lea"), 0755), 0);
	scratch_puts("evidence", "evidence");
	(void)snprintf(p->conf.name, sizeof p->conf.name, "lea");
	(void)snprintf(p->url, sizeof p->url, "file://%s/lea/", scratch_dir);
	p->conf.url = p->url;
	p->conf.scheme = CONF_FILE;
	destination_default_limits(&limits);
	p->d = destination_open(&p->conf, &limits, &status);
	assert_non_null(p->d);
	p->fd = open(scratch_path("evidence"), O_RDONLY | O_CLOEXEC);
	assert_int_not_equal(p->fd, -1);
	assert_int_equal(digest_hex_of("evidence", 8, p->sha256), 0);
}

/* As it is configured now. */
static void
reopen_place(struct place *p)
{
	struct destination_limits limits;
	int status;

	destination_close(p->d);
	destination_default_limits(&limits);
	p->d = destination_open(&p->conf, &limits, &status);
	assert_non_null(p->d);
}

static void
close_place(struct place *p)
{
	destination_close(p->d);
	(void)close(p->fd);
}

static enum answer
hand(struct place *p)
{
	struct body body;
	struct handover h = {.path = PATH, .body = &body, .bytes = 8, .sha256 = p->sha256};
	enum answer a;

	body_of_fd(&body, &p->fd);
	a = handover(p->d, &h);
	(void)snprintf(p->why, sizeof p->why, "%s", h.why);
	return a;
}

static void
make_folder(void)
{
	assert_int_equal(mkdir(scratch_path("lea/LI-1"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("lea/LI-1/t"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("lea/LI-1/t/2026-11-20"), 0755), 0);
}

static void
expect_content(const char *want)
{
	char text[64] = "";
	int fd = open(scratch_path("lea/" PATH), O_RDONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_true(read(fd, text, sizeof text - 1) >= 0);
	assert_string_equal(text, want);
	(void)close(fd);
	assert_int_equal(access(scratch_path("lea/" PATH ".part"), F_OK), -1);
}

static void
a_file_arrives_whole_in_folders_that_were_not_there(void **state)
{
	struct place p;
	char location[512];

	open_place(&p);
	assert_int_equal(hand(&p), ANSWER_OK);
	expect_content("evidence");
	assert_string_equal(destination_peer(p.d), "local");
	assert_non_null(strstr(destination_location(p.d, PATH, location, sizeof location), "/lea/" PATH));
	close_place(&p);
}

static void
what_is_there_already_with_the_same_bytes_is_delivered(void **state)
{
	struct place p;

	open_place(&p);
	assert_int_equal(hand(&p), ANSWER_OK);
	assert_int_equal(hand(&p), ANSWER_OK);
	expect_content("evidence");
	close_place(&p);
}

static void
fault_107_another_file_under_our_name_is_a_conflict_and_stays(void **state)
{
	static const char *const others[] = {"evidencE", "evidence and more", "", "x"};
	struct place p;

	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		open_place(&p);
		make_folder();
		scratch_puts("lea/" PATH, others[i]);
		assert_int_equal(hand(&p), ANSWER_CONFLICT);
		expect_content(others[i]);
		close_place(&p);
	}
}

static void
a_link_or_folder_under_our_name_is_a_conflict_and_nothing_is_written_through_it(void **state)
{
	struct place p;

	open_place(&p);
	make_folder();
	scratch_puts("victim", "untouched");
	assert_int_equal(symlink(scratch_path("victim"), scratch_path("lea/" PATH)), 0);
	assert_int_equal(hand(&p), ANSWER_CONFLICT);
	assert_int_equal(unlink(scratch_path("lea/" PATH)), 0);
	assert_int_equal(mkdir(scratch_path("lea/" PATH), 0755), 0);
	assert_int_equal(hand(&p), ANSWER_CONFLICT);
	close_place(&p);
}

static void
fault_106_a_left_over_part_is_replaced_also_where_it_is_a_link(void **state)
{
	struct place p;
	struct stat st;

	open_place(&p);
	make_folder();
	scratch_puts("lea/" PATH ".part", "half of an earlier try, and longer than the whole");
	assert_int_equal(hand(&p), ANSWER_OK);
	expect_content("evidence");
	close_place(&p);
	open_place(&p);
	make_folder();
	scratch_puts("victim", "untouched");
	assert_int_equal(symlink(scratch_path("victim"), scratch_path("lea/" PATH ".part")), 0);
	assert_int_equal(hand(&p), ANSWER_OK);
	expect_content("evidence");
	assert_int_equal(stat(scratch_path("victim"), &st), 0);
	assert_int_equal(st.st_size, 9);
	close_place(&p);
}

static void
fault_117_a_folder_that_is_not_mounted_is_not_made(void **state)
{
	struct place p;

	open_place(&p);
	scratch_remove("lea");
	assert_int_equal(hand(&p), ANSWER_UNREACHABLE);
	assert_non_null(strstr(p.why, "is it mounted?"));
	assert_int_equal(access(scratch_path("lea"), F_OK), -1);
	close_place(&p);
}

/* The folder is there, and the volume that should lie on it is not: what was written would lie below, and not be found. */
static void
fault_117_a_mount_point_without_its_volume_takes_nothing(void **state)
{
	struct place p;
	uint64_t bytes;

	(void)state;
	open_place(&p);
	p.conf.mounted = 1;
	reopen_place(&p);
	assert_int_equal(hand(&p), ANSWER_UNREACHABLE);
	assert_non_null(strstr(p.why, "nothing is mounted on "));
	assert_int_equal(rmdir(scratch_path("lea")), 0); /* it is empty */
	(void)snprintf(p.url, sizeof p.url, "file:///dev/shm");
	reopen_place(&p);
	assert_int_equal(destination_stat(p.d, "LI-1/t/2026-11-20/casetap-test.tar", &bytes), ANSWER_ABSENT);
	close_place(&p);
}

static void
fault_120_a_link_in_the_way_is_not_followed(void **state)
{
	struct place p;

	open_place(&p);
	assert_int_equal(mkdir(scratch_path("elsewhere"), 0755), 0);
	assert_int_equal(symlink(scratch_path("elsewhere"), scratch_path("lea/LI-1")), 0);
	assert_int_not_equal(hand(&p), ANSWER_OK);
	assert_int_equal(access(scratch_path("elsewhere/t"), F_OK), -1);
	close_place(&p);
	scratch_remove("elsewhere");
}

static void
a_file_that_changed_since_it_was_proven_is_not_published(void **state)
{
	struct place p;

	open_place(&p);
	scratch_puts("evidence", "evidencE");
	assert_int_equal(hand(&p), ANSWER_ROT);
	assert_int_equal(access(scratch_path("lea/" PATH), F_OK), -1);
	scratch_puts("evidence", "evid");
	assert_int_equal(hand(&p), ANSWER_ROT);
	assert_int_equal(access(scratch_path("lea/" PATH), F_OK), -1);
	close_place(&p);
}

/* What arrived may lie there by now with more behind it, or as something else. */
static void
what_is_fetched_back_is_the_file_and_nothing_more(void **state)
{
	char hex[DIGEST_HEX];
	uint64_t bytes;
	struct place p;

	(void)state;
	open_place(&p);
	assert_int_equal(hand(&p), ANSWER_OK);
	assert_int_equal(destination_hash(p.d, PATH, 8, hex), ANSWER_OK);
	assert_string_equal(hex, p.sha256);
	assert_int_equal(destination_hash(p.d, PATH, 7, hex), ANSWER_LONGER);
	assert_non_null(strstr(destination_why(p.d), "holds more bytes than were sent"));
	scratch_remove("lea/LI-1");
	assert_int_not_equal(destination_hash(p.d, PATH, 8, hex), ANSWER_OK);
	assert_int_equal(destination_stat(p.d, PATH, &bytes), ANSWER_ABSENT);
	close_place(&p);
}

static void
a_folder_in_the_place_of_a_left_over_is_said_and_stays(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	make_folder();
	assert_int_equal(mkdir(scratch_path("lea/" PATH ".part"), 0755), 0);
	assert_int_equal(hand(&p), ANSWER_RETRY);
	assert_non_null(strstr(p.why, "remove left-over"));
	assert_int_equal(access(scratch_path("lea/" PATH ".part"), F_OK), 0);
	assert_int_equal(access(scratch_path("lea/" PATH), F_OK), -1);
	close_place(&p);
}

static void
a_root_that_is_a_link_or_a_file_is_not_trusted(void **state)
{
	struct place p;

	(void)state;
	open_place(&p);
	scratch_remove("lea");
	assert_int_equal(mkdir(scratch_path("elsewhere"), 0755), 0);
	assert_int_equal(symlink(scratch_path("elsewhere"), scratch_path("lea")), 0);
	assert_int_equal(hand(&p), ANSWER_UNTRUSTED);
	assert_non_null(strstr(p.why, "a link or no folder is in this path"));
	assert_int_equal(access(scratch_path("elsewhere/LI-1"), F_OK), -1);
	assert_int_equal(unlink(scratch_path("lea")), 0);
	scratch_puts("lea", "a file");
	assert_int_equal(hand(&p), ANSWER_UNTRUSTED);
	close_place(&p);
	scratch_remove("elsewhere");
}

static void
a_path_that_could_be_misread_is_no_destination(void **state)
{
	char url[PATH_MAX + 64] = "file:///";
	struct conf_destination lea = {.name = "lea", .url = url, .scheme = CONF_FILE};
	struct destination_limits limits;
	int status = 0;

	(void)state;
	destination_default_limits(&limits);
	scratch_listen();
	(void)snprintf(url, sizeof url, "file:///srv/%%41");
	assert_null(destination_open(&lea, &limits, &status));
	assert_int_equal(status, EX_CONFIG);
	status = 0;
	memset(url + strlen("file:///"), 'a', PATH_MAX);
	url[strlen("file:///") + PATH_MAX] = '\0';
	assert_null(destination_open(&lea, &limits, &status));
	assert_int_equal(status, EX_CONFIG);
	scratch_heard();
	assert_non_null(strstr(scratch_said, "a path that is too long or holds %"));
}

static void
fault_91_and_101_a_server_has_ten_seconds_to_connect_a_minute_of_silence_and_64_kib_to_explain(void **state)
{
	struct destination_limits limits;

	(void)state;
	destination_default_limits(&limits);
	assert_int_equal(limits.connect_seconds, 10);
	assert_int_equal(limits.silent_seconds, 60);
	assert_int_equal(limits.silent_bytes, 64);
	assert_int_equal(limits.answer_bytes, 64 * 1024);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		fault_91_and_101_a_server_has_ten_seconds_to_connect_a_minute_of_silence_and_64_kib_to_explain),
	    cmocka_unit_test(a_file_arrives_whole_in_folders_that_were_not_there),
	    cmocka_unit_test(what_is_there_already_with_the_same_bytes_is_delivered),
	    cmocka_unit_test(fault_107_another_file_under_our_name_is_a_conflict_and_stays),
	    cmocka_unit_test(a_link_or_folder_under_our_name_is_a_conflict_and_nothing_is_written_through_it),
	    cmocka_unit_test(fault_106_a_left_over_part_is_replaced_also_where_it_is_a_link),
	    cmocka_unit_test(fault_117_a_folder_that_is_not_mounted_is_not_made),
	    cmocka_unit_test(fault_117_a_mount_point_without_its_volume_takes_nothing),
	    cmocka_unit_test(fault_120_a_link_in_the_way_is_not_followed),
	    cmocka_unit_test(a_file_that_changed_since_it_was_proven_is_not_published),
	    cmocka_unit_test(what_is_fetched_back_is_the_file_and_nothing_more),
	    cmocka_unit_test(a_folder_in_the_place_of_a_left_over_is_said_and_stays),
	    cmocka_unit_test(a_root_that_is_a_link_or_a_file_is_not_trusted),
	    cmocka_unit_test(a_path_that_could_be_misread_is_no_destination),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
