#ifndef INIFILE_H
#define INIFILE_H

#include <stddef.h>

/*
 * A strict INI text, read through inih: `[section]`, `key = value`, lines starting with `#` or `;`, blank lines.  The
 * rest of INI's folklore is refused, with the line: continuation lines, inline comments (a `;` belongs to the value),
 * `:` as separator, keys before the first section, duplicate sections, a duplicate key in a section, a byte-order mark,
 * NUL, control bytes, broken UTF-8, lines over 4 KiB, texts over INIFILE_MAX_BYTES.  CRLF is accepted; so is an empty
 * value, which is for the reader of the key to judge.  (FAULTS 3 to 8 and 34.)
 */
#define INIFILE_MAX_BYTES (1024 * 1024)
#define INIFILE_MAX_LINE 4096

struct inifile;

/* One `key = value`.  Strings belong to the inifile. */
struct inifile_entry {
	const char *section; /* "order", "iap tower-7": inner blanks folded to one space */
	const char *key;
	const char *value;
	unsigned line;
};

/**
 * inifile_parse(data, n, label):
 * Parse ${n} bytes.  What is wrong is reported by one diag line, `LABEL:LINE: what`, and remembered nowhere else.
 * Return the inifile, or NULL with errno set (EINVAL for bad text, ENOMEM).
 */
struct inifile *inifile_parse(const char *, size_t, const char *);
void inifile_free(struct inifile *);

/* The number of entries / the i-th, in the order of the text. */
size_t inifile_count(const struct inifile *);
const struct inifile_entry *inifile_entry(const struct inifile *, size_t);

/* The number of sections, empty ones included / the i-th one's name and, unless NULL, its line. */
size_t inifile_section_count(const struct inifile *);
const char *inifile_section(const struct inifile *, size_t, unsigned *);

/* The label that inifile_parse was given: for messages of the form LABEL:LINE. */
const char *inifile_label(const struct inifile *);

#endif
