#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

/*
 * Small conversions between bytes and printable text, each strict: what is not exactly the format is refused.
 */

/**
 * text_hex(out, in, n):
 * Write ${n} bytes as 2 * ${n} lower-case hex digits and a NUL to ${out}.
 */
void text_hex(char *, const void *, size_t);

/**
 * text_unhex(out, n, in):
 * Read exactly 2 * ${n} lower-case hex digits, and nothing behind them, from ${in} into ${out}.
 * Return 0, or -1 with errno EINVAL.
 */
int text_unhex(void *, size_t, const char *);

/**
 * text_base64(out, room, in, n) / text_unbase64(out, room, n, in, len):
 * RFC 4648 section 4 with padding, without line breaks.  The second stores the decoded length in ${n}.
 * Return 0, or -1 with errno EINVAL (bad text) or ENOSPC (too little room, counting the NUL of the first).
 */
int text_base64(char *, size_t, const void *, size_t);
int text_unbase64(void *, size_t, size_t *, const char *, size_t);

/**
 * text_u64(s, min, max, out):
 * Parse the whole of ${s} as a decimal number without sign, blanks or leading zeros (but "0") in [${min}, ${max}].
 * Return 0, or -1 with errno EINVAL or ERANGE.
 */
int text_u64(const char *, uint64_t, uint64_t, uint64_t *);

/**
 * text_bytes(s, min, max, out):
 * As text_u64, with one optional suffix K, M, G or T (powers of 1024): 64M.
 */
int text_bytes(const char *, uint64_t, uint64_t, uint64_t *);

/**
 * text_duration(s, min_seconds, max_seconds, out):
 * As text_u64 in seconds, with one optional suffix s, m, h or d: 15m.
 */
int text_duration(const char *, uint64_t, uint64_t, uint64_t *);

/* Is ${s} of ${n} bytes valid UTF-8 (RFC 3629: shortest form, no surrogates) without NUL? */
int text_is_utf8(const char *, size_t);

/* text_ends_with(s, suffix): does ${s} end in ${suffix}, and is there more of it before that? */
int text_ends_with(const char *, const char *);

/* Is ${s} of ${n} bytes printable ASCII (0x20 to 0x7e) throughout? */
int text_is_printable(const char *, size_t);

/**
 * text_escape(out, room, in, n):
 * Write ${in} for a terminal: printable UTF-8 as it is, everything else (controls, escapes, bidirectional overrides,
 * broken UTF-8) as \xHH a byte.  Cut at ${room} - 1 with a final NUL.  Return ${out}.
 */
char *text_escape(char *, size_t, const char *, size_t);

#endif
