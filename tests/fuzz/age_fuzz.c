#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "age.h"
#include "buf.h"
#include "sign.h"

/*
 * Input: what it is for, then its bytes:
 *   0  a whole age file, for the reader
 *   1  a plaintext (repeated up to a length, a chunk or two): written, read back, and found changed once a byte of it is
 *   2  a recipient as text: what is accepted has no other spelling
 *   3  an identity file
 *   4  edits {offset, 16 bits; value} of a good file of two recipients: it opens to the same bytes or not at all
 */
#define IDENTITY "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"
#define CHUNK ((size_t)65536)

static struct age_identities *ids;
static struct age_recipient to[2];
static uint8_t plain[3 * CHUNK], opened[3 * CHUNK];

struct input {
	const uint8_t *data;
	size_t n, at, piece;
};

static long
get(void *cookie, void *data, size_t room)
{
	struct input *in = cookie;
	size_t n = in->n - in->at;

	n = n < room ? n : room;
	n = n < in->piece ? n : in->piece;
	memcpy(data, in->data + in->at, n);
	in->at += n;
	return (long)n;
}

static int
put(void *cookie, const void *data, size_t n)
{
	return buf_put(cookie, data, n);
}

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* Read a file.  Return the state, with what it held in `opened` as far as that has room. */
static enum age_state
read_all(const uint8_t *data, size_t n, size_t piece, size_t *got)
{
	struct input in = {data, n, 0, piece};
	struct age_reader *r = age_reader_new(ids, get, &in);
	enum age_state state;
	long k;

	must(r != NULL);
	*got = 0;
	while ((k = age_reader_read(r, opened + *got, sizeof(opened) - *got)) > 0)
		*got += (size_t)k;
	state = age_reader_state(r);
	must((k == 0) == (state == AGE_GOOD) || *got == sizeof(opened));
	must(state == AGE_GOOD || age_reader_why(r)[0] != '\0');
	age_reader_free(r);
	return state;
}

static void
write_all(size_t n, size_t piece, struct buf *out)
{
	struct age_writer *w = age_writer_new(to, 2, put, out);
	size_t at, take;

	must(w != NULL);
	for (at = 0; at < n; at += take) {
		take = piece < n - at ? piece : n - at;
		must(age_writer_put(w, plain + at, take) == 0);
	}
	must(age_writer_finish(w) == 0);
	age_writer_free(w);
}

static size_t
spread(const uint8_t *data, size_t n)
{
	static const size_t lengths[] = {0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 1};
	size_t length = n == 0 ? 0 : data[0] < 7 ? lengths[data[0]] : (size_t)data[0] * 512 + n, i;

	for (i = 0; i < length; i++)
		plain[i] = data[i % n];
	return length;
}

static void
round_trip(const uint8_t *data, size_t n)
{
	size_t length = spread(data, n), got, at;
	struct buf b = BUF_INIT;

	write_all(length, n == 0 ? 1 : (size_t)data[n - 1] * 256 + 1, &b);
	must(read_all((const uint8_t *)b.data, b.len, 1 + n * 97, &got) == AGE_GOOD);
	must(got == length && memcmp(opened, plain, length) == 0);
	if (n > 3) {
		at = ((size_t)data[1] << 16 | (size_t)data[2] << 8 | data[3]) % b.len;
		b.data[at] = (char)(b.data[at] ^ (data[n - 1] | 1));
		must(read_all((const uint8_t *)b.data, b.len, CHUNK, &got) != AGE_GOOD);
		must(got <= length && memcmp(opened, plain, got) == 0);
	}
	buf_free(&b);
}

static void
recipient(const uint8_t *data, size_t n)
{
	char text[AGE_RECIPIENT_TEXT];
	struct age_recipient r;

	if (age_recipient_parse((const char *)data, n, &r) == -1)
		return;
	age_recipient_format(&r, text);
	must(n == strlen(text) && memcmp(text, data, n) == 0);
}

static void
edited(const uint8_t *data, size_t n)
{
	struct buf b = BUF_INIT;
	size_t got, i, at;
	char before;
	int changed = 0;

	memset(plain, 'x', 1000);
	write_all(1000, 100, &b);
	for (i = 0; i + 2 < n; i += 3) {
		at = ((size_t)data[i] << 8 | data[i + 1]) % b.len;
		before = b.data[at];
		b.data[at] = (char)data[i + 2];
		changed |= before != b.data[at];
	}
	if (read_all((const uint8_t *)b.data, b.len, 61, &got) == AGE_GOOD)
		must(!changed);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct age_identities *some;
	size_t got;

	if (ids == NULL) {
		must(sign_init() == 0);
		ids = age_identities_parse(IDENTITY, strlen(IDENTITY));
		must(ids != NULL && age_identities_recipient(ids, 0, &to[1]) == 0);
		to[0] = to[1];
		to[0].key[0] ^= 2;
	}
	if (n == 0)
		return 0;
	switch (data[0] % 5) {
	case 0:
		(void)read_all(data + 1, n - 1, 1 + n % 300, &got);
		break;
	case 1:
		round_trip(data + 1, n - 1);
		break;
	case 2:
		recipient(data + 1, n - 1);
		break;
	case 3:
		some = age_identities_parse((const char *)data + 1, n - 1);
		age_identities_free(some);
		break;
	default:
		edited(data + 1, n - 1);
		break;
	}
	return 0;
}
