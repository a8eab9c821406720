#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

#define GAP 2 /* blanks between hash and name: sha256sum's mark of a file read as it is */
#define NAME_MAX_BYTES 255

/*
 * Whenever no manifest_*() function is running:
 * 1. entries[] is in the order of the text, index[] holds the same entries by rising name, none twice.
 */
struct manifest {
	struct manifest_entry *entries;
	size_t *index; /* positions in entries */
	size_t count, room;
};

struct manifest *
manifest_new(void)
{
	return calloc(1, sizeof(struct manifest));
}

void
manifest_free(struct manifest *m)
{
	size_t i;
	int saved = errno;

	if (m == NULL)
		return;
	for (i = 0; i < m->count; i++)
		free((void *)(uintptr_t)m->entries[i].name); /* ours, const only for others */
	free(m->entries);
	free(m->index);
	free(m);
	errno = saved;
}

/* Relative, printable, without blank or backslash, no empty, "." or ".." component. */
static int
name_is_good(const char *name, size_t n)
{
	const char *end = name + n, *slash;
	size_t i, part;

	if (n == 0 || n > NAME_MAX_BYTES)
		return 0;
	for (i = 0; i < n; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '\\')
			return 0;
	}
	for (; name <= end; name += part + 1) {
		slash = memchr(name, '/', (size_t)(end - name));
		part = (size_t)((slash == NULL ? end : slash) - name);
		if (part == 0 || (part == 1 && name[0] == '.') || (part == 2 && name[0] == '.' && name[1] == '.'))
			return 0;
	}
	return 1;
}

static int
grow(struct manifest *m)
{
	size_t room = m->room == 0 ? 16 : 2 * m->room;
	void *p;

	if (m->count < m->room)
		return 0;
	p = reallocarray(m->entries, room, sizeof(*m->entries));
	if (p == NULL)
		return -1;
	m->entries = p;
	p = reallocarray(m->index, room, sizeof(*m->index));
	if (p == NULL)
		return -1;
	m->index = p;
	m->room = room;
	return 0;
}

/* Append to entries[] and, at the end, to index[]; the caller puts the index in order. */
static int
append(struct manifest *m, const char *sha256, const char *name, size_t n)
{
	char *copy;

	if (m->count == MANIFEST_MAX || !name_is_good(name, n)) {
		errno = EINVAL;
		return -1;
	}
	if (grow(m) == -1)
		return -1;
	copy = strndup(name, n);
	if (copy == NULL)
		return -1;
	memcpy(m->entries[m->count].sha256, sha256, DIGEST_HEX - 1);
	m->entries[m->count].sha256[DIGEST_HEX - 1] = '\0';
	m->entries[m->count].name = copy;
	m->index[m->count] = m->count;
	m->count++;
	return 0;
}

/* Where in the index ${name} is or belongs among the first ${count}; *found says which. */
static size_t
position(const struct manifest *m, size_t count, const char *name, int *found)
{
	size_t low = 0, high = count, middle;
	int order;

	*found = 0;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(m->entries[m->index[middle]].name, name);
		if (order == 0) {
			*found = 1;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int
manifest_add(struct manifest *m, const char *sha256, const char *name)
{
	size_t at, last = m->count;
	int found;

	at = position(m, last, name, &found);
	if (found || !digest_is_hex(sha256)) {
		errno = EINVAL;
		return -1;
	}
	if (append(m, sha256, name, strlen(name)) == -1)
		return -1;
	memmove(m->index + at + 1, m->index + at, (last - at) * sizeof(*m->index));
	m->index[at] = last;
	return 0;
}

int
manifest_sort(struct manifest *m)
{
	struct manifest_entry *sorted;
	size_t i;

	if (m->count == 0)
		return 0;
	sorted = calloc(m->room, sizeof(*sorted));
	if (sorted == NULL)
		return -1;
	for (i = 0; i < m->count; i++) {
		sorted[i] = m->entries[m->index[i]];
		m->index[i] = i;
	}
	free(m->entries);
	m->entries = sorted;
	return 0;
}

int
manifest_write(const struct manifest *m, struct buf *out)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		if (buf_printf(out, "%s  %s\n", m->entries[i].sha256, m->entries[i].name) == -1)
			return -1;
	}
	return 0;
}

static int
compare_positions(const void *a, const void *b, void *entries)
{
	const struct manifest_entry *e = entries;

	return strcmp(e[*(const size_t *)a].name, e[*(const size_t *)b].name);
}

/* Put the index of a freshly parsed manifest in order.  Return 0, or -1 with errno EINVAL for a name that comes twice. */
static int
sort_index(struct manifest *m)
{
	size_t i;

	if (m->count > 1)
		qsort_r(m->index, m->count, sizeof(*m->index), compare_positions, m->entries);
	for (i = 1; i < m->count; i++) {
		if (strcmp(m->entries[m->index[i - 1]].name, m->entries[m->index[i]].name) == 0) {
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

/* One line without its newline. */
static int
parse_line(struct manifest *m, const char *line, size_t n)
{
	char hex[DIGEST_HEX];

	if (n <= DIGEST_HEX - 1 + GAP || memcmp(line + DIGEST_HEX - 1, "  ", GAP) != 0) {
		errno = EINVAL;
		return -1;
	}
	memcpy(hex, line, DIGEST_HEX - 1);
	hex[DIGEST_HEX - 1] = '\0';
	if (!digest_is_hex(hex)) {
		errno = EINVAL;
		return -1;
	}
	return append(m, hex, line + DIGEST_HEX - 1 + GAP, n - (DIGEST_HEX - 1 + GAP));
}

struct manifest *
manifest_parse(const char *text, size_t n, unsigned *line)
{
	struct manifest *m = manifest_new();
	const char *end = n == 0 ? text : text + n, *next; /* an empty text may be NULL */
	unsigned at = 0;

	if (m == NULL)
		return NULL;
	if (n > MANIFEST_MAX_BYTES)
		goto bad;
	for (; text < end; text = next + 1) {
		at++;
		next = memchr(text, '\n', (size_t)(end - text));
		if (next == NULL)
			goto bad;
		if (parse_line(m, text, (size_t)(next - text)) == -1)
			goto fail;
	}
	at = 0; /* a name that comes twice is no matter of one line */
	if (sort_index(m) == -1)
		goto fail;
	return m;
bad:
	errno = EINVAL;
fail:
	if (line != NULL)
		*line = at;
	manifest_free(m);
	return NULL;
}

size_t
manifest_count(const struct manifest *m)
{
	return m->count;
}

const struct manifest_entry *
manifest_entry(const struct manifest *m, size_t i)
{
	return &m->entries[i];
}

const struct manifest_entry *
manifest_find(const struct manifest *m, const char *name)
{
	int found;
	size_t at = position(m, m->count, name, &found);

	return found ? &m->entries[m->index[at]] : NULL;
}
