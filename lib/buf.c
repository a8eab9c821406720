#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

#define ROOM_MIN ((size_t)64)

/* Make room for n more bytes and the NUL. */
static int
reserve(struct buf *b, size_t n)
{
	size_t need, room;
	char *data;

	if (b->failed) {
		errno = ENOMEM;
		return -1;
	}
	if (n >= SIZE_MAX / 2 - b->len) {
		b->failed = 1;
		errno = EOVERFLOW;
		return -1;
	}
	need = b->len + n + 1;
	if (need <= b->room)
		return 0;
	room = b->room < ROOM_MIN ? ROOM_MIN : b->room;
	while (room < need)
		room *= 2;
	data = realloc(b->data, room);
	if (data == NULL) {
		b->failed = 1;
		errno = ENOMEM;
		return -1;
	}
	b->data = data;
	b->room = room;
	return 0;
}

int
buf_put(struct buf *b, const void *data, size_t n)
{
	if (reserve(b, n) == -1)
		return -1;
	if (n > 0)
		memcpy(b->data + b->len, data, n);
	b->len += n;
	b->data[b->len] = '\0';
	return 0;
}

int
buf_puts(struct buf *b, const char *s)
{
	return buf_put(b, s, strlen(s));
}

int
buf_putc(struct buf *b, char c)
{
	return buf_put(b, &c, 1);
}

int
buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = 1;
		errno = EOVERFLOW;
		return -1;
	}
	if (reserve(b, (size_t)n) == -1)
		return -1;
	va_start(ap, format);
	n = vsnprintf(b->data + b->len, (size_t)n + 1, format, ap);
	va_end(ap);
	b->len += (size_t)n;
	return 0;
}

int
buf_failed(const struct buf *b)
{
	return b->failed;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = 0;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void
buf_free(struct buf *b)
{
	const struct buf empty = BUF_INIT;

	free(b->data);
	*b = empty;
}
