#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "text.h"

#include "settings.h"

#define TEXT_MAX 1024
#define PATH_BYTES 1024
#define DAY_SECONDS 86400

int
settings_refuse(const struct inifile *ini, const struct inifile_entry *e, const char *what)
{
	diag_errx("%s:%u: %s: %s", inifile_label(ini), e->line, e->key, what);
	errno = EINVAL;
	return -1;
}

static const struct settings_key *
find_key(const struct settings_key *keys, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static int
apply_entry(const struct inifile *ini, const struct inifile_entry *e, const struct settings_key *key, char *target)
{
	if (key == NULL)
		return settings_refuse(ini, e, "unknown key");
	if (key->set == NULL)
		return settings_refuse(ini, e, "not supported by this version");
	if (e->value[0] == '\0' && (key->flags & SETTINGS_MAY_BE_EMPTY) == 0)
		return settings_refuse(ini, e, "no value");
	return key->set(key, ini, e, target + key->offset);
}

static int
is_set(const struct inifile *ini, const char *section, const char *name)
{
	const struct inifile_entry *e;
	size_t i;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		if (strcmp(e->section, section) == 0 && strcmp(e->key, name) == 0)
			return 1;
	}
	return 0;
}

int
settings_apply(const struct inifile *ini, size_t section, const struct settings_key *keys, size_t count, void *target)
{
	const struct inifile_entry *e;
	unsigned line;
	const char *name = inifile_section(ini, section, &line);
	size_t i;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		if (strcmp(e->section, name) == 0 && apply_entry(ini, e, find_key(keys, count, e->key), target) == -1)
			return -1;
	}
	for (i = 0; i < count; i++) {
		if ((keys[i].flags & SETTINGS_REQUIRED) != 0 && !is_set(ini, name, keys[i].name)) {
			diag_errx("%s:%u: [%s] has no %s", inifile_label(ini), line, name, keys[i].name);
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

int
settings_text(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	char **text = field;

	if (strlen(e->value) > (key->max == 0 ? TEXT_MAX : key->max))
		return settings_refuse(ini, e, "too long");
	free(*text);
	*text = strdup(e->value);
	if (*text == NULL) {
		diag_err("%s", inifile_label(ini));
		return -1;
	}
	return 0;
}

/* Does a component of the path consist of two dots? */
static int
goes_up(const char *path)
{
	size_t n;

	for (; *path != '\0'; path += n) {
		path += strspn(path, "/");
		n = strcspn(path, "/");
		if (n == 2 && memcmp(path, "..", 2) == 0)
			return 1;
	}
	return 0;
}

int
settings_path(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	if (e->value[0] != '/')
		return settings_refuse(ini, e, "not an absolute path");
	if (goes_up(e->value))
		return settings_refuse(ini, e, "a path must not hold \"..\"");
	if (strlen(e->value) > PATH_BYTES)
		return settings_refuse(ini, e, "too long");
	return settings_text(key, ini, e, field);
}

static int
refuse_number(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e)
{
	if (errno == EINVAL)
		return settings_refuse(ini, e, "not a number that is written like this");
	diag_errx("%s:%u: %s: must be from %ju to %ju", inifile_label(ini), e->line, e->key, (uintmax_t)key->min,
	    (uintmax_t)key->max);
	errno = EINVAL;
	return -1;
}

int
settings_bytes(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	return text_bytes(e->value, key->min, key->max, field) == -1 ? refuse_number(key, ini, e) : 0;
}

int
settings_u64(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	return text_u64(e->value, key->min, key->max, field) == -1 ? refuse_number(key, ini, e) : 0;
}

int
settings_u32(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	uint64_t n;

	if (text_u64(e->value, key->min, key->max, &n) == -1)
		return refuse_number(key, ini, e);
	*(uint32_t *)field = (uint32_t)n;
	return 0;
}

int
settings_duration(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	uint64_t n;

	if (text_duration(e->value, key->min, key->max, &n) == -1)
		return refuse_number(key, ini, e);
	*(uint32_t *)field = (uint32_t)n;
	return 0;
}

int
settings_day_divisor(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	uint64_t n;

	if (text_u64(e->value, key->min, key->max, &n) == -1)
		return refuse_number(key, ini, e);
	if (n == 0 || DAY_SECONDS % n != 0)
		return settings_refuse(ini, e, "must divide a day of 86400 seconds");
	*(uint32_t *)field = (uint32_t)n;
	return 0;
}

int
settings_word(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	unsigned i;

	for (i = 0; key->words[i] != NULL; i++) {
		if (strcmp(key->words[i], e->value) == 0) {
			memcpy(field, &i, sizeof(i)); /* an enum has the size of an unsigned, whatever its type */
			return 0;
		}
	}
	return settings_refuse(ini, e, "not one of the words that may stand here");
}

int
settings_yes_no(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	if (strcmp(e->value, "yes") != 0 && strcmp(e->value, "no") != 0)
		return settings_refuse(ini, e, "must be yes or no");
	*(int *)field = e->value[0] == 'y';
	return 0;
}

int
settings_only_empty(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	(void)field;
	return e->value[0] == '\0' ? 0 : settings_refuse(ini, e, "not supported by this version");
}
