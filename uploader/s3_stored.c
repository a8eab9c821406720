#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "text.h"

#include "s3_internal.h"

/*
 * What a server says lies there of an upload that is not complete (S3 API reference, ListParts).  A word of it is believed
 * only as far as a part need not be sent again: whether the object is the file, its bytes tell when they come back.
 */
#define STORED_MAX 1000 /* what one answer lists; the parts behind them are sent again */
#define PAGE_BYTES ((size_t)1024 * 1024)

struct s3_stored {
	struct {
		uint64_t bytes;
		char md5[DIGEST_MD5_HEX]; /* "" where its ETag is none */
	} parts[STORED_MAX];
	unsigned count;
};

/* An ETag is the part's MD5 where the store does not encrypt by a key of its own; quotes may be written as XML's. */
static void
take_md5(const char *etag, char md5[DIGEST_MD5_HEX])
{
	static const char quote[] = "&quot;";
	size_t n;

	md5[0] = '\0';
	etag += strncmp(etag, quote, sizeof quote - 1) == 0 ? sizeof quote - 1 : etag[0] == '"';
	n = strspn(etag, "0123456789abcdef");
	if (n == DIGEST_MD5_HEX - 1 &&
	    (etag[n] == '\0' || strcmp(etag + n, "\"") == 0 || strcmp(etag + n, quote) == 0))
		(void)snprintf(md5, DIGEST_MD5_HEX, "%.*s", (int)n, etag);
}

/* One <Part>.  A number that is none of ours, or comes twice, is a store's that is not to be followed. */
static int
take_part(struct s3_stored *st, const char *text)
{
	char number[24], bytes[24], etag[128];
	uint64_t i, n;

	if (s3_take_element(text, "PartNumber", number, sizeof number) == NULL ||
	    s3_take_element(text, "Size", bytes, sizeof bytes) == NULL ||
	    s3_take_element(text, "ETag", etag, sizeof etag) == NULL || text_u64(number, 1, STORED_MAX, &i) == -1 ||
	    text_u64(bytes, 1, UINT64_MAX, &n) == -1 || st->parts[i - 1].bytes != 0)
		return -1;
	st->parts[i - 1].bytes = n;
	take_md5(etag, st->parts[i - 1].md5);
	st->count++;
	return 0;
}

enum answer
s3_stored_load(struct s3 *s, const char *path, const char *id, struct curlio_reply *reply, struct s3_stored **stored)
{
	struct s3_stored *st = calloc(1, sizeof *st);
	struct buf query = BUF_INIT, text = BUF_INIT;
	struct s3_request q = {.method = "GET", .io = {.kind = CURLIO_RECEIVE, .bytes = PAGE_BYTES, .sink = &text}};
	enum answer a = transport_because(&s->t, ANSWER_LOCAL, "%s", strerror(ENOMEM));
	char part[1024];
	const char *at;

	if (st == NULL || buf_printf(&query, "%s?max-parts=%d&uploadId=%s", path, STORED_MAX, id) == -1)
		goto out;
	q.path = query.data;
	a = s3_run(s, &q, reply, "list the parts of an upload");
	if (a != ANSWER_OK)
		goto out;
	at = text.data;
	while ((at = s3_take_element(at, "Part", part, sizeof part)) != NULL && take_part(st, part) == 0)
		;
out:
	buf_free(&query);
	buf_free(&text);
	*stored = st != NULL && st->count > 0 ? st : NULL;
	if (*stored == NULL)
		free(st);
	return a;
}

void
s3_stored_free(struct s3_stored *st)
{
	free(st);
}

const char *
s3_stored_md5(const struct s3_stored *st, unsigned number, uint64_t bytes)
{
	if (number < 1 || number > STORED_MAX || st->parts[number - 1].bytes != bytes ||
	    st->parts[number - 1].md5[0] == '\0')
		return NULL;
	return st->parts[number - 1].md5;
}
