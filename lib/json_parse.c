#include <errno.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

/* Macros of jansson with names that json.h declares as functions. */
#undef json_boolean
#undef json_is_null

#include "shortage.h"

#include "json.h"

/*
 * Where its parser finds no room for one more byte of a token, Jansson (2.14) goes on without the byte: a text is another,
 * one of which the closing quote is missing is read past its end, and one of which a backslash is missing ends the program.
 * So no allocation of its parser ever fails: the parser is left there, and what it had is given back.  That needs a list of
 * what it had, for each thread: whoever gives a library its malloc() is told nothing else by it.
 */
struct block {
	struct block *before, *after; /* NULL, NULL outside a parser's list; the last one is its own `after` */
	_Alignas(max_align_t) unsigned char data[];
};

struct parser {
	jmp_buf left;
	struct block *last; /* of its list, or NULL */
};

static _Thread_local struct parser *at_work;

static void
enlist(struct parser *p, struct block *b)
{
	b->before = p->last;
	b->after = b;
	if (p->last != NULL)
		p->last->after = b;
	p->last = b;
}

static void
strike_out(struct parser *p, struct block *b)
{
	struct block *after = b->after == b ? NULL : b->after;

	if (after != NULL)
		after->before = b->before;
	else
		p->last = b->before;
	if (b->before != NULL)
		b->before->after = after != NULL ? after : b->before;
	b->before = b->after = NULL;
}

static void *
take(size_t n)
{
	struct block *b = shortage_malloc(n > SIZE_MAX - sizeof(*b) ? SIZE_MAX : sizeof(*b) + n);

	if (b == NULL) {
		if (at_work != NULL)
			longjmp(at_work->left, 1);
		return NULL;
	}
	b->before = b->after = NULL;
	if (at_work != NULL)
		enlist(at_work, b);
	return b->data;
}

static void
give_back(void *p)
{
	struct block *b;

	if (p == NULL)
		return;
	b = (struct block *)(void *)((unsigned char *)p - offsetof(struct block, data));
	if (b->after != NULL)
		strike_out(at_work, b);
	free(b);
}

/* Before any value is made, in whatever thread: Jansson must not be given another malloc() while it is at work. */
__attribute__((constructor)) static void
be_given(void)
{
	json_set_alloc_funcs(take, give_back);
}

/* In a function of its own: what it was called with is as it was, wherever the parser is left. */
static json_t *
load(struct parser *p, const char *data, size_t n)
{
	json_t *j;

	if (setjmp(p->left) != 0) {
		at_work = NULL;
		return NULL;
	}
	at_work = p;
	j = json_loadb(data, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
	at_work = NULL;
	return j;
}

/*
 * Is data nested no deeper than max_depth?  Looks at brackets outside strings only: whatever else is wrong with the text
 * is for the parser to find, which recurses once a bracket and so no deeper than this counts.
 */
static int
is_shallow(const char *data, size_t n, unsigned max_depth)
{
	unsigned depth = 0;
	int in_string = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (in_string) {
			if (data[i] == '\\')
				i++;
			else if (data[i] == '"')
				in_string = 0;
		} else if (data[i] == '"')
			in_string = 1;
		else if (data[i] == '[' || data[i] == '{') {
			if (depth++ == max_depth)
				return 0;
		} else if ((data[i] == ']' || data[i] == '}') && depth > 0)
			depth--;
	}
	return 1;
}

struct json *
json_parse(const char *data, size_t n, unsigned max_depth)
{
	const unsigned long shortages = shortage_here();
	struct parser p = {.last = NULL};
	json_t *j = NULL;
	int saved = errno, was_short;
	struct block *b;

	if (n > 0 && is_shallow(data, n, max_depth))
		j = load(&p, data, n);
	was_short = shortage_here() != shortages;
	while ((b = p.last) != NULL) {
		strike_out(&p, b); /* from here on the value's own, if there is one */
		if (was_short)
			free(b);
	}
	errno = was_short ? ENOMEM : j != NULL ? saved : EINVAL;
	return (struct json *)j;
}
