#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "sign.h"
#include "text.h"

#include "sshfiles.h"

#define BEGIN "-----BEGIN OPENSSH PRIVATE KEY-----"
#define END "-----END OPENSSH PRIVATE KEY-----"
#define MAGIC "openssh-key-v1"

static const char rsa_identity[] =
    "an RSA key: OpenSSH 8.8 and later refuse the signatures that libssh2 makes with it; "
    "make an Ed25519 key (ssh-keygen -t ed25519)";
static const char rsa_host[] =
    "holds an RSA or DSA host key: OpenSSH 8.8 and later refuse such signatures; keep only the "
    "line of ssh-keyscan -t ed25519 HOST";

/* A reader of the length-prefixed strings of RFC 4251. */
struct wire {
	const uint8_t *at, *end;
};

static int
take_string(struct wire *w, const uint8_t **s, size_t *n)
{
	uint32_t len;

	if (w->end - w->at < 4)
		return -1;
	len = (uint32_t)w->at[0] << 24 | (uint32_t)w->at[1] << 16 | (uint32_t)w->at[2] << 8 | w->at[3];
	w->at += 4;
	if (len > (size_t)(w->end - w->at))
		return -1;
	*s = w->at;
	*n = len;
	w->at += len;
	return 0;
}

static int
is_text(const uint8_t *s, size_t n, const char *text)
{
	return n == strlen(text) && memcmp(s, text, n) == 0;
}

static int
starts_with(const uint8_t *s, size_t n, const char *text)
{
	return n >= strlen(text) && memcmp(s, text, strlen(text)) == 0;
}

/* The head of an openssh-key-v1 blob: magic, cipher, kdf, kdf options, number of keys, public key. */
static const char *
judge_blob(const uint8_t *blob, size_t n)
{
	static const char odd[] = "not a private key as ssh-keygen writes it";
	struct wire w = {blob, blob + n};
	const uint8_t *s;
	size_t len;

	if (n < sizeof MAGIC + 4 || memcmp(blob, MAGIC, sizeof MAGIC) != 0)
		return odd;
	w.at += sizeof MAGIC;
	if (take_string(&w, &s, &len) == -1)
		return odd;
	if (!is_text(s, len, "none"))
		return "has a password, and there is nobody to type it; make one without (ssh-keygen -N '')";
	if (take_string(&w, &s, &len) == -1 || take_string(&w, &s, &len) == -1 || w.end - w.at < 4)
		return odd;
	w.at += 4;
	if (take_string(&w, &s, &len) == -1)
		return odd;
	w = (struct wire){s, s + len};
	if (take_string(&w, &s, &len) == -1)
		return odd;
	if (is_text(s, len, "ssh-ed25519") || starts_with(s, len, "ecdsa-sha2-"))
		return NULL;
	return is_text(s, len, "ssh-rsa") ? rsa_identity : "neither an Ed25519 nor an ECDSA key";
}

const char *
sshfiles_judge_identity(const char *data, size_t n)
{
	const char *at, *end, *why = "not a private key as ssh-keygen writes it";
	struct buf text = BUF_INIT;
	uint8_t *blob = NULL;
	size_t len;

	if (data == NULL || strlen(data) != n)
		return why;
	if (strstr(data, "BEGIN RSA PRIVATE KEY") != NULL)
		return rsa_identity;
	at = strstr(data, BEGIN);
	if (at == NULL || (end = strstr(at, END)) == NULL)
		return why;
	for (at += strlen(BEGIN); at < end; at++) {
		if (*at != '\n' && *at != '\r')
			(void)buf_putc(&text, *at); /* buf_failed() tells */
	}
	blob = malloc(n);
	if (blob != NULL && !buf_failed(&text) && text.len > 0 &&
	    text_unbase64(blob, n, &len, text.data, text.len) == 0)
		why = judge_blob(blob, len);
	if (blob != NULL)
		explicit_bzero(blob, n);
	free(blob);
	sign_wipe(&text);
	return why;
}

/* The next blank-separated word of a line; an empty one at its end. */
static const char *
next_word(const char **at, const char *end, size_t *n)
{
	const char *word;

	while (*at < end && (**at == ' ' || **at == '\t'))
		(*at)++;
	word = *at;
	while (*at < end && **at != ' ' && **at != '\t' && **at != '\r')
		(*at)++;
	*n = (size_t)(*at - word);
	return word;
}

static const char *
judge_line(const char *at, const char *end, int *keys)
{
	const char *word;
	size_t n;

	word = next_word(&at, end, &n);
	if (n == 0 || word[0] == '#')
		return NULL;
	if (word[0] == '@')
		return "holds a @marker, which libssh2 does not understand";
	word = next_word(&at, end, &n);
	if (starts_with((const uint8_t *)word, n, "ssh-rsa") || starts_with((const uint8_t *)word, n, "ssh-dss"))
		return rsa_host;
	if (!is_text((const uint8_t *)word, n, "ssh-ed25519") &&
	    !starts_with((const uint8_t *)word, n, "ecdsa-sha2-"))
		return "holds a line that is not HOST ssh-ed25519|ecdsa-sha2-... KEY";
	(void)next_word(&at, end, &n);
	if (n == 0)
		return "holds a line without a key";
	(*keys)++;
	return NULL;
}

const char *
sshfiles_judge_known_hosts(const char *data, size_t n)
{
	const char *at = data, *end = data + n, *newline, *why;
	int keys = 0;

	while (at < end) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (newline == NULL)
			newline = end;
		why = judge_line(at, newline, &keys);
		if (why != NULL)
			return why;
		at = newline + 1;
	}
	return keys > 0 ? NULL : "names no host: without a known host key nothing is sent to anybody";
}
