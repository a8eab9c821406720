#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fsio.h"
#include "manifest.h"
#include "text.h"

#include "encrypt.h"

#define SUM ".sum"

struct encrypting {
	int fd;
	struct age_writer *writer;
	struct digest *digest;
	uint64_t bytes;
	char sha256[DIGEST_HEX]; /* of what was written, once it is ended */
};

static int
write_out(void *cookie, const void *data, size_t n)
{
	struct encrypting *e = cookie;

	digest_add(e->digest, data, n);
	e->bytes += n;
	return fsio_write(e->fd, data, n);
}

struct encrypting *
encrypt_begin(const struct stream *s, int fd)
{
	struct encrypting *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->fd = fd;
	e->digest = digest_new();
	if (e->digest != NULL)
		e->writer = age_writer_new(s->recipients, s->recipient_count, write_out, e);
	if (e->writer != NULL)
		return e;
	encrypt_free(e);
	return NULL;
}

void
encrypt_free(struct encrypting *e)
{
	if (e == NULL)
		return;
	age_writer_free(e->writer);
	digest_free(e->digest);
	free(e);
}

struct age_writer *
encrypt_writer(const struct encrypting *e)
{
	return e->writer;
}

int
encrypt_end(struct encrypting *e)
{
	if (age_writer_finish(e->writer) == -1)
		return -1;
	digest_take_hex(e->digest, e->sha256);
	return 0;
}

/* The ciphertext as it lies on the disk, hashed on its way to be opened. */
static long
read_in(void *cookie, void *data, size_t room)
{
	struct encrypting *e = cookie;
	ssize_t n = fsio_read(e->fd, data, room);

	if (n > 0)
		digest_add(e->digest, data, (size_t)n);
	return (long)n;
}

enum package_verdict
encrypt_check(struct encrypting *e, const char *name, const struct keyring *keyring, struct package_facts *facts,
    char *why, size_t room)
{
	struct age_reader *r = NULL;
	enum package_verdict verdict = PACKAGE_UNREADABLE;
	char hex[DIGEST_HEX];

	memset(facts, 0, sizeof(*facts));
	(void)snprintf(why, room, "out of memory");
	digest_reset(e->digest);
	r = age_reader_again(e->writer, read_in, e);
	if (r == NULL)
		return verdict;
	verdict = package_check(age_reader_read, r, name, keyring, facts, why, room);
	digest_take_hex(e->digest, hex);
	if (age_reader_state(r) != AGE_GOOD) {
		(void)snprintf(why, room, "%s", age_reader_why(r));
	} else if (verdict == PACKAGE_INTACT && strcmp(hex, e->sha256) != 0) {
		verdict = PACKAGE_TAMPERED;
		(void)snprintf(why, room, "it is another file");
	}
	age_reader_free(r);
	return verdict;
}

void
encrypt_result(const struct encrypting *e, char sha256[DIGEST_HEX], uint64_t *bytes)
{
	memcpy(sha256, e->sha256, DIGEST_HEX);
	*bytes = e->bytes;
}

int
encrypt_put_sum(int dayfd, const char *name, const char *sha256)
{
	struct manifest *m = manifest_new();
	struct buf text = BUF_INIT;
	char sum[NAMES_FILE_ROOM + sizeof(SUM) + 1];
	int rc = -1;

	(void)snprintf(sum, sizeof(sum), ".%s" SUM, name); /* has room */
	if (m != NULL && manifest_add(m, sha256, name) == 0 && manifest_write(m, &text) == 0)
		rc = fsio_replace(dayfd, sum, text.data, text.len, PACKAGER_MODE_FILE);
	manifest_free(m);
	buf_free(&text);
	return rc;
}

static int
remove_sum(void *cookie, const char *name)
{
	const int *dayfd = cookie;

	if (name[0] != '.' || !text_ends_with(name, SUM))
		return 0;
	return unlinkat(*dayfd, name, 0);
}

int
encrypt_remove_sums(int dayfd)
{
	/* Not synced: one that comes back after a power cut is a line too many, and says what is true. */
	return fsio_list(dayfd, remove_sum, &dayfd);
}
