#include "packages.h"

/*
 * What can be done to a small package, and all of it: whatever is changed is detected, as 12 or 13, and a member named; the
 * one that was changed, or the one before it, where a header is broken and says no name any more.
 */
#define MEMBERS_MAX 16
#define END ((size_t)2 * TARFILE_BLOCK)
/* Of a header, after the name: the length of the member and its time, in octal. */
#define SIZE 124
#define MTIME 136

/* With a sanitizer, where each check takes ten times as long, a sample: a prime, so that it meets each part of a header. */
#if defined(__SANITIZE_ADDRESS__)
#define EVERY 17
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EVERY 17
#endif
#endif
#ifndef EVERY
#define EVERY 1
#endif

struct member {
	size_t at, end;
	char name[TARFILE_NAME_ROOM]; /* below the bag */
};

static struct member members[MEMBERS_MAX];
static size_t count;

static int
find_members(void **state)
{
	size_t at, bytes;

	if (packages_set_up(state) == -1)
		return -1;
	for (at = 0; at < package.len - END; at = members[count++].end) {
		assert_true(count < MEMBERS_MAX);
		bytes = strtoul(package.data + at + SIZE, NULL, 8);
		members[count].at = at;
		members[count].end = at + TARFILE_BLOCK + (bytes + TARFILE_BLOCK - 1) / TARFILE_BLOCK * TARFILE_BLOCK;
		(void)snprintf(members[count].name, TARFILE_NAME_ROOM, "%s", strchr(package.data + at, '/') + 1);
	}
	assert_int_equal(at, package.len - END);
	assert_true(count >= 7);
	return 0;
}

/* The member that has the byte; of the end of the archive, the last. */
static size_t
owner_of(size_t at)
{
	size_t i;

	for (i = 0; i + 1 < count && at >= members[i].end; i++)
		continue;
	return i;
}

static int
is_named(const char *why, size_t member)
{
	const size_t n = strlen(members[member].name);

	return strncmp(why, members[member].name, n) == 0 && why[n] == ':';
}

static void
is_found(const char *data, size_t len, size_t at, const char *what)
{
	char why[256] = "";
	enum package_verdict verdict = packages_check(data, len, NULL, why);
	size_t owner = owner_of(at);

	if (verdict != PACKAGE_TAMPERED && verdict != PACKAGE_MALFORMED)
		fail_msg("%s at byte %zu: verdict %d", what, at, (int)verdict);
	if (!is_named(why, owner) && !(owner > 0 && is_named(why, owner - 1)))
		fail_msg("%s at byte %zu, in %s; said was: %s", what, at, members[owner].name, why);
}

static void
fault_061_any_byte_changed_is_found_and_its_member_named(void **state)
{
	char why[256], saved;
	size_t i;

	(void)state;
	for (i = 0; i < package.len; i += EVERY) {
		saved = package.data[i];
		package.data[i] = (char)(saved ^ (1 << (i / EVERY % 8)));
		is_found(package.data, package.len, i, "a bit flipped");
		package.data[i] = (char)~saved;
		is_found(package.data, package.len, i, "a byte changed");
		package.data[i] = saved;
	}
	assert_int_equal(packages_check(package.data, package.len, NULL, why), PACKAGE_INTACT);
}

static void
fault_060_a_package_cut_at_any_byte_is_malformed_and_the_member_named(void **state)
{
	char why[256];
	size_t len;

	(void)state;
	for (len = 0; len < package.len; len += EVERY) {
		is_found(package.data, len, len, "cut");
		assert_int_equal(packages_check(package.data, len, NULL, why), PACKAGE_MALFORMED);
	}
}

/* The package with its members in another order: ${order} holds numbers of members. */
static void
put_members(struct buf *out, const size_t *order, size_t n)
{
	size_t i;

	buf_clear(out);
	for (i = 0; i < n; i++)
		assert_int_equal(
		    buf_put(out, package.data + members[order[i]].at, members[order[i]].end - members[order[i]].at),
		    0);
	assert_int_equal(buf_put(out, package.data + package.len - END, END), 0);
}

/* Any member may be the one that is blamed, but one is. */
static void
is_blamed(const struct buf *data, const char *what, size_t a, size_t b)
{
	char why[256] = "";
	enum package_verdict verdict = packages_check(data->data, data->len, NULL, why);
	size_t i;

	if (verdict != PACKAGE_TAMPERED && verdict != PACKAGE_MALFORMED)
		fail_msg("%s %s, %s: verdict %d", what, members[a].name, members[b].name, (int)verdict);
	for (i = 0; i < count && !is_named(why, i); i++)
		continue;
	if (i == count)
		fail_msg("%s %s, %s: said was: %s", what, members[a].name, members[b].name, why);
}

/* All the members but ${without} (count: none), with ${again} once more before the ${at}-th. */
static size_t
arrange(size_t *order, size_t without, size_t again, size_t at)
{
	size_t i, n = 0;

	for (i = 0; i <= count; i++) {
		if (i == at)
			order[n++] = again;
		if (i < count && i != without)
			order[n++] = i;
	}
	return n;
}

static void
fault_066_each_member_twice_dropped_or_moved_anywhere_is_found(void **state)
{
	size_t order[MEMBERS_MAX + 1], i, at, n;
	struct buf changed = BUF_INIT;
	char why[256];

	(void)state;
	n = arrange(order, count, 0, count + 1);
	put_members(&changed, order, n);
	assert_int_equal(packages_check(changed.data, changed.len, NULL, why), PACKAGE_INTACT);
	for (i = 0; i < count; i++) {
		n = arrange(order, i, 0, count + 1);
		put_members(&changed, order, n);
		is_blamed(&changed, "dropped", i, i);
		for (at = 0; at <= count; at++) {
			n = arrange(order, count, i, at);
			put_members(&changed, order, n);
			is_blamed(&changed, "twice", i, at < count ? at : 0);
			if (at == i || at == i + 1)
				continue;
			n = arrange(order, i, i, at);
			put_members(&changed, order, n);
			is_blamed(&changed, "moved", i, at < count ? at : 0);
		}
	}
	buf_free(&changed);
}

static int
to_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

/* The package with one member under another name, headers and all as casetap writes them. */
static void
rename_member(struct buf *out, size_t i, const char *name)
{
	const char *h = package.data + members[i].at;
	const size_t bytes = strtoul(h + SIZE, NULL, 8);
	struct buf one = BUF_INIT;
	struct tarfile_writer *w = tarfile_writer_new(to_buf, &one);

	assert_int_equal(tarfile_member(w, name, bytes, (int64_t)strtoul(h + MTIME, NULL, 8)), 0);
	assert_int_equal(tarfile_data(w, h + TARFILE_BLOCK, bytes), 0);
	assert_int_equal(tarfile_finish(w), 0);
	tarfile_writer_free(w);
	assert_int_equal(one.len - END, members[i].end - members[i].at);
	buf_clear(out);
	assert_int_equal(buf_put(out, package.data, members[i].at), 0);
	assert_int_equal(buf_put(out, one.data, one.len - END), 0);
	assert_int_equal(buf_put(out, package.data + members[i].end, package.len - members[i].end), 0);
	buf_free(&one);
}

static void
each_member_under_another_name_is_found(void **state)
{
	static const char *const names[] = {PACKAGES_STEM "/x", PACKAGES_STEM "/data/x", "x/bagit.txt", "bagit.txt",
	    "LI-2026-0042_tower-7_0000000002/bagit.txt", PACKAGES_STEM "/data/" PACKAGES_STEM ".raw",
	    PACKAGES_STEM "/data/" PACKAGES_STEM ".gap.json", PACKAGES_STEM "/data/" PACKAGES_STEM ".events.xml",
	    PACKAGES_STEM "/data/orders/1.order", PACKAGES_STEM "/BAGIT.TXT"};
	struct buf changed = BUF_INIT;
	char name[2 * TARFILE_NAME_ROOM], why[256];
	size_t i, j;

	(void)state;
	for (i = 0; i < count; i++) {
		for (j = 0; j < sizeof(names) / sizeof(names[0]); j++) {
			rename_member(&changed, i, names[j]);
			assert_int_not_equal(packages_check(changed.data, changed.len, NULL, why), PACKAGE_INTACT);
			assert_non_null(strchr(why, ':'));
		}
		for (j = 0; j < count; j++) {
			(void)snprintf(name, sizeof(name), PACKAGES_STEM "/%s", members[j].name);
			rename_member(&changed, i, name);
			if (i != j)
				is_blamed(&changed, "renamed", i, j);
			else
				assert_int_equal(
				    packages_check(changed.data, changed.len, NULL, why), PACKAGE_INTACT);
		}
	}
	buf_free(&changed);
}

static void
fault_080_whatever_is_appended_behind_the_end_is_found(void **state)
{
	struct buf changed = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < count; i++) {
		buf_clear(&changed);
		assert_int_equal(buf_put(&changed, package.data, package.len), 0);
		assert_int_equal(buf_put(&changed, package.data + members[i].at, members[i].end - members[i].at), 0);
		is_found(changed.data, changed.len, package.len, "a member appended");
		assert_int_equal(buf_put(&changed, package.data + package.len - END, END), 0);
		is_found(changed.data, changed.len, package.len, "a member and an end appended");
	}
	for (i = 1; i <= 2 * TARFILE_BLOCK; i += i < 4 ? 1 : 509) {
		buf_clear(&changed);
		assert_int_equal(buf_put(&changed, package.data, package.len), 0);
		while (changed.len < package.len + i)
			assert_int_equal(buf_putc(&changed, '\0'), 0);
		is_found(changed.data, changed.len, package.len, "zeros appended");
	}
	buf_free(&changed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault_061_any_byte_changed_is_found_and_its_member_named),
	    cmocka_unit_test(fault_060_a_package_cut_at_any_byte_is_malformed_and_the_member_named),
	    cmocka_unit_test(fault_066_each_member_twice_dropped_or_moved_anywhere_is_found),
	    cmocka_unit_test(each_member_under_another_name_is_found),
	    cmocka_unit_test(fault_080_whatever_is_appended_behind_the_end_is_found),
	};

	return cmocka_run_group_tests(tests, find_members, packages_tear_down);
}
