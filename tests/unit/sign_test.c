#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "fsio.h"
#include "sign.h"
#include "text.h"

static char folder[] = "/tmp/casetap-sign-XXXXXX";
static unsigned interruptions; /* of the next calls of getrandom() */
static unsigned asked;

/* What libsodium calls, too. */
ssize_t
getrandom(void *out, size_t n, unsigned flags)
{
	asked++;
	if (interruptions > 0) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	return syscall(SYS_getrandom, out, n, flags);
}

/* Run a shell command in the test's folder, quietly.  Return its exit code. */
static int
run(const char *command)
{
	char line[1024];
	int rc;

	rc = snprintf(line, sizeof(line), "cd %s && { %s; } >/dev/null 2>&1", folder, command);
	assert_true(rc > 0 && (size_t)rc < sizeof(line));
	rc = system(line);
	return WIFEXITED(rc) ? WEXITSTATUS(rc) : -1;
}

static void
load(const char *name, struct buf *b)
{
	char path[256];

	buf_clear(b);
	assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) > 0);
	assert_int_equal(fsio_load_path(path, 1 << 20, b), 0);
}

static void
store(const char *name, const void *data, size_t n)
{
	char path[256];
	int fd;

	assert_true(snprintf(path, sizeof(path), "%s/%s", folder, name) > 0);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_equal(fsio_write(fd, data, n), 0);
	assert_int_equal(close(fd), 0);
}

static struct sign_key *
load_key(const char *name, const char *password)
{
	struct buf b = BUF_INIT;
	struct sign_key *key;

	load(name, &b);
	key = sign_key_parse(b.data, b.len, password, password == NULL ? 0 : strlen(password));
	sign_wipe(&b);
	return key;
}

static void
load_sig(const char *name, struct sign_sig *sig)
{
	struct buf b = BUF_INIT;

	load(name, &b);
	assert_int_equal(sign_parse(b.data, b.len, sig), 0);
	buf_free(&b);
}

static int
have_minisign(void)
{
	return run("minisign -v") == 0;
}

static int
setup(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL || sign_init() == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	char line[128];

	(void)state;
	if (snprintf(line, sizeof(line), "rm -rf %s", folder) < 0)
		return -1;
	return system(line);
}

/* Known answers: made once by minisign 0.11 with this throw-away key. */
static const char known_pub[] =
    "untrusted comment: minisign public key 2664CD3300038AD9\nRWTZigMAM81kJhPy8m1vnQTNSe/JiFBGdqCiIHRrLbN36vJrewbnTcZ0\n";
static const char known_sig[] =
    "untrusted comment: signature from minisign secret key\n"
    "RUTZigMAM81kJhC85T7nUP+vmWwEBeObiyPEH9qTH/ZESAMzVd4oaqpjUX1GZXpjeYsqUO6QwHwlZB6y9icmyYug7sNsDXfyWAw=\n"
    "trusted comment: timestamp:1700000000\tfile:f\thashed\n"
    "7MXrLG1ihOmZUEjAsZ1NahB0SjOYuMAYjVp57Qzf7CENyU8cfxsakOwrY0bUWXPwKjcLfyjeIPFOKxNQHM+eDQ==\n";
static const char known_text[] = "casetap\n";

static void
sign_verifies_a_signature_that_minisign_made(void **state)
{
	struct sign_pub pub;
	struct sign_sig sig;
	char id[SIGN_ID_TEXT], key[SIGN_KEY_TEXT];

	(void)state;
	assert_int_equal(sign_pub_parse_file(known_pub, strlen(known_pub), &pub), 0);
	assert_int_equal(sign_parse(known_sig, strlen(known_sig), &sig), 0);
	assert_int_equal(sign_verify(&pub, &sig, known_text, strlen(known_text)), 0);
	assert_int_equal(sign_verify(&pub, &sig, known_text, strlen(known_text) - 1), 1);
	assert_string_equal(sig.comment, "timestamp:1700000000\tfile:f\thashed");
	sign_id_format(&pub, id);
	assert_string_equal(id, "2664CD3300038AD9");
	sign_pub_format(&pub, key);
	assert_non_null(strstr(known_pub, key));
}

static void
sign_refuses_every_changed_byte_of_a_signature(void **state)
{
	const char *key_line = strchr(known_sig, '\n');
	char text[sizeof(known_sig)];
	struct sign_pub pub;
	struct sign_sig sig;
	size_t i;
	int bit;

	(void)state;
	assert_int_equal(sign_pub_parse_file(known_pub, strlen(known_pub), &pub), 0);
	/* The first line's comment is unsigned by design. */
	for (i = (size_t)(key_line - known_sig); i < strlen(known_sig) - 1; i++) {
		for (bit = 0; bit < 8; bit++) {
			memcpy(text, known_sig, sizeof(text));
			text[i] = (char)(text[i] ^ (1 << bit));
			if (sign_parse(text, strlen(known_sig), &sig) == 0)
				assert_int_equal(sign_verify(&pub, &sig, known_text, strlen(known_text)), 1);
		}
	}
}

static void
sign_parses_strictly(void **state)
{
	struct buf b = BUF_INIT;
	struct sign_sig sig;
	struct sign_pub pub;
	size_t n = strlen(known_sig), i;

	(void)state;
	/* Only the last newline may be missing. */
	assert_int_equal(sign_parse(known_sig, n - 1, &sig), 0);
	for (i = 0; i < n - 1; i++) {
		assert_int_equal(sign_parse(known_sig, i, &sig), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(buf_printf(&b, "%s\n", known_sig), 0);
	assert_int_equal(sign_parse(b.data, b.len, &sig), -1);
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "\n%s", known_sig), 0);
	assert_int_equal(sign_parse(b.data, b.len, &sig), -1);
	buf_clear(&b);
	assert_int_equal(buf_printf(&b, "%s%s", known_sig, known_sig), 0);
	assert_int_equal(sign_parse(b.data, b.len, &sig), -1);
	assert_int_equal(sign_pub_parse("", &pub), -1);
	assert_int_equal(sign_pub_parse(known_pub, &pub), -1);
	assert_int_equal(sign_pub_parse_file(known_pub, 30, &pub), -1);
	buf_free(&b);
}

static void
sign_refuses_legacy_signatures(void **state)
{
	struct buf b = BUF_INIT;
	struct sign_sig sig;

	(void)state;
	if (!have_minisign())
		skip();
	store("f", "casetap\n", 8);
	assert_int_equal(run("minisign -G -W -f -p l.pub -s l.key && minisign -S -l -m f -x l.minisig -s l.key"), 0);
	load("l.minisig", &b);
	assert_int_equal(sign_parse(b.data, b.len, &sig), -1);
	buf_free(&b);
}

static void
sign_reads_minisign_keys_without_password(void **state)
{
	struct sign_key *key;
	struct buf b = BUF_INIT;
	struct sign_pub pub;
	struct sign_sig sig;

	(void)state;
	if (!have_minisign())
		skip();
	assert_int_equal(run("minisign -G -W -f -p w.pub -s w.key"), 0);
	key = load_key("w.key", NULL);
	assert_non_null(key);
	load("w.key", &b);
	assert_int_equal(sign_key_is_encrypted(b.data, b.len), 0);
	load("w.pub", &b);
	assert_int_equal(sign_pub_parse_file(b.data, b.len, &pub), 0);
	assert_memory_equal(sign_key_pub(key), &pub, sizeof(pub));
	/* Our signature by minisign's key passes minisign; the reverse. */
	store("f", "by us\n", 6);
	buf_clear(&b);
	assert_int_equal(sign_make(key, "by us\n", 6, "a trusted word", &b), 0);
	store("f.minisig", b.data, b.len);
	assert_int_equal(run("minisign -VHm f -p w.pub"), 0);
	assert_int_equal(run("test \"$(minisign -VQm f -p w.pub)\" = 'a trusted word'"), 0);
	store("f", "by uS\n", 6);
	assert_int_not_equal(run("minisign -VHm f -p w.pub"), 0);
	assert_int_equal(run("minisign -Sm f -s w.key"), 0);
	load_sig("f.minisig", &sig);
	assert_int_equal(sign_verify(&pub, &sig, "by uS\n", 6), 0);
	assert_int_equal(sign_verify(&pub, &sig, "by us\n", 6), 1);
	buf_free(&b);
	sign_key_free(key);
}

static void
sign_reads_minisign_keys_with_password(void **state)
{
	struct buf b = BUF_INIT;
	struct sign_key *key;
	struct sign_pub pub;

	(void)state;
	if (!have_minisign())
		skip();
	/* Short of memory it chooses limits that take milliseconds, not seconds; its usual ones are what we write. */
	assert_int_equal(
	    run("ulimit -v 65536 && printf 'pass word\\npass word\\n' | minisign -G -f -p p.pub -s p.key"), 0);
	load("p.key", &b);
	assert_int_equal(sign_key_is_encrypted(b.data, b.len), 1);
	assert_null(load_key("p.key", NULL));
	assert_int_equal(errno, EACCES);
	assert_null(load_key("p.key", "wrong"));
	assert_int_equal(errno, EACCES);
	key = load_key("p.key", "pass word");
	assert_non_null(key);
	load("p.pub", &b);
	assert_int_equal(sign_pub_parse_file(b.data, b.len, &pub), 0);
	assert_memory_equal(sign_key_pub(key), &pub, sizeof(pub));
	buf_free(&b);
	sign_key_free(key);
}

static void
minisign_signs_with_our_keys(void **state)
{
	struct sign_key *key = sign_key_generate(), *again;
	struct buf b = BUF_INIT;
	struct sign_sig sig;

	(void)state;
	assert_non_null(key);
	if (!have_minisign())
		skip();
	assert_int_equal(sign_pub_write(sign_key_pub(key), &b), 0);
	store("o.pub", b.data, b.len);
	sign_wipe(&b);
	assert_int_equal(sign_key_write(key, NULL, 0, &b), 0);
	store("o.key", b.data, b.len);
	sign_wipe(&b);
	assert_null(b.data);
	assert_int_equal(sign_key_write(key, "pass word", 9, &b), 0);
	store("op.key", b.data, b.len);
	sign_wipe(&b);
	again = load_key("o.key", NULL);
	assert_non_null(again);
	assert_memory_equal(sign_key_pub(again), sign_key_pub(key), sizeof(struct sign_pub));
	sign_key_free(again);
	store("f", "data", 4);
	assert_int_equal(run("minisign -Sm f -s o.key && minisign -VHm f -p o.pub"), 0);
	load_sig("f.minisig", &sig);
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, "data", 4), 0);
	assert_int_equal(
	    run("echo 'pass word' | minisign -Sm f -x p.minisig -s op.key && minisign -VHm f -x p.minisig -p o.pub"),
	    0);
	load_sig("p.minisig", &sig);
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, "data", 4), 0);
	/* The key's line: in the comment above it minisign writes the id without its leading zeros, one key in sixteen. */
	assert_int_equal(
	    run("minisign -R -s o.key -p r.pub && tail -n 1 o.pub >o.line && tail -n 1 r.pub | cmp - o.line"), 0);
	sign_key_free(key);
}

static void
sign_make_is_deterministic_and_needs_a_fit_comment(void **state)
{
	struct sign_key *key = sign_key_generate();
	struct buf a = BUF_INIT, b = BUF_INIT;
	char longest[SIGN_COMMENT_MAX + 1];
	struct sign_sig sig;

	(void)state;
	assert_int_equal(sign_make(key, "x", 1, "c", &a), 0);
	assert_int_equal(sign_make(key, "x", 1, "c", &b), 0);
	assert_string_equal(a.data, b.data);
	assert_int_equal(sign_make(key, "x", 1, "two\nlines", &b), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(sign_make(key, "x", 1, "caf\xc3\xa9", &b), -1);
	memset(longest, 'c', sizeof(longest));
	longest[SIGN_COMMENT_MAX] = '\0';
	assert_int_equal(sign_make(key, "x", 1, longest, &b), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(a.data, b.data); /* nothing was appended */
	longest[SIGN_COMMENT_MAX - 1] = '\0';
	buf_clear(&b);
	assert_int_equal(sign_make(key, "x", 1, longest, &b), 0);
	assert_int_equal(sign_parse(b.data, b.len, &sig), 0);
	assert_string_equal(sig.comment, longest);
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, "x", 1), 0);
	sig.comment[0] = 'd';
	assert_int_equal(sign_verify(sign_key_pub(key), &sig, "x", 1), 1);
	buf_free(&a);
	buf_free(&b);
	sign_key_free(key);
}

struct piece {
	const char *data;
	size_t left, step;
	int fails; /* at the end */
};

static long
read_piece(void *cookie, void *data, size_t room)
{
	struct piece *p = cookie;
	size_t n = p->left < p->step ? p->left : p->step;

	if (n == 0 && p->fails) {
		errno = EIO;
		return -1;
	}
	if (n > room)
		n = room;
	memcpy(data, p->data, n);
	p->data += n;
	p->left -= n;
	return (long)n;
}

static void
sign_read_and_bytes_agree(void **state)
{
	struct sign_key *key = sign_key_generate();
	struct buf a = BUF_INIT, b = BUF_INIT;
	size_t n = 200001;
	char *data = malloc(n);
	struct piece p = {data, n, 777, 0};
	struct sign_sig sig;

	(void)state;
	assert_non_null(data);
	memset(data, 'q', n);
	assert_int_equal(sign_make(key, data, n, "c", &a), 0);
	assert_int_equal(sign_make_read(key, read_piece, &p, "c", &b), 0);
	assert_string_equal(a.data, b.data);
	assert_int_equal(sign_parse(a.data, a.len, &sig), 0);
	p = (struct piece){data, n, 4096, 0};
	assert_int_equal(sign_verify_read(sign_key_pub(key), &sig, read_piece, &p), 0);
	p = (struct piece){data, n - 1, 4096, 0};
	assert_int_equal(sign_verify_read(sign_key_pub(key), &sig, read_piece, &p), 1);
	data[100000] = 'r';
	p = (struct piece){data, n, 4096, 0};
	assert_int_equal(sign_verify_read(sign_key_pub(key), &sig, read_piece, &p), 1);
	p = (struct piece){data, n, 4096, 1};
	assert_int_equal(sign_verify_read(sign_key_pub(key), &sig, read_piece, &p), -1);
	p = (struct piece){data, n, 4096, 1};
	assert_int_equal(sign_make_read(key, read_piece, &p, "c", &b), -1);
	assert_int_equal(errno, EIO);
	buf_free(&a);
	buf_free(&b);
	free(data);
	sign_key_free(key);
}

static void
sign_tells_keys_apart(void **state)
{
	struct sign_key *a = sign_key_generate(), *b = sign_key_generate();
	struct buf text = BUF_INIT;
	struct sign_pub same, parsed;
	char line[SIGN_KEY_TEXT];
	struct sign_sig sig;

	(void)state;
	assert_false(sign_pub_equal(sign_key_pub(a), sign_key_pub(b)));
	same = *sign_key_pub(a);
	same.id[0] ^= 1;
	assert_true(sign_pub_equal(sign_key_pub(a), &same));
	assert_int_equal(sign_make(a, "x", 1, "c", &text), 0);
	assert_int_equal(sign_parse(text.data, text.len, &sig), 0);
	assert_memory_equal(sig.id, sign_key_pub(a)->id, sizeof(sig.id));
	assert_int_equal(sign_verify(sign_key_pub(a), &sig, "x", 1), 0);
	assert_int_equal(sign_verify(sign_key_pub(b), &sig, "x", 1), 1);
	assert_int_equal(sign_verify(&same, &sig, "x", 1), 1); /* the id it claims is another's */
	sign_pub_format(sign_key_pub(b), line);
	assert_int_equal(sign_pub_parse(line, &parsed), 0);
	assert_memory_equal(&parsed, sign_key_pub(b), sizeof(parsed));
	buf_free(&text);
	sign_key_free(a);
	sign_key_free(b);
	sign_key_free(NULL);
}

static void
sign_key_file_that_was_changed_is_refused(void **state)
{
	struct sign_key *key = sign_key_generate(), *again;
	struct buf b = BUF_INIT;
	size_t i, start, n;
	char kept;

	(void)state;
	assert_int_equal(sign_key_write(key, NULL, 0, &b), 0);
	start = (size_t)(strchr(b.data, '\n') - b.data) + 1;
	n = b.len;
	for (i = 0; i < n - 1; i++)
		assert_null(sign_key_parse(b.data, i, NULL, 0));
	/*
	 * The secret key and its public half; the key id before them is covered by a checksum in files that have a password
	 * only, as in minisign's own.  Base64 digits 83 to 167 hold key bytes alone.
	 */
	for (i = start + 83; i < start + 168; i++) {
		kept = b.data[i];
		b.data[i] = kept == 'A' ? 'B' : 'A';
		again = sign_key_parse(b.data, n, NULL, 0);
		assert_null(again);
		assert_int_equal(errno, EINVAL);
		b.data[i] = kept;
	}
	sign_wipe(&b);
	sign_key_free(key);
}

/* Such a file would make us burn memory and time before the password is even looked at. */
static void
sign_key_file_that_asks_for_too_much_is_refused(void **state)
{
	static const char comment[] = "untrusted comment: x\n";
	uint8_t raw[158] = {'E', 'd', 'S', 'c', 'B', '2'};
	struct buf b = BUF_INIT;
	char line[256];

	(void)state;
	raw[54 - 1 - 8] = 1; /* most significant byte of opslimit */
	assert_int_equal(text_base64(line, sizeof(line), raw, sizeof(raw)), 0);
	assert_int_equal(buf_printf(&b, "%s%s\n", comment, line), 0);
	assert_int_equal(sign_key_is_encrypted(b.data, b.len), -1);
	assert_null(sign_key_parse(b.data, b.len, "p", 1));
	assert_int_equal(errno, EINVAL);
	raw[54 - 1 - 8] = 0;
	raw[54 - 1] = 1; /* and of memlimit */
	buf_clear(&b);
	assert_int_equal(text_base64(line, sizeof(line), raw, sizeof(raw)), 0);
	assert_int_equal(buf_printf(&b, "%s%s\n", comment, line), 0);
	assert_null(sign_key_parse(b.data, b.len, "p", 1));
	assert_int_equal(errno, EINVAL);
	raw[2] = 'X'; /* a derivation that nobody knows */
	raw[54 - 1] = 0;
	buf_clear(&b);
	assert_int_equal(text_base64(line, sizeof(line), raw, sizeof(raw)), 0);
	assert_int_equal(buf_printf(&b, "%s%s\n", comment, line), 0);
	assert_null(sign_key_parse(b.data, b.len, "p", 1));
	assert_int_equal(errno, EINVAL);
	buf_free(&b);
}

/* The kernel's own word for one mapping: has it that flag? */
static int
has_flag(const void *p, const char *flag)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	char line[512];
	int inside = 0, apart = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = (uintptr_t)p >= from && (uintptr_t)p < to;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			apart = strstr(line, flag) != NULL;
	}
	assert_int_equal(fclose(f), 0);
	return apart;
}

/* Is it locked, and left out of core dumps? */
static int
is_kept_apart(const void *p)
{
	return has_flag(p, " lo") && has_flag(p, " dd");
}

static void
what_is_reserved_for_a_secret_is_locked_and_in_no_core_dump(void **state)
{
	struct buf a = BUF_INIT, b = BUF_INIT;
	const char *data = NULL;

	if (mlock(&data, sizeof(data)) == -1 || !has_flag(&data, " lo"))
		skip(); /* this user may lock nothing, or AddressSanitizer lets nobody */
	assert_int_equal(munlock(&data, sizeof(data)), 0);
	assert_int_equal(sign_reserve(&a, 4096), 0);
	assert_int_equal(sign_reserve(&b, 10), 0);
	data = a.data;
	assert_int_equal(buf_puts(&a, "correct horse"), 0);
	assert_int_equal(a.len, strlen("correct horse"));
	while (a.len < 4096)
		assert_int_equal(buf_putc(&a, 'x'), 0);
	assert_ptr_equal(a.data, data); /* it has not moved */
	assert_true(is_kept_apart(a.data) && is_kept_apart(a.data + 4095) && is_kept_apart(b.data));
	sign_release(&b);
	assert_true(is_kept_apart(a.data) && b.data == NULL);
	sign_release(&a);
	sign_release(&a);
	assert_null(a.data);
}

static void
fault_146_a_key_is_as_random_where_a_signal_comes_between(void **state)
{
	static const unsigned char none[sizeof(((struct sign_pub *)NULL)->key)];
	struct sign_key *keys[2];
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		asked = 0;
		interruptions = 3;
		keys[i] = sign_key_generate();
		assert_non_null(keys[i]);
		assert_int_equal(interruptions, 0);
		assert_true(asked > 3);
		assert_memory_not_equal(sign_key_pub(keys[i])->key, none, sizeof(none));
	}
	assert_memory_not_equal(sign_key_pub(keys[0])->key, sign_key_pub(keys[1])->key, sizeof(none));
	assert_memory_not_equal(
	    sign_key_pub(keys[0])->id, sign_key_pub(keys[1])->id, sizeof(sign_key_pub(keys[0])->id));
	sign_key_free(keys[0]);
	sign_key_free(keys[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sign_verifies_a_signature_that_minisign_made),
	    cmocka_unit_test(sign_refuses_every_changed_byte_of_a_signature),
	    cmocka_unit_test(sign_parses_strictly),
	    cmocka_unit_test(fault_146_a_key_is_as_random_where_a_signal_comes_between),
	    cmocka_unit_test(what_is_reserved_for_a_secret_is_locked_and_in_no_core_dump),
	    cmocka_unit_test(sign_refuses_legacy_signatures),
	    cmocka_unit_test(sign_reads_minisign_keys_without_password),
	    cmocka_unit_test(sign_reads_minisign_keys_with_password),
	    cmocka_unit_test(minisign_signs_with_our_keys),
	    cmocka_unit_test(sign_make_is_deterministic_and_needs_a_fit_comment),
	    cmocka_unit_test(sign_read_and_bytes_agree),
	    cmocka_unit_test(sign_tells_keys_apart),
	    cmocka_unit_test(sign_key_file_that_was_changed_is_refused),
	    cmocka_unit_test(sign_key_file_that_asks_for_too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
