#ifndef JSON_H
#define JSON_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "digest.h"
#include "stamp.h"

/*
 * JSON values (RFC 8259) through jansson.  A `struct json *` is a counted reference: json_free() drops it; values put
 * into an object or array are stolen (the callee owns them, also on failure).  A NULL passed as a value makes the put
 * fail, so that calls nest and one look at the end is enough; errno stays ENOMEM where that is why there was no value.
 *
 * Texts are written compact, members in the order in which they were put, ASCII only (others escaped): one spelling, so
 * that a hash over the text is stable.  Numbers are integers: casetap has no fractions.
 */
struct json;

/*
 * Jansson exports functions of these names.  Ours are linked under names of their own: were both called the same, the
 * program's would take the place of the library's, inside the library too.
 */
#define json_object json_new_object
#define json_array json_new_array
#define json_string json_new_string
#define json_integer json_new_integer
#define json_null json_new_null

struct json *json_object(void);
struct json *json_array(void);
struct json *json_string(const char *); /* NULL unless UTF-8 */
struct json *json_integer(int64_t);
struct json *json_boolean(int);
struct json *json_null(void);
struct json *json_stamp(stamp_t); /* stamp_format; null for STAMP_NONE */
void json_free(struct json *);

/* Another reference to the same value, to be put into something else; NULL for NULL. */
struct json *json_share(const struct json *);

/* Put a member into an object / append to an array.  Return 0, or -1 with errno EINVAL or ENOMEM. */
int json_put(struct json *, const char *, struct json *);
int json_append(struct json *, struct json *);

/* Short forms of json_put. */
int json_put_string(struct json *, const char *, const char *);
int json_put_integer(struct json *, const char *, int64_t);
int json_put_stamp(struct json *, const char *, stamp_t);

/**
 * json_parse(data, n, max_depth):
 * Parse exactly one value of ${n} bytes: UTF-8, no duplicate members, nesting at most ${max_depth}.
 * Return it, or NULL with errno EINVAL, or ENOMEM: then nothing is known of the text.
 */
struct json *json_parse(const char *, size_t, unsigned);

/* Append the compact text of ${j} (no newline) / an indented one for people.  Return 0, or -1 with errno ENOMEM. */
int json_write(const struct json *, struct buf *);
int json_write_pretty(const struct json *, struct buf *);

/*
 * Typed look-ups.  The first four return the borrowed value or NULL if the member is missing or of another type; a NULL
 * object has no members.  The others return 0, or -1 with errno EINVAL and ${out} untouched.
 */
const struct json *json_get(const struct json *, const char *);
const struct json *json_get_object(const struct json *, const char *);
const struct json *json_get_array(const struct json *, const char *);
const char *json_get_string(const struct json *, const char *);
int json_get_integer(const struct json *, const char *, int64_t *);
int json_get_u64(const struct json *, const char *, uint64_t *);
int json_get_u32(const struct json *, const char *, uint32_t *);
int json_get_stamp(const struct json *, const char *, stamp_t *); /* null gives STAMP_NONE */

/* Copy a string that fits into ${room} bytes with its NUL / one that is "" or 64 lower-case hex digits. */
int json_get_text(const struct json *, const char *, char *, size_t);
int json_get_hash(const struct json *, const char *, char[DIGEST_HEX]);

/* Array length and i-th item / the text of a string value, NULL for other types. */
size_t json_length(const struct json *);
const struct json *json_item(const struct json *, size_t);
const char *json_text(const struct json *);
int json_is_null(const struct json *);
int json_get_true(const struct json *, const char *); /* is the member there, and true? */

/* Call each(cookie, name, value) for the members of an object in their order; stops at the first non-zero return. */
int json_each(const struct json *, int (*)(void *, const char *, const struct json *), void *);

#endif
