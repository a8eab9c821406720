#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "text.h"

#include "roots.h"

#define FORMAT "casetap-succession/1"
#define TEXT_LINES 6
#define SIG_LINES 4
#define SUCCESSIONS_MAX 16
#define LINE_ROOM 256

struct roots {
	struct roots_succession all[SUCCESSIONS_MAX];
	size_t count;
};

/* One block of the text: the succession and its two signatures. */
struct block {
	const char *text, *old_sig, *new_sig;
	size_t text_n, old_n, new_n;
};

/* Step over ${lines} lines.  Return where they begin, with their length, or NULL if there are fewer. */
static const char *
take_lines(const char **at, const char *end, unsigned lines, size_t *n)
{
	const char *begin = *at, *newline;

	for (; lines > 0; lines--) {
		newline = *at == end ? NULL : memchr(*at, '\n', (size_t)(end - *at));
		if (newline == NULL)
			return NULL;
		*at = newline + 1;
	}
	*n = (size_t)(*at - begin);
	return begin;
}

static int
take_block(const char **at, const char *end, struct block *b)
{
	b->text = take_lines(at, end, TEXT_LINES, &b->text_n);
	b->old_sig = b->text == NULL ? NULL : take_lines(at, end, SIG_LINES, &b->old_n);
	b->new_sig = b->old_sig == NULL ? NULL : take_lines(at, end, SIG_LINES, &b->new_n);
	return b->new_sig == NULL ? -1 : 0;
}

static int
put_text(const struct roots_succession *s, unsigned number, struct buf *out)
{
	char old[SIGN_KEY_TEXT], new[SIGN_KEY_TEXT], time[STAMP_TEXT];

	sign_pub_format(&s->old, old);
	sign_pub_format(&s->new, new);
	return buf_printf(out, FORMAT "\nnumber: %u\nold: %s\nnew: %s\ntime: %s\nlast-version: %" PRIu64 "\n", number,
	    old, new, stamp_format_seconds(time, s->time), s->last_version);
}

/* The value of the line "NAME: VALUE" at ${*at}, which goes behind it.  Return 0, or -1. */
static int
value_of(const char **at, const char *end, const char *name, char value[LINE_ROOM])
{
	size_t n, skip = strlen(name);
	const char *line = take_lines(at, end, 1, &n);

	if (line == NULL || n < skip + 1 || n - skip > LINE_ROOM || memcmp(line, name, skip) != 0)
		return -1;
	memcpy(value, line + skip, n - skip - 1);
	value[n - skip - 1] = '\0';
	return 0;
}

/* There is one spelling: what put_text would not have written is refused. */
static int
parse_text(const struct block *b, unsigned number, struct roots_succession *s)
{
	const char *at = b->text, *end = b->text + b->text_n;
	char format[LINE_ROOM], n[LINE_ROOM], old[LINE_ROOM], new[LINE_ROOM], time[LINE_ROOM], last[LINE_ROOM];
	struct buf again = BUF_INIT;
	int rc = -1;

	if (value_of(&at, end, "", format) == -1 || value_of(&at, end, "number: ", n) == -1 ||
	    value_of(&at, end, "old: ", old) == -1 || value_of(&at, end, "new: ", new) == -1 ||
	    value_of(&at, end, "time: ", time) == -1 || value_of(&at, end, "last-version: ", last) == -1)
		return -1;
	if (sign_pub_parse(old, &s->old) == -1 || sign_pub_parse(new, &s->new) == -1 ||
	    stamp_parse(time, &s->time) == -1 || text_u64(last, 1, INT64_MAX, &s->last_version) == -1)
		return -1;
	if (put_text(s, number, &again) == 0 && again.len == b->text_n && memcmp(again.data, b->text, b->text_n) == 0)
		rc = 0;
	buf_free(&again);
	return rc;
}

static int
is_signed(const struct sign_pub *pub, const char *sig_text, size_t sig_n, const struct block *b)
{
	struct sign_sig sig;

	return sign_parse(sig_text, sig_n, &sig) == 0 && sign_verify(pub, &sig, b->text, b->text_n) == 0;
}

/* Why this succession can not follow those before it, or NULL. */
static const char *
find_fault(const struct roots *r, const struct roots_succession *s)
{
	const struct roots_succession *before = r->count == 0 ? NULL : &r->all[r->count - 1];
	size_t i;

	if (sign_pub_equal(&s->old, &s->new))
		return "a root does not follow itself";
	if (before == NULL)
		return NULL;
	if (!sign_pub_equal(&before->new, &s->old))
		return "does not follow the one before";
	if (s->last_version <= before->last_version)
		return "its last version is not behind that of the one before";
	for (i = 0; i < r->count; i++) {
		if (sign_pub_equal(&r->all[i].old, &s->new))
			return "brings back a root that was followed";
	}
	return NULL;
}

static const char *
add(struct roots *r, const struct block *b)
{
	struct roots_succession s;
	const char *fault;

	if (r->count == SUCCESSIONS_MAX)
		return "more than 16 successions";
	memset(&s, 0, sizeof(s));
	if (parse_text(b, (unsigned)r->count + 1, &s) == -1)
		return "is not written as a succession is";
	if (!is_signed(&s.old, b->old_sig, b->old_n, b))
		return "is not signed by the old root";
	if (!is_signed(&s.new, b->new_sig, b->new_n, b))
		return "is not signed by the new root";
	fault = find_fault(r, &s);
	if (fault == NULL)
		r->all[r->count++] = s;
	return fault;
}

struct roots *
roots_parse(const char *data, size_t n, const char *label)
{
	const char *at = data, *end = data + n, *fault = NULL;
	struct roots *r = calloc(1, sizeof(*r));
	struct block b;

	if (r == NULL)
		return NULL;
	if (n == 0 || n > ROOTS_MAX_BYTES)
		fault = "is empty or over 64 KiB";
	while (fault == NULL && at < end)
		fault = take_block(&at, end, &b) == -1 ? "is cut off" : add(r, &b);
	if (fault == NULL)
		return r;
	diag_errx("%s: succession %zu: %s", label, r->count + 1, fault);
	roots_free(r);
	errno = EINVAL;
	return NULL;
}

void
roots_free(struct roots *r)
{
	int saved = errno;

	free(r);
	errno = saved;
}

size_t
roots_count(const struct roots *r)
{
	return r == NULL ? 0 : r->count;
}

const struct roots_succession *
roots_at(const struct roots *r, size_t i)
{
	return &r->all[i];
}

int
roots_knows(const struct roots *r, const struct sign_pub *pinned)
{
	size_t i;

	for (i = 0; i < roots_count(r); i++) {
		if (sign_pub_equal(&r->all[i].old, pinned) || sign_pub_equal(&r->all[i].new, pinned))
			return 1;
	}
	return 0;
}

int
roots_signer(const struct roots *r, const struct sign_pub *pinned, const struct sign_sig *sig, const void *data,
    size_t n, uint64_t *first, uint64_t *last)
{
	const struct sign_pub *root;
	size_t i;

	*first = 1;
	*last = UINT64_MAX;
	if (!roots_knows(r, pinned))
		return sign_verify(pinned, sig, data, n) == 0 ? 0 : -1;
	for (i = 0; i <= r->count; i++) {
		root = i < r->count ? &r->all[i].old : &r->all[i - 1].new;
		*first = i == 0 ? 1 : r->all[i - 1].last_version + 1;
		*last = i < r->count ? r->all[i].last_version : UINT64_MAX;
		if (sign_verify(root, sig, data, n) == 0)
			return 0;
	}
	return -1;
}

int
roots_append(struct buf *out, const struct roots_succession *s, unsigned number, const struct sign_key *old,
    const struct sign_key *new)
{
	static const char comment[] = "casetap root succession";
	struct buf text = BUF_INIT;
	int rc = -1;

	if (put_text(s, number, &text) == 0 && buf_put(out, text.data, text.len) == 0 &&
	    sign_make(old, text.data, text.len, comment, out) == 0 &&
	    sign_make(new, text.data, text.len, comment, out) == 0)
		rc = 0;
	buf_free(&text);
	return rc;
}
