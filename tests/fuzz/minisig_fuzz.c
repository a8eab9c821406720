#include <string.h>

#include "sign.h"

#include "require.h"

/* The first byte says what the rest is: a signature, a public key, a secret key without a password. */
static void
try_signature(const char *text, size_t n)
{
	struct sign_pub pub = {.id = {0}};
	struct sign_sig sig;

	if (sign_parse(text, n, &sig) == -1)
		return;
	require(strlen(sig.comment) < SIGN_COMMENT_MAX);
	require(sign_is_spelled(&sig, text, n) != -1);
	memcpy(pub.id, sig.id, sizeof(pub.id));
	(void)sign_verify(&pub, &sig, text, n);
}

static void
try_public(const char *text, size_t n)
{
	struct sign_pub pub, again;
	char line[SIGN_KEY_TEXT];

	if (sign_pub_parse_file(text, n, &pub) == -1)
		return;
	sign_pub_format(&pub, line);
	require(sign_pub_parse(line, &again) == 0);
	require(memcmp(&pub, &again, sizeof(pub)) == 0);
}

static void
try_secret(const char *text, size_t n)
{
	struct buf out = BUF_INIT;
	struct sign_key *key = sign_key_parse(text, n, NULL, 0);

	if (key == NULL)
		return;
	require(sign_make(key, "x", 1, "fuzz", &out) == 0);
	sign_key_free(key);
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	static int is_ready;

	if (!is_ready) {
		require(sign_init() == 0);
		be_silent();
		is_ready = 1;
	}
	if (n < 1)
		return 0;
	if (input[0] % 3 == 0)
		try_signature((const char *)input + 1, n - 1);
	else if (input[0] % 3 == 1)
		try_public((const char *)input + 1, n - 1);
	else
		try_secret((const char *)input + 1, n - 1);
	return 0;
}
