#include <sys/mman.h>

#include "bagging.h"
#include "packages.h"

#define EVENTS "data/" PACKAGES_STEM ".events.xml"

#define PROFILE "data/" PACKAGES_STEM ".events.profile"

static struct slice_record record;
static const char *profile = ""; /* the element map that the intent has */

/* The record of the one slice; with an address, an event says that the subject has it. */
static void
fill_record(int is_told, unsigned address)
{
	struct access_event e;

	memset(&e, 0, sizeof(e));
	access_clear(&record.access);
	streams_draft(&record, STREAMS_T0, STREAMS_T0 + 300 * STAMP_SECOND);
	record.head.seq = 1;
	record.first_frame = record.last_frame = STAMP_NONE;
	record.file_bytes = SAVEFILE_HEADER_BYTES;
	record.close.realtime = STREAMS_T0 + 300 * STAMP_SECOND;
	record.access.is_told = is_told;
	if (address == 0)
		return;
	e.kind = ACCESS_ASSIGNED;
	e.time = STREAMS_T0 + 7;
	e.until = STAMP_NONE;
	e.family = 4;
	e.bits = 32;
	e.addr[0] = 192;
	e.addr[3] = (uint8_t)address;
	strcpy(e.method, "dhcpv4");
	access_add(&record.access, &e);
}

/*
 * Seal the record; events.xml is that of ${told}, whatever the record says.  What is said is for who looks for it in the
 * tar that ${package} gets.
 */
static void
make(const struct slice_record *told)
{
	struct intent in;
	struct buf text = BUF_INIT;
	struct bagging b;
	int fd = memfd_create("slice", MFD_CLOEXEC), out = memfd_create("tar", MFD_CLOEXEC);
	struct bagging_source s = {.intent = &in,
	    .key = sealing_key,
	    .case_id = STREAMS_CASE,
	    .iap = STREAMS_IAP,
	    .record = &text,
	    .slice = told,
	    .closed = record.close.realtime,
	    .fd = fd,
	    .bytes = SAVEFILE_HEADER_BYTES,
	    .sha256 = record.sha256,
	    .rawfd = -1,
	    .ordersfd = -1};
	uint64_t bytes;

	memset(&in, 0, sizeof(in));
	in.seq = 1;
	in.seal.time = in.seal.day = STREAMS_T0;
	memset(in.seal.prev_seal, '0', 64);
	memset(in.seal.custody_head, '0', 64);
	assert_int_equal(buf_puts(&in.profile, profile), 0);
	strcpy(in.seal.packager, "casetap-packager");
	strcpy(in.seal.station, "tower-7");
	strcpy(in.seal.organization, "ISP");
	sign_id_format(sign_key_pub(sealing_key), in.seal.key_id);
	streams_fill(fd, STREAMS_T0, 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(digest_fd(fd, record.sha256, &bytes), 0);
	assert_int_equal(slice_record_write(&record, &text), 0);
	assert_int_equal(bagging_write(&s, out, &b), 0);
	buf_clear(&package);
	bytes = (uint64_t)lseek(out, 0, SEEK_END);
	while (package.len < bytes) {
		char block[512];

		assert_int_equal(pread(out, block, sizeof(block), (off_t)package.len), sizeof(block));
		assert_int_equal(buf_put(&package, block, sizeof(block)), 0);
	}
	bagging_clear(&b);
	buf_free(&text);
	buf_free(&in.profile);
	(void)close(fd);
	(void)close(out);
}

static void
is_judged(enum package_verdict want, const char *say)
{
	char why[256];
	enum package_verdict got = packages_check(package.data, package.len, NULL, why);

	if (got != want || strstr(why, say) == NULL)
		fail_msg("verdict %d: %s", got, why);
}

static int
has_events(void)
{
	size_t at;

	for (at = 0; at < package.len; at += TARFILE_BLOCK) {
		if (strcmp(package.data + at, PACKAGES_STEM "/" EVENTS) == 0)
			return 1;
	}
	return 0;
}

static void
events_go_into_the_package_where_there_are_any(void **state)
{
	struct buf first = BUF_INIT;

	(void)state;
	fill_record(0, 0);
	make(&record);
	assert_false(has_events());
	is_judged(PACKAGE_INTACT, "");
	fill_record(1, 0);
	make(&record);
	assert_false(has_events());
	is_judged(PACKAGE_INTACT, "");
	record.access.is_incomplete = 1;
	make(&record);
	assert_true(has_events());
	is_judged(PACKAGE_INTACT, "");
	fill_record(1, 7);
	make(&record);
	assert_true(has_events());
	is_judged(PACKAGE_INTACT, "");
	assert_int_equal(buf_put(&first, package.data, package.len), 0);
	make(&record);
	assert_int_equal(first.len, package.len);
	assert_memory_equal(first.data, package.data, first.len);
	buf_free(&first);
}

static void
events_that_the_record_does_not_tell_are_tampering_though_the_station_signed_them(void **state)
{
	struct slice_record other;

	(void)state;
	fill_record(1, 8);
	other = record;
	memset(&record.access, 0, sizeof(record.access));
	fill_record(1, 7);
	make(&other);
	is_judged(PACKAGE_TAMPERED, EVENTS ": is not what the record");
	fill_record(1, 0);
	make(&other);
	is_judged(PACKAGE_TAMPERED, EVENTS ": holds events of which");
	fill_record(1, 7);
	make(NULL);
	is_judged(PACKAGE_MALFORMED, EVENTS ": is missing");
	access_clear(&other.access);
}

/* The map that casetap comes with, but for what an address is called. */
static const char *
other_map(const char *address)
{
	static char text[4096];
	struct buf own = BUF_INIT;
	char *at;

	assert_int_equal(fsio_load_path(PROFILES "/t1-ias.profile", sizeof(text) / 2, &own), 0);
	at = strstr(own.data, "\naddress = ");
	assert_non_null(at);
	(void)snprintf(text, sizeof(text), "%.*s\naddress = %s%s", (int)(at - own.data), own.data, address,
	    strchr(at + 1, '\n'));
	buf_free(&own);
	return text;
}

/* In the package at hand, put another letter where the words stand. */
static void
change(const char *words)
{
	char *at = memmem(package.data, package.len, words, strlen(words));

	assert_non_null(at);
	*at = 'x';
}

static void
another_element_map_goes_with_the_events_and_is_what_they_are_judged_by(void **state)
{
	(void)state;
	fill_record(1, 7);
	profile = other_map("adresse");
	make(&record);
	is_judged(PACKAGE_INTACT, "");
	assert_non_null(memmem(package.data, package.len, "<adresse>192.0.0.7</adresse>", 28));
	change("= adresse");
	profile = "";
	is_judged(PACKAGE_TAMPERED, PROFILE);
	profile = other_map("adresse");
	make(&record);
	change("adresse>192");
	is_judged(PACKAGE_TAMPERED, EVENTS);
	/* Where there are no events, there is no map. */
	fill_record(1, 0);
	make(&record);
	is_judged(PACKAGE_INTACT, "");
	assert_null(memmem(package.data, package.len, PROFILE, strlen(PROFILE)));
	/* What the station signed is held against the record all the same. */
	fill_record(1, 8);
	struct slice_record other = record;
	memset(&record.access, 0, sizeof(record.access));
	fill_record(1, 7);
	make(&other);
	is_judged(PACKAGE_TAMPERED, EVENTS ": is not what the record");
	access_clear(&other.access);
	profile = "";
}

static int
clear(void **state)
{
	access_clear(&record.access);
	return packages_tear_down(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(events_go_into_the_package_where_there_are_any),
	    cmocka_unit_test(another_element_map_goes_with_the_events_and_is_what_they_are_judged_by),
	    cmocka_unit_test(events_that_the_record_does_not_tell_are_tampering_though_the_station_signed_them),
	};

	return cmocka_run_group_tests(tests, packages_set_up, clear);
}
