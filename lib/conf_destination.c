#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"
#include "text.h"

#include "conf.h"

#include "conf_internal.h"

#define URL_MAX 1024
#define RATE_MIN 1024
#define RATE_MAX ((uint64_t)1 << 40)
#define PARALLEL_MAX 16
#define ALARM_MIN 60
#define ALARM_MAX (30 * 86400)
#define ALARM_DEFAULT 3600
#define DAY_SECONDS 86400
#define CLOCK_CHARS 5 /* HH:MM */
#define REGION_MAX 32
#define LOCK_DAYS_MAX 36500
#define PIN_PREFIX "sha256//"
#define PIN_HASH_BYTES 32
#define PIN_BASE64_CHARS 44

static const char *const scheme_prefixes[] = {
    [CONF_FILE] = "file://", [CONF_HTTPS] = "https://", [CONF_SFTP] = "sftp://", [CONF_S3] = "s3://", NULL};

#define FOLDER (1U << CONF_FILE)
#define HTTPS (1U << CONF_HTTPS)
#define SFTP (1U << CONF_SFTP)
#define S3 (1U << CONF_S3)

/* Keys that mean something for some schemes only. */
static const struct {
	const char *name;
	unsigned schemes;
} scheme_keys[] = {{"ca", HTTPS | S3}, {"crl", HTTPS | S3}, {"pin", HTTPS | S3}, {"client_cert", HTTPS},
    {"client_key", HTTPS}, {"token_file", HTTPS}, {"user", HTTPS}, {"password_file", HTTPS}, {"identity", SFTP},
    {"known_hosts", SFTP}, {"region", S3}, {"access_key_file", S3}, {"secret_key_file", S3}, {"object_lock_days", S3},
    {"legal_hold", S3}, {"path_style", S3}, {"proof", HTTPS}, {"drop", FOLDER}, {"mounted", FOLDER}};

/* What lies between "://" and the first slash: there for a server, not there for a folder. */
static int
is_good_authority(enum conf_scheme scheme, const char *s, size_t n)
{
	const char *at = memchr(s, '@', n);

	if (scheme == CONF_FILE)
		return n == 0;
	if (at != NULL && (scheme != CONF_SFTP || at == s))
		return 0; /* the user of https has a key of its own */
	if (at != NULL && memchr(s, ':', (size_t)(at - s)) != NULL)
		return 0; /* a password: secrets are always files */
	return n > 0 && s[n - 1] != '@';
}

/* A bucket and perhaps a prefix, of characters that no engine and no signature spells in two ways. */
static int
is_good_s3_path(const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-/";

	return path[1] != '/' && path[1] != '\0' && strstr(path, "//") == NULL && path[strspn(path, plain)] == '\0';
}

static int
set_url(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_destination *d = field;
	const char *rest;
	size_t n;
	unsigned i;

	for (i = 0; scheme_prefixes[i] != NULL; i++) {
		if (strncmp(e->value, scheme_prefixes[i], strlen(scheme_prefixes[i])) == 0)
			break;
	}
	if (scheme_prefixes[i] == NULL)
		return settings_refuse(ini, e, "must start with file://, https://, sftp:// or s3://");
	d->scheme = (enum conf_scheme)i;
	rest = e->value + strlen(scheme_prefixes[i]);
	n = strcspn(rest, "/");
	if (!text_is_printable(e->value, strlen(e->value)) || strpbrk(e->value, " \"<>\\^`{|}?#") != NULL)
		return settings_refuse(ini, e, "holds a character that may not stand in such a URL");
	if (!is_good_authority(d->scheme, rest, n))
		return settings_refuse(
		    ini, e, "must be SCHEME://HOST/PATH, USER@HOST for sftp, no host for file, no password");
	if (rest[n] != '/')
		return settings_refuse(ini, e, "has no path");
	if (strstr(rest + n, "/..") != NULL)
		return settings_refuse(ini, e, "no name in the path may start with \"..\"");
	if (d->scheme == CONF_S3 && !is_good_s3_path(rest + n))
		return settings_refuse(ini, e, "must be s3://HOST/BUCKET/PREFIX/, of letters, digits and . _ - only");
	return settings_text(key, ini, e, &d->url);
}

/* One or more sha256//BASE64, separated by ";". */
static int
set_pin(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	uint8_t hash[PIN_HASH_BYTES + 4];
	const char *s = e->value;
	size_t n, got;

	for (;; s += n + 1) {
		n = strcspn(s, ";");
		if (n != strlen(PIN_PREFIX) + PIN_BASE64_CHARS || strncmp(s, PIN_PREFIX, strlen(PIN_PREFIX)) != 0 ||
		    text_unbase64(hash, sizeof(hash), &got, s + strlen(PIN_PREFIX), PIN_BASE64_CHARS) == -1 ||
		    got != PIN_HASH_BYTES)
			return settings_refuse(ini, e, "must be sha256//BASE64, more of them separated by ;");
		if (s[n] == '\0')
			break;
	}
	return settings_text(key, ini, e, field);
}

static int
set_deliver(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	static const char *const words[] = {
	    [CONF_PACKAGES] = "packages", [CONF_DAY] = "day", [CONF_BOTH] = "both", NULL};
	struct settings_key with_words = *key;

	with_words.words = words;
	return settings_word(&with_words, ini, e, field);
}

/* age1... of X25519, one or more with blanks between; without a value nothing is encrypted. */
int
conf_recipients(
    const struct inifile *ini, const struct inifile_entry *e, struct age_recipient **out, size_t *out_count)
{
	struct age_recipient list[CONF_RECIPIENTS_MAX];
	const char *s = e->value;
	size_t i, n, count = 0;

	for (s += strspn(s, " "); *s != '\0'; s += n + strspn(s + n, " ")) {
		n = strcspn(s, " ");
		if (count == CONF_RECIPIENTS_MAX)
			return settings_refuse(ini, e, "more than 16 recipients");
		if (age_recipient_parse(s, n, &list[count]) == -1)
			return settings_refuse(ini, e, "not an age recipient (age1...)");
		for (i = 0; i < count; i++) {
			if (memcmp(list[i].key, list[count].key, sizeof(list[i].key)) == 0)
				return settings_refuse(ini, e, "a recipient stands twice");
		}
		count++;
	}
	if (count == 0)
		return 0;
	*out = calloc(count, sizeof(list[0]));
	if (*out == NULL)
		return settings_refuse(ini, e, "out of memory");
	memcpy(*out, list, count * sizeof(list[0]));
	*out_count = count;
	return 0;
}

static int
set_encrypt_to(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_destination *d = field;

	(void)key;
	return conf_recipients(ini, e, &d->encrypt_to, &d->encrypt_to_count);
}

/* It becomes a part of every signature. */
static int
set_region(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	size_t n = strspn(e->value, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (n == 0 || n > REGION_MAX || e->value[n] != '\0')
		return settings_refuse(ini, e, "must be of small letters, digits and -, at most 32");
	return settings_text(key, ini, e, field);
}

/* A number, or the order's own payload_days. */
static int
set_lock_days(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	if (strcmp(e->value, "order") != 0)
		return settings_u32(key, ini, e, field);
	*(uint32_t *)field = CONF_LOCK_BY_ORDER;
	return 0;
}

/* HH:MM, 24:00 being the end of the day, as seconds; moves *s behind it.  Return 0 or -1. */
static int
take_clock(const char **s, uint32_t *seconds)
{
	static const size_t digits[] = {0, 1, 3, 4};
	const char *t = *s;
	uint32_t hours, minutes;

	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		if (strnlen(t, CLOCK_CHARS) < CLOCK_CHARS || t[digits[i]] < '0' || t[digits[i]] > '9')
			return -1;
	}
	hours = (uint32_t)((t[0] - '0') * 10 + t[1] - '0');
	minutes = (uint32_t)((t[3] - '0') * 10 + t[4] - '0');
	*seconds = hours * 3600 + minutes * 60;
	*s += CLOCK_CHARS;
	return t[2] != ':' || minutes > 59 || *seconds > DAY_SECONDS ? -1 : 0;
}

static int
set_proof(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	static const char *const words[] = {[CONF_READ_BACK] = "read-back", [CONF_DIGEST] = "digest", NULL};
	struct settings_key with_words = *key;

	with_words.words = words;
	return settings_word(&with_words, ini, e, field);
}

/* HH:MM-HH:MM, more of them separated by blanks. */
static int
set_window(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf_destination *d = field;
	struct conf_window *w;
	const char *s = e->value;

	(void)key;
	for (s += strspn(s, " "); *s != '\0'; s += strspn(s, " ")) {
		if (d->window_count == CONF_WINDOWS_MAX)
			return settings_refuse(ini, e, "more than 8 windows");
		w = &d->windows[d->window_count];
		if (take_clock(&s, &w->from) == -1 || *s++ != '-' || take_clock(&s, &w->to) == -1 ||
		    (*s != '\0' && *s != ' ') || w->from == DAY_SECONDS)
			return settings_refuse(ini, e, "must be HH:MM-HH:MM, more of them separated by blanks");
		if (w->from == w->to)
			return settings_refuse(ini, e, "a window that ends when it begins");
		d->window_count++;
	}
	return 0;
}

#define AT(member) offsetof(struct conf_destination, member)

static const struct settings_key keys[] = {
    {"url", set_url, 0, 0, URL_MAX, NULL, SETTINGS_REQUIRED},
    {"deliver", set_deliver, AT(deliver), 0, 0, NULL, 0},
    {"encrypt_to", set_encrypt_to, 0, 0, 0, NULL, SETTINGS_MAY_BE_EMPTY},
    {"lea", settings_text, AT(lea), 0, 64, NULL, 0},
    {"rate_limit", settings_bytes, AT(rate_limit), RATE_MIN, RATE_MAX, NULL, 0},
    {"parallel", settings_u32, AT(parallel), 1, PARALLEL_MAX, NULL, 0},
    {"alarm_after", settings_duration, AT(alarm_after_seconds), ALARM_MIN, ALARM_MAX, NULL, 0},
    {"ca", settings_path, AT(ca), 0, 0, NULL, 0},
    {"crl", settings_path, AT(crl), 0, 0, NULL, 0},
    {"client_cert", settings_path, AT(client_cert), 0, 0, NULL, 0},
    {"client_key", settings_path, AT(client_key), 0, 0, NULL, 0},
    {"token_file", settings_path, AT(token_file), 0, 0, NULL, 0},
    {"user", settings_text, AT(user), 0, 256, NULL, 0},
    {"password_file", settings_path, AT(password_file), 0, 0, NULL, 0},
    {"pin", set_pin, AT(pin), 0, 0, NULL, 0},
    {"proof", set_proof, AT(proof), 0, 0, NULL, 0},
    {"identity", settings_path, AT(identity), 0, 0, NULL, 0},
    {"known_hosts", settings_path, AT(known_hosts), 0, 0, NULL, 0},
    {"window", set_window, 0, 0, 0, NULL, 0},
    {"region", set_region, AT(region), 0, 0, NULL, 0},
    {"access_key_file", settings_path, AT(access_key_file), 0, 0, NULL, 0},
    {"secret_key_file", settings_path, AT(secret_key_file), 0, 0, NULL, 0},
    {"object_lock_days", set_lock_days, AT(object_lock_days), 1, LOCK_DAYS_MAX, NULL, 0},
    {"legal_hold", settings_yes_no, AT(legal_hold), 0, 0, NULL, 0},
    {"path_style", settings_yes_no, AT(path_style), 0, 0, NULL, 0},
    {"drop", settings_path, AT(drop), 0, 0, NULL, 0},
    {"mounted", settings_yes_no, AT(mounted), 0, 0, NULL, 0},
};

/* A key of another scheme would be a safety that is believed in and not there. */
static int
check_scheme(const struct inifile *ini, const char *section, enum conf_scheme scheme)
{
	const struct inifile_entry *e;
	size_t i, k;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		if (strcmp(e->section, section) != 0)
			continue;
		for (k = 0; k < sizeof(scheme_keys) / sizeof(scheme_keys[0]); k++) {
			if (strcmp(scheme_keys[k].name, e->key) == 0 && (scheme_keys[k].schemes & 1U << scheme) == 0)
				return settings_refuse(ini, e, "does not belong to a destination of this scheme");
		}
	}
	return 0;
}

/* What must stand together, or must stand at all.  Return what is wrong, or NULL. */
static const char *
find_fault(const struct conf_destination *d)
{
	if (d->scheme == CONF_SFTP && (d->identity == NULL || d->known_hosts == NULL))
		return "sftp needs identity and known_hosts";
	if (d->scheme == CONF_S3 && (d->access_key_file == NULL || d->secret_key_file == NULL))
		return "s3 needs access_key_file and secret_key_file";
	if ((d->scheme == CONF_HTTPS || d->scheme == CONF_S3) && d->ca == NULL && d->pin == NULL)
		return "https and s3 need ca or pin: nothing goes to a server that any public authority could name";
	if (d->crl != NULL && d->ca == NULL)
		return "crl needs the ca whose list it is";
	if (d->scheme != CONF_HTTPS)
		return NULL;
	if ((d->client_cert == NULL) != (d->client_key == NULL))
		return "client_cert and client_key stand together";
	if ((d->user == NULL) != (d->password_file == NULL))
		return "user and password_file stand together";
	if (d->token_file != NULL && d->user != NULL)
		return "token_file and user exclude each other";
	return NULL;
}

int
conf_destination_read(const struct inifile *ini, size_t section, struct conf_destination *d)
{
	unsigned line;
	const char *name = inifile_section(ini, section, &line);
	const char *fault;

	d->parallel = 1;
	d->path_style = 1;
	d->alarm_after_seconds = ALARM_DEFAULT;
	if (settings_apply(ini, section, keys, sizeof(keys) / sizeof(keys[0]), d) == -1 ||
	    check_scheme(ini, name, d->scheme) == -1)
		return -1;
	fault = find_fault(d);
	if (fault != NULL) {
		diag_errx("%s:%u: [%s]: %s", inifile_label(ini), line, name, fault);
		errno = EINVAL;
		return -1;
	}
	return 0;
}

int
conf_check_secret(const char *path)
{
	struct stat st;

	if (path == NULL || stat(path, &st) == -1)
		return 0;
	/* systemd hands credentials over as root's own files, readable by the unit's group. */
	if ((st.st_mode & (S_IRWXO | S_IWGRP)) == 0 && ((st.st_mode & S_IRGRP) == 0 || st.st_uid == 0))
		return 0;
	diag_errx("%s: a secret that others can read or write (mode %04o)", path, (unsigned)st.st_mode & 07777);
	errno = EPERM;
	return -1;
}

int
conf_destination_check(const struct conf_destination *d)
{
	const char *const secrets[] = {
	    d->client_key, d->token_file, d->password_file, d->identity, d->access_key_file, d->secret_key_file};
	size_t i;

	for (i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
		if (conf_check_secret(secrets[i]) == -1)
			return -1;
	}
	return 0;
}

void
conf_destination_release(struct conf_destination *d)
{
	char *const texts[] = {d->url, d->ca, d->crl, d->client_cert, d->client_key, d->token_file, d->user,
	    d->password_file, d->pin, d->identity, d->known_hosts, d->region, d->access_key_file, d->secret_key_file,
	    d->lea, d->drop};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(texts[i]);
	free(d->encrypt_to);
}
