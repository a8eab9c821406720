#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "fsio.h"
#include "shortage.h"
#include "text.h"

#include "digest.h"

#define READ_BYTES 65536

struct digest {
	EVP_MD_CTX *ctx;
};

static struct digest *
new_of(const char *name)
{
	struct digest *d;
	EVP_MD *algorithm = NULL;

	/*
	 * A hash needs no configuration: neither openssl.cnf nor what OPENSSL_CONF names is read.  A library that had no
	 * memory to set itself up would crash at the fetch.
	 */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
	    OSSL_LIB_CTX_get0_global_default() == NULL) {
		shortage_note(); /* as below */
		return NULL;
	}
	d = calloc(1, sizeof(*d));
	if (d == NULL)
		return NULL;
	algorithm = EVP_MD_fetch(NULL, name, NULL);
	d->ctx = EVP_MD_CTX_new();
	if (algorithm == NULL || d->ctx == NULL || EVP_DigestInit_ex2(d->ctx, algorithm, NULL) != 1) {
		digest_free(d);
		d = NULL;
		shortage_note(); /* libcrypto's own, which nobody else notes; errno is ENOMEM */
	}
	EVP_MD_free(algorithm);
	return d;
}

struct digest *
digest_new(void)
{
	return new_of("SHA256");
}

struct digest *
digest_new_md5(void)
{
	return new_of("MD5");
}

/*
 * A context that exists allocates nothing and has no error to return: a failure below is a misuse of this module
 * (a hash added to after it was taken) or broken memory, and any hash that came out of it would be wrong evidence.
 */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

void
digest_reset(struct digest *d)
{
	must(EVP_DigestInit_ex2(d->ctx, NULL, NULL));
}

void
digest_free(struct digest *d)
{
	int saved = errno;

	if (d != NULL) {
		EVP_MD_CTX_free(d->ctx);
		free(d);
	}
	errno = saved;
}

void
digest_add(struct digest *d, const void *data, size_t n)
{
	must(EVP_DigestUpdate(d->ctx, data, n));
}

void
digest_take(struct digest *d, uint8_t out[DIGEST_BYTES])
{
	unsigned n = 0;

	must(EVP_DigestFinal_ex(d->ctx, out, &n));
	must(n == DIGEST_BYTES);
}

void
digest_take_hex(struct digest *d, char out[DIGEST_HEX])
{
	uint8_t bytes[DIGEST_BYTES];

	digest_take(d, bytes);
	text_hex(out, bytes, sizeof(bytes));
}

void
digest_take_md5(struct digest *d, char out[DIGEST_MD5_HEX])
{
	uint8_t bytes[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	must(EVP_DigestFinal_ex(d->ctx, bytes, &n));
	must(n == DIGEST_MD5_HEX / 2);
	text_hex(out, bytes, n);
}

int
digest_hex_of(const void *data, size_t n, char out[DIGEST_HEX])
{
	struct digest *d = digest_new();

	if (d == NULL)
		return -1;
	digest_add(d, data, n);
	digest_take_hex(d, out);
	digest_free(d);
	return 0;
}

int
digest_fd(int fd, char out[DIGEST_HEX], uint64_t *bytes)
{
	struct digest *d = NULL;
	uint8_t *block = NULL;
	uint64_t total = 0;
	ssize_t n;
	int rc = -1;

	d = digest_new();
	if (d == NULL)
		goto out;
	block = malloc(READ_BYTES);
	if (block == NULL)
		goto out;
	do {
		n = fsio_read(fd, block, READ_BYTES);
		if (n == -1)
			goto out;
		digest_add(d, block, (size_t)n);
		total += (uint64_t)n;
	} while (n == READ_BYTES);
	digest_take_hex(d, out);
	if (bytes != NULL)
		*bytes = total;
	rc = 0;
out:
	free(block); /* keeps errno, as POSIX 2024 asks and glibc does */
	digest_free(d);
	return rc;
}

int
digest_is_hex(const char *s)
{
	uint8_t bytes[DIGEST_BYTES];
	int saved = errno, is_hex = text_unhex(bytes, sizeof(bytes), s) == 0;

	errno = saved;
	return is_hex;
}
