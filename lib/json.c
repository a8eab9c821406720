#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <jansson.h>

/* Macros of jansson with names that json.h declares as functions. */
#undef json_boolean
#undef json_is_null

#include "text.h"

#include "json.h"

/* From here on these names are jansson's again, and json_new_*() ours. */
#undef json_object
#undef json_array
#undef json_string
#undef json_integer
#undef json_null

#define INDENT 2

static struct json *
ours(json_t *j)
{
	return (struct json *)j;
}

/* Jansson wants some of what it only reads without const. */
static json_t *
theirs(const struct json *j)
{
	return (json_t *)(uintptr_t)j;
}

struct json *
json_new_object(void)
{
	return ours(json_object());
}

struct json *
json_new_array(void)
{
	return ours(json_array());
}

struct json *
json_new_string(const char *s)
{
	return ours(json_string(s));
}

struct json *
json_new_integer(int64_t value)
{
	return ours(json_integer(value));
}

struct json *
json_new_null(void)
{
	return ours(json_null());
}

struct json *
json_boolean(int value)
{
	return ours(value ? json_true() : json_false());
}

struct json *
json_stamp(stamp_t t)
{
	char text[STAMP_TEXT];

	return t == STAMP_NONE ? json_new_null() : json_new_string(stamp_format(text, t));
}

void
json_free(struct json *j)
{
	int saved = errno;

	json_decref(theirs(j));
	errno = saved;
}

struct json *
json_share(const struct json *j)
{
	return ours(json_incref(theirs(j)));
}

int
json_put(struct json *object, const char *name, struct json *value)
{
	/* Asked first, since a refusal and a lack of memory look alike afterwards; a name is refused by its bytes only. */
	int fits = json_is_object(theirs(object)) && value != NULL && value != object && name != NULL;
	int was_starved = (object == NULL || value == NULL) && errno == ENOMEM; /* what is not there was not made */

	/* Jansson drops the value whatever happens. */
	if (json_object_set_new(theirs(object), name, theirs(value)) == 0)
		return 0;
	errno = was_starved || (fits && text_is_utf8(name, strlen(name))) ? ENOMEM : EINVAL;
	return -1;
}

int
json_append(struct json *array, struct json *value)
{
	int fits = json_is_array(theirs(array)) && value != NULL && value != array;
	int was_starved = (array == NULL || value == NULL) && errno == ENOMEM;

	if (json_array_append_new(theirs(array), theirs(value)) == 0)
		return 0;
	errno = was_starved || fits ? ENOMEM : EINVAL;
	return -1;
}

int
json_put_string(struct json *object, const char *name, const char *s)
{
	return json_put(object, name, json_new_string(s));
}

int
json_put_integer(struct json *object, const char *name, int64_t value)
{
	return json_put(object, name, json_new_integer(value));
}

int
json_put_stamp(struct json *object, const char *name, stamp_t t)
{
	return json_put(object, name, json_stamp(t));
}

static int
put_piece(const char *data, size_t n, void *out)
{
	return buf_put(out, data, n);
}

static int
write_text(const struct json *j, struct buf *out, size_t flags)
{
	size_t before = out->len;

	if (j == NULL) {
		errno = errno == ENOMEM ? ENOMEM : EINVAL;
		return -1;
	}
	if (json_dump_callback(theirs(j), put_piece, out, flags | JSON_ENSURE_ASCII | JSON_ENCODE_ANY) == 0)
		return 0;
	/* Half a value must not be taken for one. */
	out->len = before;
	if (out->data != NULL)
		out->data[before] = '\0';
	out->failed = 1;
	errno = ENOMEM;
	return -1;
}

int
json_write(const struct json *j, struct buf *out)
{
	return write_text(j, out, JSON_COMPACT);
}

int
json_write_pretty(const struct json *j, struct buf *out)
{
	return write_text(j, out, JSON_INDENT(INDENT));
}

const struct json *
json_get(const struct json *object, const char *name)
{
	return ours(json_object_get(theirs(object), name));
}

const struct json *
json_get_object(const struct json *object, const char *name)
{
	json_t *j = json_object_get(theirs(object), name);

	return json_is_object(j) ? ours(j) : NULL;
}

const struct json *
json_get_array(const struct json *object, const char *name)
{
	json_t *j = json_object_get(theirs(object), name);

	return json_is_array(j) ? ours(j) : NULL;
}

const char *
json_get_string(const struct json *object, const char *name)
{
	return json_string_value(json_object_get(theirs(object), name));
}

int
json_get_integer(const struct json *object, const char *name, int64_t *out)
{
	json_t *j = json_object_get(theirs(object), name);

	if (!json_is_integer(j)) {
		errno = EINVAL;
		return -1;
	}
	*out = json_integer_value(j);
	return 0;
}

int
json_get_u64(const struct json *object, const char *name, uint64_t *out)
{
	int64_t value;

	if (json_get_integer(object, name, &value) == -1)
		return -1;
	if (value < 0) {
		errno = EINVAL;
		return -1;
	}
	*out = (uint64_t)value;
	return 0;
}

int
json_get_u32(const struct json *object, const char *name, uint32_t *out)
{
	uint64_t value;

	if (json_get_u64(object, name, &value) == -1)
		return -1;
	if (value > UINT32_MAX) {
		errno = EINVAL;
		return -1;
	}
	*out = (uint32_t)value;
	return 0;
}

int
json_get_text(const struct json *object, const char *name, char *out, size_t room)
{
	const char *s = json_get_string(object, name);

	if (s == NULL || strlen(s) >= room) {
		errno = EINVAL;
		return -1;
	}
	memcpy(out, s, strlen(s) + 1);
	return 0;
}

int
json_get_hash(const struct json *object, const char *name, char out[DIGEST_HEX])
{
	const char *s = json_get_string(object, name);

	if (s != NULL && *s != '\0' && !digest_is_hex(s)) {
		errno = EINVAL;
		return -1;
	}
	return json_get_text(object, name, out, DIGEST_HEX);
}

int
json_get_stamp(const struct json *object, const char *name, stamp_t *out)
{
	const struct json *j = json_get(object, name);

	if (json_is_null(j)) {
		*out = STAMP_NONE;
		return 0;
	}
	if (json_text(j) == NULL) {
		errno = EINVAL;
		return -1;
	}
	return stamp_parse(json_text(j), out);
}

size_t
json_length(const struct json *array)
{
	return json_array_size(theirs(array));
}

const struct json *
json_item(const struct json *array, size_t i)
{
	return ours(json_array_get(theirs(array), i));
}

const char *
json_text(const struct json *j)
{
	return json_string_value(theirs(j));
}

int
json_get_true(const struct json *j, const char *name)
{
	return json_is_true(theirs(json_get(j, name)));
}

int
json_is_null(const struct json *j)
{
	return j != NULL && json_typeof(theirs(j)) == JSON_NULL;
}

int
json_each(const struct json *object, int (*each)(void *, const char *, const struct json *), void *cookie)
{
	json_t *j = theirs(object);
	void *at;
	int rc = 0;

	for (at = json_object_iter(j); at != NULL && rc == 0; at = json_object_iter_next(j, at))
		rc = each(cookie, json_object_iter_key(at), ours(json_object_iter_value(at)));
	return rc;
}
