#ifndef SETTINGS_H
#define SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "inifile.h"

/*
 * Reading one section of a strict INI text into a struct, by a table of the keys that the section may hold.  A key that
 * is not in the table is refused; so is one that is in the table for a later version only: what casetap can not follow
 * it never ignores.  Every refusal is one diag line LABEL:LINE that names the key and not the value.
 */
enum {
	SETTINGS_REQUIRED = 1,
	SETTINGS_MAY_BE_EMPTY = 2
};

struct settings_key;

/**
 * settings_set_fn(key, ini, entry, field):
 * Parse ${entry}->value into ${field}, which lies ${key}->offset bytes into the section's struct.
 * Return 0, or -1 with errno set after one diag line (settings_refuse).
 */
typedef int settings_set_fn(
    const struct settings_key *, const struct inifile *, const struct inifile_entry *, void *);

struct settings_key {
	const char *name;
	settings_set_fn *set; /* NULL: planned, "not supported by this version" */
	size_t offset;
	uint64_t min, max;        /* of numbers; max is also the greatest length of a text, 0 for the setter's own */
	const char *const *words; /* settings_word: NULL-terminated */
	unsigned flags;
};

/**
 * settings_apply(ini, section, keys, count, target):
 * Set every entry of the section number ${section} (inifile_section) in ${target}.  Whether required keys are there is
 * looked at last, and reported with the section's line.
 * Return 0, or -1 with errno EINVAL or ENOMEM after one diag line; what was set so far stays set.
 */
int settings_apply(const struct inifile *, size_t, const struct settings_key *, size_t, void *);

/* Report `LABEL:LINE: KEY: text` and return -1 with errno EINVAL. */
int settings_refuse(const struct inifile *, const struct inifile_entry *, const char *);

/* Setters: char *, a copy / char *, an absolute path without ".." / uint64_t in bytes, with a suffix. */
settings_set_fn settings_text, settings_path, settings_bytes;

/* uint64_t / uint32_t / uint32_t seconds, with a suffix / uint32_t seconds that divide a day / int from yes or no. */
settings_set_fn settings_u64, settings_u32, settings_duration, settings_day_divisor, settings_yes_no;

/* unsigned or enum, the index of the value in key->words / the key may stand there as long as it has no value. */
settings_set_fn settings_word, settings_only_empty;

#endif
