#include <sys/stat.h>

#include <fcntl.h>

#include "age.h"
#include "buf.h"
#include "digest.h"
#include "fsio.h"
#include "sign.h"

#include "scratch.h"

#define RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"
#define CHUNK ((size_t)65536)

static const size_t sizes[] = {0, 1, 100, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1, 5 * CHUNK - 17};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* Run a shell command in the test's folder, quietly.  Return its exit code. */
static int
run(const char *command)
{
	char line[1024];
	int rc;

	rc = snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>&1", scratch_dir, command);
	assert_true(rc > 0 && (size_t)rc < sizeof(line));
	rc = system(line);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static int
open_file(const char *name, int flags)
{
	char path[256];
	int fd;

	assert_true(snprintf(path, sizeof(path), "%s/%s", scratch_dir, name) > 0);
	fd = open(path, flags | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	return fd;
}

static void
store(const char *name, const void *data, size_t n)
{
	int fd = open_file(name, O_WRONLY | O_CREAT | O_TRUNC);

	assert_int_equal(fsio_write(fd, data, n), 0);
	assert_int_equal(close(fd), 0);
}

static void
load(const char *name, struct buf *b)
{
	char path[256];

	buf_clear(b);
	assert_true(snprintf(path, sizeof(path), "%s/%s", scratch_dir, name) > 0);
	assert_int_equal(fsio_load_path(path, 16 << 20, b), 0);
}

/* Bytes that no two chunks have alike. */
static uint8_t *
sample(size_t n)
{
	uint8_t *p = malloc(n + 1);
	size_t i;

	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 31 + (i >> 16) * 7 + (i >> 8));
	return p;
}

static struct age_recipient
recipient(const char *text)
{
	struct age_recipient r;

	assert_int_equal(age_recipient_parse(text, strlen(text), &r), 0);
	return r;
}

static struct age_identities *
identities(const char *text)
{
	struct age_identities *ids = age_identities_parse(text, strlen(text));

	assert_non_null(ids);
	return ids;
}

static int
put_buf(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

/* A file in memory while it is read, in pieces of odd lengths. */
struct input {
	const char *data;
	size_t n, at, piece;
	size_t fails_at; /* 0: nowhere */
};

static long
get_input(void *cookie, void *data, size_t room)
{
	struct input *in = cookie;
	size_t n = in->n - in->at;

	if (in->fails_at != 0 && in->at >= in->fails_at) {
		errno = EIO;
		return -1;
	}
	if (n > room)
		n = room;
	if (in->piece != 0 && n > in->piece)
		n = in->piece;
	memcpy(data, in->data + in->at, n);
	in->at += n;
	return (long)n;
}

static void
encrypt(const void *data, size_t n, const struct age_recipient *to, size_t count, struct buf *out)
{
	struct age_writer *w = age_writer_new(to, count, put_buf, out);
	const char *p = data;
	size_t piece = 1;

	assert_non_null(w);
	for (; n > 0; piece = piece * 3 % 70001) {
		size_t take = piece < n ? piece : n;

		assert_int_equal(age_writer_put(w, p, take), 0);
		p += take;
		n -= take;
	}
	assert_int_equal(age_writer_finish(w), 0);
	age_writer_free(w);
}

/* Read to the end.  Return the state; what was read goes to ${out}. */
static enum age_state
drain(struct age_reader *r, struct buf *out)
{
	enum age_state state;
	char block[5000];
	long n;

	while ((n = age_reader_read(r, block, sizeof(block))) > 0)
		assert_int_equal(buf_put(out, block, (size_t)n), 0);
	state = age_reader_state(r);
	assert_int_equal(n == 0, state == AGE_GOOD);
	if (state == AGE_LOCKED)
		assert_int_equal(errno, ENOKEY);
	else if (state == AGE_MALFORMED || state == AGE_TAMPERED)
		assert_int_equal(errno, EBADMSG);
	if (state != AGE_GOOD)
		assert_true(age_reader_why(r)[0] != '\0');
	age_reader_free(r);
	return state;
}

static enum age_state
decrypt(const char *data, size_t n, const struct age_identities *ids, struct buf *out)
{
	struct input in = {.data = data, .n = n, .piece = 777};
	struct age_reader *r = age_reader_new(ids, get_input, &in);

	assert_non_null(r);
	return drain(r, out);
}

static void
assert_same(const struct buf *b, const void *data, size_t n)
{
	assert_int_equal(b->len, n);
	if (n > 0)
		assert_memory_equal(b->data, data, n);
}

static void
a_recipient_has_one_spelling(void **state)
{
	struct age_recipient r = recipient(RECIPIENT), other;
	struct age_identities *ids = identities("# comment\r\n\n" IDENTITY "\r\n");
	char text[AGE_RECIPIENT_TEXT], wrong[AGE_RECIPIENT_TEXT + 2];
	size_t i;
	int c;

	(void)state;
	age_recipient_format(&r, text);
	assert_string_equal(text, RECIPIENT);
	assert_int_equal(age_identities_recipient(ids, 0, &other), 0);
	assert_memory_equal(other.key, r.key, sizeof(r.key));
	assert_int_equal(age_identities_recipient(ids, 1, &other), -1);
	age_identities_free(ids);
	for (i = 0; i < strlen(RECIPIENT); i++) {
		for (c = 0; c < 256; c++) {
			memcpy(wrong, RECIPIENT, sizeof(RECIPIENT));
			if (wrong[i] == (char)c)
				continue;
			wrong[i] = (char)c;
			assert_int_equal(age_recipient_parse(wrong, strlen(RECIPIENT), &other), -1);
			assert_int_equal(errno, EINVAL);
		}
		assert_int_equal(age_recipient_parse(RECIPIENT, i, &other), -1);
	}
	assert_int_equal(age_recipient_parse(RECIPIENT "q", strlen(RECIPIENT) + 1, &other), -1);
	for (i = 0; RECIPIENT[i] != '\0'; i++)
		wrong[i] = (char)(RECIPIENT[i] >= 'a' ? RECIPIENT[i] - 'a' + 'A' : RECIPIENT[i]);
	assert_int_equal(age_recipient_parse(wrong, strlen(RECIPIENT), &other), -1);
	assert_int_equal(age_recipient_parse(IDENTITY, strlen(IDENTITY), &other), -1);
}

static void
a_key_of_low_order_is_no_recipient(void **state)
{
	/* Zero, one, and a point of order 8. */
	static const uint8_t low[3][32] = {{0}, {1},
	    {0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda,
		0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00}};
	char text[AGE_RECIPIENT_TEXT];
	struct age_recipient r, out;
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		memcpy(r.key, low[i], sizeof(r.key));
		age_recipient_format(&r, text);
		assert_int_equal(age_recipient_parse(text, strlen(text), &out), -1);
		assert_null(age_writer_new(&r, 1, put_buf, &b));
	}
	assert_null(age_writer_new(&r, 0, put_buf, &b));
	buf_free(&b);
}

static void
an_identity_file_holds_keys_and_comments_only(void **state)
{
	static const char *const bad[] = {"", "# only\n", IDENTITY " \n", "age1\n", RECIPIENT "\n", IDENTITY "\nx\n",
	    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEY\n",
	    "age-secret-key-1gfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpyysjzgfpq4egaex\n",
	    "age-encryption.org/v1\n"};
	struct age_identities *ids;
	struct buf many = BUF_INIT;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_null(age_identities_parse(bad[i], strlen(bad[i])));
		assert_int_equal(errno, EINVAL);
	}
	for (i = 0; i < AGE_IDENTITIES_MAX; i++)
		assert_int_equal(buf_puts(&many, IDENTITY "\n"), 0);
	ids = age_identities_parse(many.data, many.len);
	assert_non_null(ids);
	age_identities_free(ids);
	assert_int_equal(buf_puts(&many, IDENTITY "\n"), 0);
	assert_null(age_identities_parse(many.data, many.len));
	assert_int_equal(errno, EFBIG);
	while (many.len <= 64 * 1024)
		assert_int_equal(buf_puts(&many, "# comment\n"), 0);
	store("large", many.data, many.len);
	fd = open_file("large", O_RDONLY);
	assert_null(age_identities_read(fd));
	assert_int_equal(errno, EFBIG);
	assert_int_equal(close(fd), 0);
	buf_free(&many);
}

static void
what_is_written_is_read_back_at_every_size(void **state)
{
	const struct age_recipient to = recipient(RECIPIENT);
	struct age_identities *ids = identities(IDENTITY);
	struct buf sealed = BUF_INIT, opened = BUF_INIT;
	uint8_t *data;
	size_t i;

	(void)state;
	for (i = 0; i < SIZES; i++) {
		data = sample(sizes[i]);
		encrypt(data, sizes[i], &to, 1, &sealed);
		assert_int_equal(decrypt(sealed.data, sealed.len, ids, &opened), AGE_GOOD);
		assert_same(&opened, data, sizes[i]);
		/* Header, nonce, and a tag a chunk: of a full last chunk no empty one follows. */
		assert_int_equal(sealed.len,
		    22 + 54 + 44 + 48 + 16 + sizes[i] + 16 * (sizes[i] == 0 ? 1 : (sizes[i] + CHUNK - 1) / CHUNK));
		buf_clear(&sealed);
		buf_clear(&opened);
		free(data);
	}
	age_identities_free(ids);
	buf_free(&sealed);
	buf_free(&opened);
}

static void
stock_age_opens_ours(void **state)
{
	struct age_recipient to[3] = {recipient(RECIPIENT), {{0}}, {{0}}};
	struct buf b = BUF_INIT, opened = BUF_INIT;
	uint8_t *data;
	size_t i;

	(void)state;
	store("a.key", IDENTITY "\n", strlen(IDENTITY) + 1);
	assert_int_equal(run("test \"$(age-keygen -y a.key)\" = " RECIPIENT), 0);
	assert_int_equal(run("age-keygen -o b.key && age-keygen -o c.key && age-keygen -y b.key >b.pub && "
			     "age-keygen -y c.key >c.pub && age-keygen -o d.key"),
	    0);
	load("b.pub", &b);
	assert_int_equal(age_recipient_parse(b.data, b.len - 1, &to[1]), 0);
	load("c.pub", &b);
	assert_int_equal(age_recipient_parse(b.data, b.len - 1, &to[2]), 0);
	for (i = 0; i < SIZES; i++) {
		data = sample(sizes[i]);
		store("plain", data, sizes[i]);
		buf_clear(&b);
		encrypt(data, sizes[i], to, i % 3 + 1, &b);
		store("sealed.age", b.data, b.len);
		assert_int_equal(run("age -d -i a.key sealed.age >out && cmp out plain"), 0);
		assert_int_equal(run("rm out; age -d -i b.key sealed.age >out && cmp out plain") == 0, i % 3 >= 1);
		assert_int_equal(run("rm out; age -d -i c.key sealed.age >out && cmp out plain") == 0, i % 3 >= 2);
		assert_int_not_equal(run("age -d -i d.key -o out2 sealed.age"), 0);
		free(data);
	}
	buf_free(&b);
	buf_free(&opened);
}

static void
ours_opens_stock_age(void **state)
{
	struct age_identities *ids = identities(IDENTITY);
	struct buf sealed = BUF_INIT, opened = BUF_INIT;
	uint8_t *data;
	size_t i;

	(void)state;
	for (i = 0; i < SIZES; i++) {
		data = sample(sizes[i]);
		store("plain", data, sizes[i]);
		assert_int_equal(run("rm -f s.age; age -r " RECIPIENT " -o s.age plain"), 0);
		load("s.age", &sealed);
		assert_int_equal(decrypt(sealed.data, sealed.len, ids, &opened), AGE_GOOD);
		assert_same(&opened, data, sizes[i]);
		/* Several recipients, ours neither first nor last; one that is no X25519 key. */
		buf_clear(&opened);
		assert_int_equal(run("rm -f s.age ssh.key ssh.key.pub; ssh-keygen -q -t ed25519 -N '' -f ssh.key; "
				     "age -R ssh.key.pub -R b.pub -r " RECIPIENT " -R c.pub -o s.age plain"),
		    0);
		load("s.age", &sealed);
		assert_int_equal(decrypt(sealed.data, sealed.len, ids, &opened), AGE_GOOD);
		assert_same(&opened, data, sizes[i]);
		buf_clear(&opened);
		assert_int_equal(run("rm -f s.age; age -R b.pub -R c.pub -o s.age plain"), 0);
		load("s.age", &sealed);
		assert_int_equal(decrypt(sealed.data, sealed.len, ids, &opened), AGE_LOCKED);
		assert_int_equal(opened.len, 0);
		free(data);
	}
	age_identities_free(ids);
	buf_free(&sealed);
	buf_free(&opened);
}

/* Is it refused, and does what was given before that begin as the original does? */
static void
assert_refused(const struct buf *sealed, size_t n, const struct age_identities *ids, const uint8_t *data, size_t size)
{
	struct buf opened = BUF_INIT;

	assert_int_not_equal(decrypt(sealed->data, n, ids, &opened), AGE_GOOD);
	assert_true(opened.len <= size && (opened.len == 0 || memcmp(opened.data, data, opened.len) == 0));
	buf_free(&opened);
}

static void
every_changed_or_missing_byte_is_found(void **state)
{
	struct age_recipient to[2] = {recipient(RECIPIENT), recipient(RECIPIENT)};
	struct age_identities *ids = identities(IDENTITY);
	struct buf sealed = BUF_INIT;
	uint8_t *data = sample(500);
	size_t i;
	int bit;

	(void)state;
	encrypt(data, 500, to, 2, &sealed);
	for (i = 0; i < sealed.len; i++) {
		for (bit = 0; bit < 8; bit++) {
			sealed.data[i] = (char)(sealed.data[i] ^ 1 << bit);
			assert_refused(&sealed, sealed.len, ids, data, 500);
			sealed.data[i] = (char)(sealed.data[i] ^ 1 << bit);
		}
		assert_refused(&sealed, i, ids, data, 500);
	}
	assert_int_equal(buf_putc(&sealed, '\0'), 0);
	assert_refused(&sealed, sealed.len, ids, data, 500);
	age_identities_free(ids);
	buf_free(&sealed);
	free(data);
}

static void
chunks_can_not_be_cut_off_swapped_or_added(void **state)
{
	const struct age_recipient to = recipient(RECIPIENT);
	struct age_identities *ids = identities(IDENTITY);
	const size_t size = 3 * CHUNK, head = 22 + 54 + 44 + 48 + 16, sealed_chunk = CHUNK + 16;
	struct buf sealed = BUF_INIT;
	uint8_t *data = sample(size), *keep = malloc(sealed_chunk);
	size_t i;

	(void)state;
	assert_non_null(keep);
	encrypt(data, size, &to, 1, &sealed);
	for (i = 0; i < 3; i++)
		assert_refused(&sealed, head + i * sealed_chunk, ids, data, size);
	memcpy(keep, sealed.data + head, sealed_chunk);
	memcpy(sealed.data + head, sealed.data + head + sealed_chunk, sealed_chunk);
	memcpy(sealed.data + head + sealed_chunk, keep, sealed_chunk);
	assert_refused(&sealed, sealed.len, ids, data, size);
	memcpy(sealed.data + head + sealed_chunk, sealed.data + head, sealed_chunk);
	memcpy(sealed.data + head, keep, sealed_chunk);
	assert_int_equal(buf_put(&sealed, sealed.data + head + 2 * sealed_chunk, 16), 0);
	assert_refused(&sealed, sealed.len, ids, data, size);
	age_identities_free(ids);
	buf_free(&sealed);
	free(data);
	free(keep);
}

static void
headers_that_are_not_the_formats_are_malformed(void **state)
{
#define STANZA "-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\nEmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n"
#define MAC "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0\n"
	static const char *const bad[] = {"", "age-encryption.org/v2\n", "age-encryption.org/v1\r\n" STANZA MAC,
	    "age-encryption.org/v1\n", "age-encryption.org/v1\n" MAC, "age-encryption.org/v1\n" STANZA,
	    "age-encryption.org/v1\n" STANZA "---\n", "age-encryption.org/v1\n" STANZA "--- \n",
	    "age-encryption.org/v1\n" STANZA "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI0=\n",
	    "age-encryption.org/v1\n" STANZA "--- Vn+54jqiiUCE+WZcEVY3f1sqHjlu/z1LCQ/T7Xm7qI1\n",
	    "age-encryption.org/v1\n" STANZA "\n" MAC, "age-encryption.org/v1\n-> \n\n" MAC,
	    "age-encryption.org/v1\n->  x\n\n" MAC, "age-encryption.org/v1\n-> x \n\n" MAC,
	    "age-encryption.org/v1\n-> x\x7f\n\n" MAC, "age-encryption.org/v1\n-> x\n" MAC,
	    "age-encryption.org/v1\n-> X25519\n\n" MAC, "age-encryption.org/v1\n-> X25519 AAAA\n\n" MAC,
	    "age-encryption.org/v1\n-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc\nAAAA\n" MAC,
	    "age-encryption.org/v1\n-> X25519 TEiF0ypqr+bpvcqXNyCVJpL7OuwPdVwPL7KQEbFDOCc x\n"
	    "EmECAEcKN+n/Vs9SbWiV+Hu0r+E8R77DdWYyd83nw7U\n" MAC};
	struct age_identities *ids = identities(IDENTITY);
	struct buf long_one = BUF_INIT, out = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(decrypt(bad[i], strlen(bad[i]), ids, &out), AGE_MALFORMED);
	/* One for somebody else is only locked; one that never ends costs no memory. */
	assert_int_equal(
	    decrypt("age-encryption.org/v1\n" STANZA MAC, strlen("age-encryption.org/v1\n" STANZA MAC), ids, &out),
	    AGE_LOCKED);
	assert_int_equal(buf_puts(&long_one, "age-encryption.org/v1\n"), 0);
	while (long_one.len < 2 * AGE_HEADER_MAX)
		assert_int_equal(buf_puts(&long_one, STANZA), 0);
	assert_int_equal(decrypt(long_one.data, long_one.len, ids, &out), AGE_MALFORMED);
	age_identities_free(ids);
	buf_free(&long_one);
	buf_free(&out);
}

static void
the_writer_reads_back_its_own_file_and_no_other(void **state)
{
	const struct age_recipient to = recipient(RECIPIENT);
	struct buf sealed = BUF_INIT, opened = BUF_INIT, other = BUF_INIT;
	struct age_writer *w = age_writer_new(&to, 1, put_buf, &sealed);
	uint8_t *data = sample(CHUNK + 5);
	struct input in = {.data = NULL};

	(void)state;
	assert_non_null(w);
	assert_int_equal(age_writer_put(w, data, CHUNK + 5), 0);
	assert_int_equal(age_writer_finish(w), 0);
	assert_int_equal(age_writer_put(w, data, 1), -1);
	in = (struct input){.data = sealed.data, .n = sealed.len};
	assert_int_equal(drain(age_reader_again(w, get_input, &in), &opened), AGE_GOOD);
	assert_same(&opened, data, CHUNK + 5);
	encrypt(data, CHUNK + 5, &to, 1, &other);
	in = (struct input){.data = other.data, .n = other.len};
	buf_clear(&opened);
	assert_int_equal(drain(age_reader_again(w, get_input, &in), &opened), AGE_TAMPERED);
	sealed.data[60] = sealed.data[60] == 'A' ? 'B' : 'A';
	in = (struct input){.data = sealed.data, .n = sealed.len};
	assert_int_equal(drain(age_reader_again(w, get_input, &in), &opened), AGE_TAMPERED);
	age_writer_free(w);
	buf_free(&sealed);
	buf_free(&opened);
	buf_free(&other);
	free(data);
}

/* Where no more than so many bytes fit. */
struct full {
	size_t left;
};

static int
put_full(void *cookie, const void *data, size_t n)
{
	struct full *f = cookie;

	(void)data;
	if (n > f->left) {
		errno = ENOSPC;
		return -1;
	}
	f->left -= n;
	return 0;
}

static void
a_full_disk_and_a_bad_one_are_told(void **state)
{
	const struct age_recipient to = recipient(RECIPIENT);
	struct age_identities *ids = identities(IDENTITY);
	uint8_t *data = sample(3 * CHUNK);
	struct buf sealed = BUF_INIT, opened = BUF_INIT;
	struct full full = {100};
	struct age_writer *w;
	struct input in;

	(void)state;
	assert_null(age_writer_new(&to, 1, put_full, &full));
	assert_int_equal(errno, ENOSPC);
	full.left = 1000 + CHUNK;
	w = age_writer_new(&to, 1, put_full, &full);
	assert_non_null(w);
	assert_int_equal(age_writer_put(w, data, 3 * CHUNK), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(age_writer_finish(w), -1);
	age_writer_free(w);
	encrypt(data, 3 * CHUNK, &to, 1, &sealed);
	in = (struct input){.data = sealed.data, .n = sealed.len, .piece = 1000, .fails_at = 2 * CHUNK};
	assert_int_equal(drain(age_reader_new(ids, get_input, &in), &opened), AGE_ERROR);
	assert_int_equal(errno, EIO);
	age_identities_free(ids);
	buf_free(&sealed);
	buf_free(&opened);
	free(data);
}

static int
setup(void **state)
{
	return scratch_setup(state) == 0 ? sign_init() : -1;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_recipient_has_one_spelling),
	    cmocka_unit_test(a_key_of_low_order_is_no_recipient),
	    cmocka_unit_test(an_identity_file_holds_keys_and_comments_only),
	    cmocka_unit_test(what_is_written_is_read_back_at_every_size),
	    cmocka_unit_test(stock_age_opens_ours),
	    cmocka_unit_test(ours_opens_stock_age),
	    cmocka_unit_test(every_changed_or_missing_byte_is_found),
	    cmocka_unit_test(chunks_can_not_be_cut_off_swapped_or_added),
	    cmocka_unit_test(headers_that_are_not_the_formats_are_malformed),
	    cmocka_unit_test(the_writer_reads_back_its_own_file_and_no_other),
	    cmocka_unit_test(a_full_disk_and_a_bad_one_are_told),
	};

	return cmocka_run_group_tests(tests, setup, scratch_teardown);
}
