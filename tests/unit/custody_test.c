#include <sys/resource.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"

#include "custody.h"
#include "signedhead.h"
#include "unread.h"

#define FILE_NAME "custody.jsonl"

struct place {
	char path[64];
	int dirfd, null;
};

static struct sign_key *station, *stranger;
static struct keyring *keyring;

static const struct custody_case *
whose(const struct place *p)
{
	static struct custody_case c;

	c = (struct custody_case){p->dirfd, "LI", keyring};
	return &c;
}

static int
make_keyring(void **state)
{
	char text[256], pub[SIGN_KEY_TEXT];

	(void)state;
	if (sign_init() == -1)
		return -1;
	station = sign_key_generate();
	stranger = sign_key_generate();
	sign_pub_format(sign_key_pub(station), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\nstation: %s name=tower\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	return keyring == NULL ? -1 : 0;
}

static int
drop_keyring(void **state)
{
	(void)state;
	keyring_free(keyring);
	sign_key_free(station);
	sign_key_free(stranger);
	return 0;
}

static int
setup(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	(void)snprintf(p->path, sizeof(p->path), "/tmp/casetap-custody-XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->dirfd = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	diag_capture(p->null);
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct place *p = *state;

	diag_capture(-1);
	(void)unlinkat(p->dirfd, FILE_NAME, 0);
	(void)unlinkat(p->dirfd, "custody.head", 0);
	(void)close(p->dirfd);
	(void)close(p->null);
	(void)rmdir(p->path);
	free(p);
	return 0;
}

static void
append(struct custody *c, const char *source, int64_t n)
{
	struct json *entry = json_object();

	assert_int_equal(json_put_integer(entry, "n", n), 0);
	assert_int_equal(json_put_string(entry, "event", "seal"), 0);
	assert_int_equal(custody_append(c, source, entry), 0);
}

/* A log of three lines. */
static void
fill(const struct place *p)
{
	struct custody *c = custody_open(p->dirfd, 1);

	assert_non_null(c);
	append(c, "capture/tower-7", 3);
	append(c, "packager/packager", 1);
	append(c, "capture/tower-7", 5);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
}

static void
an_empty_log_has_no_head(void **state)
{
	const struct place *p = *state;
	struct custody *c = custody_open(p->dirfd, 0);

	assert_non_null(c);
	assert_string_equal(custody_head(c), CUSTODY_NONE);
	assert_int_equal(custody_lines(c), 0);
	assert_int_equal(custody_last(c, "capture/tower-7"), 0);
	custody_close(c);
	assert_int_equal(faccessat(p->dirfd, FILE_NAME, F_OK, 0), -1);
}

static void
the_head_is_the_hash_of_the_last_line(void **state)
{
	const struct place *p = *state;
	struct buf text = BUF_INIT;
	char hex[DIGEST_HEX], *last;
	struct custody *c;

	fill(p);
	assert_int_equal(fsio_load(p->dirfd, FILE_NAME, 65536, &text), 0);
	text.data[text.len - 1] = '\0';
	last = strrchr(text.data, '\n') + 1;
	assert_int_equal(digest_hex_of(last, strlen(last), hex), 0);
	c = custody_open(p->dirfd, 1);
	assert_non_null(c);
	assert_string_equal(custody_head(c), hex);
	assert_int_equal(custody_lines(c), 3);
	assert_int_equal(custody_last(c, "capture/tower-7"), 5);
	assert_int_equal(custody_last(c, "packager/packager"), 1);
	custody_close(c);
	buf_free(&text);
}

static void
a_line_that_a_crash_tore_is_cut_off(void **state)
{
	const struct place *p = *state;
	struct custody *c;
	struct stat st;
	int fd;

	fill(p);
	fd = openat(p->dirfd, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(write(fd, "{\"n\":4,", 7), 7);
	c = custody_open(p->dirfd, 0);
	assert_non_null(c);
	assert_int_equal(custody_lines(c), 3);
	custody_close(c);
	c = custody_open(p->dirfd, 1);
	assert_non_null(c);
	custody_close(c);
	assert_int_equal(lseek(fd, 0, SEEK_END), st.st_size);
	assert_int_equal(close(fd), 0);
}

/* Behind three lines something that is longer than any, of which little is looked at at a time. */
static void
a_line_longer_than_any_takes_no_memory(void **state)
{
	const struct place *p = *state;
	const off_t longest = 128 * 1024 * 1024;
	struct rusage before, after;
	struct custody *c;
	struct stat st;
	int fd;

	fill(p);
	fd = openat(p->dirfd, FILE_NAME, O_WRONLY | O_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(ftruncate(fd, longest), 0);
	c = custody_open(p->dirfd, 0);
	assert_non_null(c);
	assert_int_equal(custody_lines(c), 3);
	custody_close(c);
	assert_int_equal(pwrite(fd, "\n", 1, longest - 1), 1);
	errno = 0;
	assert_null(custody_open(p->dirfd, 0));
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 32 * 1024);
	assert_int_equal(ftruncate(fd, longest - 1), 0);
	c = custody_open(p->dirfd, 1);
	assert_non_null(c);
	custody_close(c);
	assert_int_equal(lseek(fd, 0, SEEK_END), st.st_size);
	assert_int_equal(close(fd), 0);
}

static void
a_flipped_bit_anywhere_breaks_the_chain(void **state)
{
	const struct place *p = *state;
	struct buf text = BUF_INIT;
	struct custody *c;
	char head[DIGEST_HEX];
	size_t i;

	fill(p);
	c = custody_open(p->dirfd, 0);
	memcpy(head, custody_head(c), sizeof(head));
	custody_close(c);
	assert_int_equal(fsio_load(p->dirfd, FILE_NAME, 65536, &text), 0);
	for (i = 0; i < text.len; i++) {
		text.data[i] ^= 1;
		assert_int_equal(fsio_replace(p->dirfd, FILE_NAME, text.data, text.len, 0600), 0);
		text.data[i] ^= 1;
		c = custody_open(p->dirfd, 0);
		/* the last line is held by the head alone, which the ledger signs */
		if (c != NULL)
			assert_string_not_equal(custody_head(c), head);
		custody_close(c);
	}
	buf_free(&text);
}

static int
count_line(void *cookie, uint64_t number, const struct json *line)
{
	uint64_t *seen = cookie, n;

	assert_int_equal(json_get_u64(line, "n", &n), 0);
	assert_int_equal(n, number);
	assert_int_equal(number, *seen + 1);
	*seen = number;
	return 0;
}

static void
each_line_is_shown_once_in_order(void **state)
{
	const struct place *p = *state;
	struct custody *c;
	uint64_t seen = 0;

	fill(p);
	c = custody_open(p->dirfd, 1);
	append(c, "uploader/uploader", 1);
	assert_int_equal(custody_each(c, count_line, &seen), 0);
	assert_int_equal(seen, 4);
	custody_close(c);
}

/* Overwrite a byte of the file. */
static void
spoil(const struct place *p, const char *name, off_t at, char with)
{
	int fd = openat(p->dirfd, name, O_WRONLY | O_CLOEXEC);

	assert_int_not_equal(fd, -1);
	assert_int_equal(pwrite(fd, &with, 1, at), 1);
	assert_int_equal(close(fd), 0);
}

static void
a_log_is_gone_on_with_behind_what_was_checked(void **state)
{
	struct place *p = *state;
	struct custody *c = custody_open(p->dirfd, 1);
	char head[DIGEST_HEX];

	append(c, "capture/a", 5);
	append(c, "operator/operator", 7);
	assert_int_equal(custody_sync(c), 0);
	memcpy(head, custody_head(c), sizeof(head));
	custody_close(c);
	c = custody_resume(p->dirfd, 1);
	assert_non_null(c);
	assert_int_equal(custody_lines(c), 2);
	assert_string_equal(custody_head(c), head);
	assert_int_equal(custody_last(c, "capture/a"), 5);
	assert_int_equal(custody_last(c, "operator/operator"), 7);
	append(c, "capture/a", 6);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	c = custody_resume(p->dirfd, 0);
	assert_int_equal(custody_lines(c), 3);
	assert_int_equal(custody_last(c, "capture/a"), 6);
	custody_close(c);
	/* A change in what was checked is found all the same. */
	spoil(p, FILE_NAME, 20, '!');
	assert_null(custody_resume(p->dirfd, 0));
}

static void
a_remembered_head_that_does_not_fit_is_not_believed(void **state)
{
	struct place *p = *state;
	struct custody *c = custody_open(p->dirfd, 1);
	struct stat st;

	append(c, "capture/a", 5);
	append(c, "capture/a", 6);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	assert_int_equal(fstatat(p->dirfd, FILE_NAME, &st, 0), 0);
	/* The last line was changed: all is read, and the chain is found whole or broken by itself. */
	spoil(p, FILE_NAME, st.st_size - 3, '!');
	assert_null(custody_resume(p->dirfd, 0));
	spoil(p, FILE_NAME, st.st_size - 3, '}');
	/* A damaged memory costs a reading and nothing else. */
	spoil(p, "custody.head", 3, '!');
	c = custody_resume(p->dirfd, 1);
	assert_non_null(c);
	assert_int_equal(custody_lines(c), 2);
	assert_int_equal(custody_last(c, "capture/a"), 6);
	custody_close(c);
}

#define HEAD_BODY                                                                      \
	"case: LI-1\nmonth: 2026-12\nat: 2026-12-01T02:00:07.000000000Z\nlines: 812\n" \
	"head: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n"

static void
expect_one_spelling(const char *text, const char *comment)
{
	char copy[SIGNEDHEAD_MAX_BYTES], name[SIGNEDHEAD_NAME_ROOM], now[SIGNEDHEAD_COMMENT_ROOM];
	const size_t n = strlen(text);
	struct signedhead c;
	size_t i;

	assert_int_equal(signedhead_parse(text, n, &c), 0);
	assert_int_equal(c.lines, 812);
	assert_string_equal(signedhead_name(name, c.month), "custody-2026-12.head");
	assert_true(signedhead_is_name(name));
	assert_string_equal(signedhead_comment(now, &c), comment);
	for (i = 0; i < n; i++) {
		memcpy(copy, text, n + 1);
		copy[i] = '!';
		assert_int_equal(signedhead_parse(copy, n, &c), -1);
		assert_int_equal(signedhead_parse(text, i, &c), -1);
	}
	/* A month that is not that of the time. */
	memcpy(copy, text, n + 1);
	*strstr(copy, "-12\n") = '.';
	assert_int_equal(signedhead_parse(copy, n, &c), -1);
}

static void
a_signed_head_has_one_spelling_the_first_ones_another(void **state)
{
	(void)state;
	expect_one_spelling("casetap-signed-head/1\n" HEAD_BODY,
	    "casetap signed-head case=LI-1 month=2026-12 at=2026-12-01T02:00:07.000000000Z");
	expect_one_spelling("casetap-custody-head/1\n" HEAD_BODY,
	    "casetap custody-head case=LI-1 month=2026-12 at=2026-12-01T02:00:07.000000000Z");
	assert_false(signedhead_is_name("custody.head"));
	assert_false(signedhead_is_name("custody-2026-12.head.minisig"));
}

static void
copy_file(const struct place *p, const char *from, const char *to)
{
	struct buf text = BUF_INIT;

	assert_int_equal(fsio_load(p->dirfd, from, 65536, &text), 0);
	assert_int_equal(fsio_replace(p->dirfd, to, text.data, text.len, 0640), 0);
	buf_free(&text);
}

static void
remove_file(const struct place *p, const char *name)
{
	assert_int_equal(unlinkat(p->dirfd, name, 0), 0);
}

/* How much of the log was read; the reads before the one that fails, and why it does. */
static size_t bytes_read;
static int reads_left = -1, read_errno;
#define READS 2
ssize_t __real_fsio_read(int, void *, size_t);
ssize_t __wrap_fsio_read(int, void *, size_t);

static int
strikes(int *left)
{
	if (*left == -1 || (*left)-- > 0)
		return 0;
	errno = read_errno;
	return 1;
}

ssize_t
__wrap_fsio_read(int fd, void *to, size_t n)
{
	ssize_t got = strikes(&reads_left) ? -1 : __real_fsio_read(fd, to, n);

	bytes_read += got > 0 ? (size_t)got : 0;
	return got;
}

static off_t
size_of(const struct place *p, const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(p->dirfd, name, &st, 0), 0);
	return st.st_size;
}

static int syncs_left = -1; /* until one fails, once */

int __real_fsync(int);
int __wrap_fsync(int);

int
__wrap_fsync(int fd)
{
	if (syncs_left == -1 || syncs_left-- > 0)
		return __real_fsync(fd);
	errno = EIO;
	return -1;
}

/* The kernel calls the next sync well, and what the first one lost is lost. */
static void
promise_08_a_sync_that_failed_is_not_trusted_with_what_it_lost(void **state)
{
	const struct place *p = *state;
	struct custody_known known;
	struct custody *c;
	off_t size;

	fill(p);
	size = size_of(p, FILE_NAME);
	c = custody_resume(p->dirfd, 1);
	assert_non_null(c);
	append(c, "capture/tower-7", 6);
	assert_true(size_of(p, FILE_NAME) > size);
	syncs_left = 0;
	assert_int_equal(custody_sync(c), -1);
	assert_int_equal(errno, EIO);
	custody_close(c);
	assert_int_equal(size_of(p, FILE_NAME), size);
	assert_int_equal(custody_is_lost(whose(p), &known), 0);
	/* The line is taken from its journal once more, and written once more. */
	c = custody_resume(p->dirfd, 1);
	assert_non_null(c);
	assert_int_equal(custody_last(c, "capture/tower-7"), 5);
	append(c, "capture/tower-7", 6);
	assert_int_equal(custody_sync(c), 0);
	assert_int_equal(custody_lines(c), 4);
	custody_close(c);
}

static void
a_log_is_read_once_to_know_that_it_is_whole(void **state)
{
	const struct place *p = *state;
	struct custody_known known;
	struct stat st;

	fill(p);
	assert_int_equal(fstatat(p->dirfd, FILE_NAME, &st, 0), 0);
	bytes_read = 0;
	assert_int_equal(custody_is_cut(whose(p), &known), 0);
	assert_int_equal(known.lines, 3);
	assert_int_equal(bytes_read, st.st_size);
}

static void
a_log_that_lost_lines_is_known_by_what_lies_beside_it(void **state)
{
	const struct place *p = *state;
	struct custody_known known;
	struct custody *c;
	char head[DIGEST_HEX], text[256];
	int fd;

	assert_int_equal(custody_is_cut(whose(p), &known), 0); /* nothing yet */
	fill(p);
	assert_int_equal(custody_is_cut(whose(p), &known), 0);
	assert_int_equal(known.lines, 3);
	copy_file(p, FILE_NAME, "whole");
	copy_file(p, "custody.head", "head");

	/* A crash between the log and its head leaves a longer log, and that is well. */
	c = custody_open(p->dirfd, 1);
	assert_non_null(c);
	append(c, "capture/tower-7", 6);
	memcpy(head, custody_head(c), sizeof(head));
	custody_close(c);
	assert_int_equal(custody_is_cut(whose(p), &known), 0);

	/* Then a package names it. */
	assert_int_equal(mkdirat(p->dirfd, "tower-7", 0750), 0);
	fd = fsio_opendirat(p->dirfd, "tower-7");
	(void)snprintf(text, sizeof(text), "{\"custody_lines\":4,\"custody_head\":\"%s\"}\n", head);
	assert_int_equal(fsio_put(fd, "stream.json", text, strlen(text), 0640), 0);
	assert_int_equal(custody_is_cut(whose(p), &known), 0);
	assert_int_equal(known.lines, 4);
	assert_string_equal(known.head, head);
	assert_int_equal(custody_is_told(p->dirfd, "tower-7"), 1);
	assert_int_equal(custody_is_told(p->dirfd, "tower-8"), 0);

	copy_file(p, "whole", FILE_NAME); /* the fourth line is gone, of which custody.head does not know */
	assert_int_equal(custody_is_cut(whose(p), &known), 1);
	assert_int_equal(known.lines, 4);
	remove_file(p, "custody.head");
	assert_int_equal(custody_is_cut(whose(p), &known), 1);
	assert_int_equal(unlinkat(fd, "stream.json", 0), 0);
	assert_int_equal(custody_is_cut(whose(p), &known), 0); /* nobody knows of more */

	copy_file(p, "head", "custody.head");
	assert_int_equal(custody_is_cut(whose(p), &known), 0);
	assert_int_equal(fsio_replace(p->dirfd, FILE_NAME, "", 0, 0640), 0);
	assert_int_equal(custody_is_cut(whose(p), &known), 1);
	remove_file(p, FILE_NAME);
	assert_int_equal(custody_is_cut(whose(p), &known), 1);
	assert_int_equal(known.lines, 3);
	remove_file(p, "custody.head");
	/* A head that is none says nothing. */
	assert_int_equal(fsio_replace(p->dirfd, "custody.head", "x", 1, 0640), 0);
	assert_int_equal(custody_is_cut(whose(p), &known), 0);

	(void)close(fd);
	(void)unlinkat(p->dirfd, "tower-7", AT_REMOVEDIR);
	remove_file(p, "whole");
	remove_file(p, "head");
}

/* Put there a head of five lines and its signature, and forget both again.  Is the log cut, by what it says? */
static int
is_cut_by(
    const struct place *p, const struct signedhead *h, const struct sign_key *key, const char *name, int is_spoilt)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[SIGNEDHEAD_COMMENT_ROOM], sig_name[64];
	struct custody_known known;
	int rc;

	assert_int_equal(signedhead_write(h, &text), 0);
	(void)snprintf(sig_name, sizeof(sig_name), "%s.minisig", name);
	if (key != NULL) {
		assert_int_equal(sign_make(key, text.data, text.len, signedhead_comment(comment, h), &sig), 0);
		assert_int_equal(fsio_put(p->dirfd, sig_name, sig.data, sig.len, 0640), 0);
	}
	if (is_spoilt)
		*strchr(strstr(text.data, "lines: "), '5') = '9';
	assert_int_equal(fsio_put(p->dirfd, name, text.data, text.len, 0640), 0);
	rc = custody_is_cut(whose(p), &known);
	assert_int_equal(known.lines, rc == 1 ? 5 : 3);
	assert_string_equal(rc == 1 ? known.head : h->head, h->head);
	remove_file(p, name);
	if (key != NULL)
		remove_file(p, sig_name);
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/* One digit of a text that nobody vouches for, and the case of a log that is whole would stand still. */
static void
a_head_counts_as_its_station_signed_it_and_for_its_own_case_and_month(void **state)
{
	const char *const name = "custody-2026-12.head";
	const struct place *p = *state;
	struct signedhead h = {.case_id = "LI", .month = "2026-12", .at = STAMP_DAY * 20790, .lines = 5};
	struct signedhead other = h;

	(void)digest_hex_of("5", 1, h.head);
	memcpy(other.head, h.head, sizeof(other.head));
	fill(p);
	assert_int_equal(is_cut_by(p, &h, station, name, 0), 1);
	assert_int_equal(is_cut_by(p, &h, station, name, 1), 0);
	assert_int_equal(is_cut_by(p, &h, stranger, name, 0), 0);
	assert_int_equal(is_cut_by(p, &h, NULL, name, 0), 0);
	assert_int_equal(is_cut_by(p, &h, station, "custody-2026-11.head", 0), 0);
	(void)snprintf(other.case_id, sizeof(other.case_id), "LI-2");
	assert_int_equal(is_cut_by(p, &other, station, name, 0), 0);
}

/* Who finds a log lost may set it aside: one of which only the reading failed stays what it is. */
static void
a_log_that_could_not_be_read_is_no_lost_one(void **state)
{
	static const int errors[] = {EIO, ENOMEM};
	const struct place *p = *state;
	struct custody_known known;
	off_t size;
	size_t i;
	int fd, log, n;

	fill(p);
	assert_int_equal(mkdirat(p->dirfd, "tower-7", 0750), 0);
	fd = fsio_opendirat(p->dirfd, "tower-7");
	assert_int_equal(fsio_put(fd, "stream.json", "{}\n", 3, 0640), 0);
	assert_int_equal(custody_is_lost(whose(p), &known), 0);
	size = size_of(p, FILE_NAME);
	for (i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		read_errno = errors[i];
		for (n = 0; n < READS; n++) {
			reads_left = n;
			assert_int_equal(custody_is_lost(whose(p), &known), -1);
			assert_int_equal(errno, read_errno);
		}
		for (n = 0; n < 2; n++) { /* its lines, and its end */
			reads_left = n;
			assert_null(custody_open(p->dirfd, 1));
			assert_int_equal(errno, read_errno);
			assert_int_equal(size_of(p, FILE_NAME), size);
		}
		reads_left = -1;
	}
	/* Nor is one of which it could not be read what it should have. */
	unread = "stream.json";
	for (i = 0; i < 2; i++) {
		unread_errno = i == 0 ? EIO : ETIMEDOUT;
		assert_int_equal(custody_is_lost(whose(p), &known), -1);
		assert_int_equal(errno, unread_errno);
	}
	unread = NULL;
	assert_int_equal(custody_is_lost(whose(p), &known), 0);
	log = openat(p->dirfd, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(fsio_write(log, "{\"what\":\"is left\"}\n", 19), 0);
	assert_int_equal(close(log), 0);
	assert_int_equal(custody_is_cut(whose(p), &known), 0);
	assert_int_equal(custody_is_lost(whose(p), &known), 1);
	assert_int_equal(known.lines, 3);
	assert_int_equal(unlinkat(fd, "stream.json", 0), 0);
	(void)close(fd);
	assert_int_equal(unlinkat(p->dirfd, "tower-7", AT_REMOVEDIR), 0);
}

/* Nothing tells of it: it is known up to where its chain ends. */
static void
a_broken_log_of_which_nothing_tells_is_known_by_its_chain(void **state)
{
	const struct place *p = *state;
	struct custody_known whole, known;
	int log;

	fill(p);
	assert_int_equal(custody_is_lost(whose(p), &whole), 0);
	log = openat(p->dirfd, FILE_NAME, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(fsio_write(log, "{\"what\":\"is left\"}\n", 19), 0);
	assert_int_equal(close(log), 0);
	remove_file(p, "custody.head");
	assert_int_equal(custody_is_lost(whose(p), &known), 1);
	assert_int_equal(known.lines, 3);
	assert_string_equal(known.head, whole.head);
	assert_int_equal(custody_known(whose(p), &known), 0);
	assert_int_equal(known.lines, 0);
	known.lines = 2;
	assert_int_equal(custody_keep_known(whose(p), &known), 0); /* which it is not */
	assert_int_equal(custody_is_remembered(p->dirfd), 0);
	assert_int_equal(custody_keep_known(whose(p), &whole), 0);
	assert_int_equal(custody_is_remembered(p->dirfd), 1);
	assert_int_equal(custody_known(whose(p), &known), 0);
	assert_int_equal(known.lines, 3);
	assert_string_equal(known.head, whole.head);
	remove_file(p, "custody.head");
	assert_int_equal(fsio_replace(p->dirfd, FILE_NAME, "{\"what\":\"is left\"}\n", 19, 0640), 0);
	assert_int_equal(custody_is_lost(whose(p), &known), 1);
	assert_int_equal(known.lines, 0); /* of not one line */
	remove_file(p, FILE_NAME);
	assert_int_equal(custody_is_lost(whose(p), &known), 0);
	assert_int_equal(custody_keep_known(whose(p), &known), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(an_empty_log_has_no_head, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_is_read_once_to_know_that_it_is_whole, setup, teardown),
	    cmocka_unit_test_setup_teardown(the_head_is_the_hash_of_the_last_line, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_line_that_a_crash_tore_is_cut_off, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_line_longer_than_any_takes_no_memory, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_flipped_bit_anywhere_breaks_the_chain, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_line_is_shown_once_in_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_is_gone_on_with_behind_what_was_checked, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_remembered_head_that_does_not_fit_is_not_believed, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_that_lost_lines_is_known_by_what_lies_beside_it, setup, teardown),
	    cmocka_unit_test(a_signed_head_has_one_spelling_the_first_ones_another),
	    cmocka_unit_test_setup_teardown(
		a_head_counts_as_its_station_signed_it_and_for_its_own_case_and_month, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		promise_08_a_sync_that_failed_is_not_trusted_with_what_it_lost, setup, teardown),
	    cmocka_unit_test_setup_teardown(a_log_that_could_not_be_read_is_no_lost_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		a_broken_log_of_which_nothing_tells_is_known_by_its_chain, setup, teardown),
	};

	return cmocka_run_group_tests(tests, make_keyring, drop_keyring);
}
