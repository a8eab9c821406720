#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "age_internal.h"

#define INFO_PAYLOAD "payload"

struct age_writer {
	age_write_fn *write;
	void *cookie;
	struct age_secret *secret;
	uint64_t chunks; /* written so far */
	size_t have;
	int is_over; /* finished, or failed */
	uint8_t plain[AGE_CHUNK];
	uint8_t sealed[AGE_CHUNK_SEALED];
};

struct age_secret *
age_secret_new(void)
{
	struct age_secret *s = sodium_malloc(sizeof(*s));

	if (s != NULL)
		memset(s, 0, sizeof(*s));
	return s;
}

void
age_secret_set_nonce(struct age_secret *s, const uint8_t nonce[AGE_NONCE])
{
	age_hkdf(s->payload_key, s->file_key, sizeof(s->file_key), nonce, AGE_NONCE, INFO_PAYLOAD);
}

const struct age_secret *
age_writer_secret(const struct age_writer *w)
{
	return w->secret;
}

void
age_chunk_nonce(uint8_t out[AGE_CHUNK_NONCE], uint64_t n, int is_last)
{
	size_t i;

	memset(out, 0, AGE_CHUNK_NONCE);
	for (i = 0; i < sizeof(n); i++)
		out[AGE_CHUNK_NONCE - 2 - i] = (uint8_t)(n >> (8 * i));
	out[AGE_CHUNK_NONCE - 1] = is_last != 0;
}

/* Header and nonce. */
static int
write_head(struct age_writer *w, const struct age_recipient *recipients, size_t count)
{
	struct buf head = BUF_INIT;
	uint8_t nonce[AGE_NONCE];
	int rc = -1;

	randombytes_buf(nonce, sizeof(nonce));
	age_secret_set_nonce(w->secret, nonce);
	if (age_header_write(w->secret->file_key, recipients, count, &head) == 0 &&
	    buf_put(&head, nonce, sizeof(nonce)) == 0)
		rc = w->write(w->cookie, head.data, head.len);
	buf_free(&head);
	return rc;
}

struct age_writer *
age_writer_new(const struct age_recipient *recipients, size_t count, age_write_fn *write, void *cookie)
{
	struct age_writer *w = calloc(1, sizeof(*w));

	if (w == NULL)
		return NULL;
	w->write = write;
	w->cookie = cookie;
	w->secret = age_secret_new();
	if (w->secret == NULL)
		goto fail;
	randombytes_buf(w->secret->file_key, sizeof(w->secret->file_key));
	if (write_head(w, recipients, count) == 0)
		return w;
fail:
	age_writer_free(w);
	return NULL;
}

/* Seal what is in the buffer. */
static int
flush(struct age_writer *w, int is_last)
{
	uint8_t nonce[AGE_CHUNK_NONCE];
	unsigned long long n;

	age_chunk_nonce(nonce, w->chunks, is_last);
	(void)crypto_aead_chacha20poly1305_ietf_encrypt(
	    w->sealed, &n, w->plain, w->have, NULL, 0, NULL, nonce, w->secret->payload_key); /* can not fail */
	if (w->write(w->cookie, w->sealed, (size_t)n) == -1) {
		w->is_over = 1;
		return -1;
	}
	w->chunks++;
	w->have = 0;
	return 0;
}

int
age_writer_put(struct age_writer *w, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t take;

	if (w->is_over) {
		errno = EINVAL;
		return -1;
	}
	while (n > 0) {
		/* A full chunk is only written once it is known not to be the last. */
		if (w->have == AGE_CHUNK && flush(w, 0) == -1)
			return -1;
		take = AGE_CHUNK - w->have < n ? AGE_CHUNK - w->have : n;
		memcpy(w->plain + w->have, p, take);
		w->have += take;
		p += take;
		n -= take;
	}
	return 0;
}

int
age_writer_finish(struct age_writer *w)
{
	int rc;

	if (w->is_over) {
		errno = EINVAL;
		return -1;
	}
	rc = flush(w, 1);
	w->is_over = 1;
	return rc;
}

void
age_writer_free(struct age_writer *w)
{
	int saved = errno;

	if (w == NULL)
		return;
	sodium_free(w->secret); /* wipes */
	sodium_memzero(w->plain, sizeof(w->plain));
	free(w);
	errno = saved;
}
