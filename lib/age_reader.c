#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "age_internal.h"

#define IN_ROOM (AGE_CHUNK_SEALED + 1) /* one byte more tells that a chunk is not the last */

struct age_reader {
	age_read_fn *read;
	void *cookie;
	const struct age_identities *ids; /* NULL: the file key is known */
	struct age_secret *secret;
	enum age_state state;
	int is_open;
	int error; /* errno of AGE_ERROR */
	const char *why;
	struct buf header;
	size_t in_at, in_len;
	int is_end; /* of what is read */
	uint64_t chunks;
	int had_last;
	size_t plain_at, plain_len;
	uint8_t in[IN_ROOM];
	uint8_t plain[AGE_CHUNK];
};

static enum age_state
fail(struct age_reader *r, enum age_state state, const char *why)
{
	r->state = state;
	r->why = why;
	r->error = errno;
	return state;
}

struct age_reader *
age_reader_new(const struct age_identities *ids, age_read_fn *read, void *cookie)
{
	struct age_reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->read = read;
	r->cookie = cookie;
	r->ids = ids;
	r->why = "";
	r->secret = age_secret_new();
	if (r->secret != NULL)
		return r;
	age_reader_free(r);
	return NULL;
}

struct age_reader *
age_reader_again(const struct age_writer *w, age_read_fn *read, void *cookie)
{
	struct age_reader *r = age_reader_new(NULL, read, cookie);

	if (r != NULL)
		memcpy(r->secret->file_key, age_writer_secret(w)->file_key, AGE_FILE_KEY);
	return r;
}

void
age_reader_free(struct age_reader *r)
{
	int saved = errno;

	if (r == NULL)
		return;
	sodium_free(r->secret); /* wipes */
	sodium_memzero(r->plain, sizeof(r->plain));
	buf_free(&r->header);
	free(r);
	errno = saved;
}

/* Have ${want} bytes at hand, or all that are left. */
static enum age_state
fill(struct age_reader *r, size_t want)
{
	long n;

	if (r->in_at > 0) {
		memmove(r->in, r->in + r->in_at, r->in_len - r->in_at);
		r->in_len -= r->in_at;
		r->in_at = 0;
	}
	while (!r->is_end && r->in_len < want) {
		n = r->read(r->cookie, r->in + r->in_len, IN_ROOM - r->in_len);
		if (n == -1)
			return fail(r, AGE_ERROR, "reading failed");
		r->is_end = n == 0;
		r->in_len += (size_t)n;
	}
	return AGE_GOOD;
}

/* Take over the next line of the header, or the part of it that is at hand.  1: the header is whole. */
static int
take_piece(struct age_reader *r, size_t *line)
{
	const uint8_t *at = r->in + r->in_at, *newline = memchr(at, '\n', r->in_len - r->in_at);
	size_t n = newline == NULL ? r->in_len - r->in_at : (size_t)(newline - at) + 1;
	const char *text;

	if (n > AGE_HEADER_MAX - r->header.len) {
		(void)fail(r, AGE_MALFORMED, "its header is too long");
		return -1;
	}
	if (buf_put(&r->header, at, n) == -1) {
		(void)fail(r, AGE_ERROR, "out of memory");
		return -1;
	}
	r->in_at += n;
	if (newline == NULL)
		return 0;
	text = r->header.data + *line;
	n = r->header.len - *line;
	*line = r->header.len;
	return n > strlen(AGE_FOOTER) && memcmp(text, AGE_FOOTER, strlen(AGE_FOOTER)) == 0;
}

/* Collect the header, up to and with its last line. */
static int
read_header(struct age_reader *r)
{
	const size_t n = strlen(AGE_VERSION_LINE);
	size_t line = 0;
	int rc;

	if (fill(r, n) != AGE_GOOD)
		return -1;
	if (r->in_len < n || memcmp(r->in, AGE_VERSION_LINE, n) != 0) {
		(void)fail(r, AGE_MALFORMED, "not an age file (version 1)");
		return -1;
	}
	while ((rc = take_piece(r, &line)) == 0) {
		if (r->in_at == r->in_len && fill(r, 1) != AGE_GOOD)
			return -1;
		if (r->in_len == 0) {
			(void)fail(r, AGE_MALFORMED, "its header ends too early");
			return -1;
		}
	}
	return rc == 1 ? 0 : -1;
}

enum age_state
age_reader_open(struct age_reader *r)
{
	const char *why;
	enum age_state state;

	if (r->is_open || r->state != AGE_GOOD)
		return r->state;
	if (read_header(r) == -1)
		return r->state;
	state = age_header_open(r->header.data, r->header.len, r->ids, r->secret->file_key, &why);
	buf_free(&r->header);
	if (state != AGE_GOOD)
		return fail(r, state, why);
	if (fill(r, AGE_NONCE) != AGE_GOOD)
		return r->state;
	if (r->in_len < AGE_NONCE)
		return fail(r, AGE_MALFORMED, "ends behind its header");
	age_secret_set_nonce(r->secret, r->in);
	r->in_at = AGE_NONCE;
	r->is_open = 1;
	return AGE_GOOD;
}

/* Open the next chunk. */
static enum age_state
next_chunk(struct age_reader *r)
{
	uint8_t nonce[AGE_CHUNK_NONCE];
	unsigned long long got;
	size_t n;

	if (fill(r, IN_ROOM) != AGE_GOOD)
		return r->state;
	r->had_last = r->in_len < IN_ROOM;
	n = r->had_last ? r->in_len : AGE_CHUNK_SEALED;
	if (n < AGE_TAG)
		return fail(r, AGE_TAMPERED, "was cut");
	if (n == AGE_TAG && r->chunks > 0)
		return fail(r, AGE_MALFORMED, "ends with an empty chunk");
	age_chunk_nonce(nonce, r->chunks, r->had_last);
	if (crypto_aead_chacha20poly1305_ietf_decrypt(
		r->plain, &got, NULL, r->in, n, NULL, 0, nonce, r->secret->payload_key) != 0)
		return fail(r, AGE_TAMPERED, "what was encrypted was changed or cut");
	r->chunks++;
	r->in_at = n;
	r->plain_at = 0;
	r->plain_len = (size_t)got;
	return AGE_GOOD;
}

static int
set_errno(const struct age_reader *r)
{
	errno = r->state == AGE_ERROR ? r->error : r->state == AGE_LOCKED ? ENOKEY : EBADMSG;
	return -1;
}

long
age_reader_read(void *cookie, void *data, size_t room)
{
	struct age_reader *r = cookie;
	size_t n;

	if (age_reader_open(r) != AGE_GOOD)
		return set_errno(r);
	if (r->plain_at == r->plain_len) {
		if (r->had_last)
			return 0;
		if (next_chunk(r) != AGE_GOOD)
			return set_errno(r);
	}
	n = r->plain_len - r->plain_at < room ? r->plain_len - r->plain_at : room;
	memcpy(data, r->plain + r->plain_at, n);
	r->plain_at += n;
	return (long)n;
}

enum age_state
age_reader_state(const struct age_reader *r)
{
	return r->state;
}

const char *
age_reader_why(const struct age_reader *r)
{
	return r->why;
}
