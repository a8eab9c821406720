#include <assert.h>
#include <errno.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "diag.h"
#include "text.h"

#include "inifile.h"

/* A key is a word: what is not one (a blank, a colon, a quote) is folklore that nobody should rely on. */
#define KEY_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
#define KEY_MAX 64
#define BLANKS " \t"

struct section {
	char *name;
	unsigned line;
	void *keys; /* tsearch tree of the entries' keys */
};

struct inifile {
	char *label;
	struct section **sections;
	size_t nsections;
	struct inifile_entry *entries;
	size_t nentries;
};

/* One run of inih over the text.  `line` is the number of the line that inih was given last. */
struct parse {
	struct inifile *ini;
	void *names; /* tsearch tree of the sections' names */
	const char *data;
	size_t left;
	unsigned line;
	int error; /* errno, once something was refused */
};

static int
compare_strings(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The trees own nothing: their strings belong to sections and entries. */
static void
keep(void *node)
{
	(void)node;
}

/* Refuse the line that is being looked at; the first refusal ends the parse. */
static int
refuse(struct parse *p, const char *what)
{
	diag_errx("%s:%u: %s", p->ini->label, p->line, what);
	p->error = EINVAL;
	return -1;
}

static int
out_of_memory(struct parse *p)
{
	p->error = ENOMEM;
	return -1;
}

/* Append room for one more item of ${size} bytes; rooms are powers of two.  Return the array, or NULL with errno set. */
static void *
grow(void *array, size_t used, size_t size)
{
	if (used != 0 && (used & (used - 1)) != 0)
		return array;
	return reallocarray(array, used == 0 ? 1 : used * 2, size);
}

/* What no line of text may hold.  A tab is a blank; the carriage return of a CRLF is gone already. */
static int
check_bytes(struct parse *p, const char *s, size_t n)
{
	size_t i;

	if (p->line == 1 && n >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0)
		return refuse(p, "starts with a byte-order mark; save the file as UTF-8 without BOM");
	if (n > INIFILE_MAX_LINE)
		return refuse(p, "line is over 4 KiB");
	if (memchr(s, '\0', n) != NULL)
		return refuse(p, "NUL byte");
	if (!text_is_utf8(s, n))
		return refuse(p, "not valid UTF-8");
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		/* C1 controls are 0xc2 0x80 to 0xc2 0x9f in UTF-8: a terminal may obey them as well. */
		if ((c < 0x20 && c != '\t') || c == 0x7f ||
		    (c == 0xc2 && i + 1 < n && (unsigned char)s[i + 1] < 0xa0))
			return refuse(p, "control byte");
	}
	return 0;
}

/* Copy the ${n} bytes between the brackets, without outer blanks and with each inner run of blanks as one space. */
static char *
fold(const char *s, size_t n)
{
	char *out = malloc(n + 1);
	size_t i, len = 0;

	if (out == NULL)
		return NULL;
	for (i = 0; i < n; i++) {
		if (s[i] != ' ' && s[i] != '\t')
			out[len++] = s[i];
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	if (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	return out;
}

/* Append a section that owns ${name}.  Return 0, or -1 with ${name} released. */
static int
add_section(struct parse *p, char *name)
{
	struct inifile *ini = p->ini;
	struct section **grown = grow(ini->sections, ini->nsections, sizeof(*grown));
	struct section *s;

	if (grown != NULL)
		ini->sections = grown;
	s = calloc(1, sizeof(*s));
	if (grown == NULL || s == NULL) {
		free(s);
		free(name);
		return out_of_memory(p);
	}
	s->name = name;
	s->line = p->line;
	ini->sections[ini->nsections++] = s;
	return 0;
}

/* A line that starts with a bracket.  inih would take "[a] b" and "[a" with a comment behind: this does not. */
static int
check_section(struct parse *p, const char *s, size_t n)
{
	char *name, **node;

	if (s[n - 1] != ']' || n < 3)
		return refuse(p, "a section is a line of the form [name]");
	if (memchr(s + 1, '[', n - 1) != NULL || memchr(s + 1, ']', n - 2) != NULL)
		return refuse(p, "bracket in a section's name");
	name = fold(s + 1, n - 2);
	if (name == NULL)
		return out_of_memory(p);
	if (*name == '\0') {
		free(name);
		return refuse(p, "section without a name");
	}
	node = tsearch(name, &p->names, compare_strings);
	if (node == NULL) {
		free(name);
		return out_of_memory(p);
	}
	if (*node != name) {
		diag_errx("%s:%u: section [%s] stands twice", p->ini->label, p->line, name);
		free(name);
		p->error = EINVAL;
		return -1;
	}
	return add_section(p, name);
}

/* A line that must be `key = value`. */
static int
check_entry(struct parse *p, const char *s, size_t n)
{
	const char *equals = memchr(s, '=', n);
	const char *value;
	size_t klen, vlen;

	if (equals == NULL)
		return refuse(p, "neither [section] nor key = value");
	klen = (size_t)(equals - s);
	while (klen > 0 && strchr(BLANKS, s[klen - 1]) != NULL)
		klen--;
	if (klen == 0)
		return refuse(p, "no key before the =");
	if (klen > KEY_MAX || strspn(s, KEY_CHARS) < klen)
		return refuse(p, "a key is one word of letters, digits, '_', '.' and '-'");
	if (p->ini->nsections == 0)
		return refuse(p, "key before the first [section]");
	value = equals + 1;
	vlen = n - (size_t)(value - s);
	while (vlen > 0 && strchr(BLANKS, *value) != NULL) {
		value++;
		vlen--;
	}
	if (vlen > 0 && memchr(value, '\t', vlen) != NULL)
		return refuse(p, "tab in a value");
	return 0;
}

/* Everything that the contract refuses in a line is refused here, before inih sees it. */
static int
check_line(struct parse *p, const char *s, size_t n)
{
	size_t indent = 0;

	if (check_bytes(p, s, n) == -1)
		return -1;
	while (n > 0 && strchr(BLANKS, s[n - 1]) != NULL)
		n--;
	while (indent < n && strchr(BLANKS, s[indent]) != NULL)
		indent++;
	if (indent == n || s[indent] == '#' || s[indent] == ';')
		return 0;
	if (indent > 0)
		return refuse(p, "line starts with a blank (there are no continuation lines)");
	if (s[0] == '[')
		return check_section(p, s, n);
	return check_entry(p, s, n);
}

/* inih's reader: the next line, if it passes, as a string without its end of line.  NULL ends the parse. */
static char *
next_line(char *str, int num, void *stream)
{
	struct parse *p = stream;
	const char *end;
	size_t n, used;

	if (p->left == 0 || p->error != 0)
		return NULL;
	p->line++;
	end = memchr(p->data, '\n', p->left);
	n = end == NULL ? p->left : (size_t)(end - p->data);
	used = end == NULL ? n : n + 1;
	if (end != NULL && n > 0 && p->data[n - 1] == '\r')
		n--;
	if (check_line(p, p->data, n) == -1)
		return NULL;
	assert(n < (size_t)num);
	memcpy(str, p->data, n);
	str[n] = '\0';
	p->data += used;
	p->left -= used;
	return str;
}

/* inih's handler.  The section is the reader's own: inih cuts a long name.  Return 1 to go on, 0 to stop. */
static int
take_entry(void *user, const char *name, const char *key, const char *value)
{
	struct parse *p = user;
	struct inifile *ini = p->ini;
	struct section *section = ini->sections[ini->nsections - 1];
	struct inifile_entry *grown = grow(ini->entries, ini->nentries, sizeof(*grown));
	struct inifile_entry *e;
	char **node;

	(void)name;
	if (grown == NULL)
		return out_of_memory(p) == 0;
	ini->entries = grown;
	e = &ini->entries[ini->nentries];
	*e = (struct inifile_entry){section->name, strdup(key), strdup(value), p->line};
	ini->nentries++;
	if (e->key == NULL || e->value == NULL)
		return out_of_memory(p) == 0;
	node = tsearch(e->key, &section->keys, compare_strings);
	if (node == NULL)
		return out_of_memory(p) == 0;
	if (*node != e->key) {
		diag_errx("%s:%u: %s stands twice in [%s]", ini->label, p->line, key, section->name);
		p->error = EINVAL;
		return 0;
	}
	return 1;
}

/* inih as the contract wants it.  Its switches are process-wide; nothing else in the process uses it. */
static void
set_switches(void)
{
	ini_use_stack = false; /* the stack buffer has a fixed 200 bytes */
	ini_max_line = INIFILE_MAX_LINE + 3;
	ini_initial_alloc = INIFILE_MAX_LINE + 3;
	ini_allow_realloc = false;
	ini_allow_multiline = false;
	ini_allow_inline_comments = false;
	ini_allow_bom = false;
	ini_allow_no_value = false;
	ini_stop_on_first_error = true;
}

struct inifile *
inifile_parse(const char *data, size_t n, const char *label)
{
	struct inifile *ini = calloc(1, sizeof(*ini));
	struct parse p = {ini, NULL, data, n, 0, 0};
	int rc;

	if (ini == NULL || (ini->label = strdup(label)) == NULL) {
		p.error = ENOMEM;
		goto out;
	}
	if (n > INIFILE_MAX_BYTES) {
		p.line = 1;
		(void)refuse(&p, "text is over 1 MiB");
		goto out;
	}
	set_switches();
	rc = ini_parse_stream(next_line, &p, take_entry, &p);
	if (rc == -2)
		p.error = ENOMEM;
	else if (rc != 0 && p.error == 0)
		(void)refuse(&p, "not understood"); /* what inih refuses and this file did not foresee */
out:
	if (p.error == ENOMEM)
		diag_errx("%s: out of memory", label);
	tdestroy(p.names, keep);
	if (p.error != 0) {
		inifile_free(ini);
		errno = p.error;
		return NULL;
	}
	return ini;
}

void
inifile_free(struct inifile *ini)
{
	int saved = errno;
	size_t i;

	if (ini == NULL)
		return;
	for (i = 0; i < ini->nsections; i++) {
		tdestroy(ini->sections[i]->keys, keep);
		free(ini->sections[i]->name);
		free(ini->sections[i]);
	}
	for (i = 0; i < ini->nentries; i++) {
		free((void *)(uintptr_t)ini->entries[i].key);
		free((void *)(uintptr_t)ini->entries[i].value);
	}
	free(ini->sections);
	free(ini->entries);
	free(ini->label);
	free(ini);
	errno = saved;
}

size_t
inifile_count(const struct inifile *ini)
{
	return ini->nentries;
}

const struct inifile_entry *
inifile_entry(const struct inifile *ini, size_t i)
{
	return &ini->entries[i];
}

size_t
inifile_section_count(const struct inifile *ini)
{
	return ini->nsections;
}

const char *
inifile_section(const struct inifile *ini, size_t i, unsigned *line)
{
	if (line != NULL)
		*line = ini->sections[i]->line;
	return ini->sections[i]->name;
}

const char *
inifile_label(const struct inifile *ini)
{
	return ini->label;
}
