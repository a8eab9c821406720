#ifndef BUF_H
#define BUF_H

#include <stddef.h>

/*
 * A byte string that grows.  `data` is always NUL-terminated behind `len` bytes once anything was put in, and NULL
 * before.  Memory that ran out is remembered in `failed`: a caller may put many pieces and look once, with buf_failed.
 */
struct buf {
	char *data;
	size_t len;
	size_t room;
	int failed;
};

#define BUF_INIT              \
	{                     \
		NULL, 0, 0, 0 \
	}

/* Append bytes, a C string, one byte, a formatted text.  Return 0, or -1 with errno ENOMEM (or EOVERFLOW). */
int buf_put(struct buf *, const void *, size_t);
int buf_puts(struct buf *, const char *);
int buf_putc(struct buf *, char);
int buf_printf(struct buf *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* Is any earlier put lost for want of memory? */
int buf_failed(const struct buf *);

/* Forget the contents, keep the room / release all and be BUF_INIT again. */
void buf_clear(struct buf *);
void buf_free(struct buf *);

#endif
