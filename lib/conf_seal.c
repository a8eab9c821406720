#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"
#include "text.h"

#include "conf.h"

#include "conf_internal.h"

#define URL_MAX 1024
#define NOTICE_GAP_DEFAULT 60
#define NOTICE_GAP_MAX 86400

/* What may not stand in an URL that is sent as it is. */
static const char unfit[] = "\"<>\\^`{|}#@";

/* Is it http:// or https:// with a host?  A time stamp proves itself, so its way need not. */
static int
is_good_url(const char *s, size_t n)
{
	size_t scheme = strncmp(s, "http://", 7) == 0 ? 7 : strncmp(s, "https://", 8) == 0 ? 8 : 0;
	size_t i;

	if (scheme == 0 || n > URL_MAX || !text_is_printable(s, n) || strcspn(s + scheme, "/:? ") == 0)
		return 0;
	for (i = 0; i < n; i++) {
		if (strchr(unfit, s[i]) != NULL)
			return 0;
	}
	return 1;
}

static int
set_tsa_urls(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf *c = field;
	const char *s = e->value;
	size_t n;

	(void)key;
	for (s += strspn(s, " "); *s != '\0'; s += n + strspn(s + n, " ")) {
		n = strcspn(s, " ");
		if (!is_good_url(s, n))
			return settings_refuse(
			    ini, e, "must be http://HOST/PATH or https://HOST/PATH, without a user");
		if (c->tsa_count == CONF_TSAS_MAX)
			return settings_refuse(ini, e, "more than two authorities");
		c->tsa_urls[c->tsa_count] = strndup(s, n);
		if (c->tsa_urls[c->tsa_count] == NULL) {
			diag_err("%s", inifile_label(ini));
			return -1;
		}
		c->tsa_count++;
	}
	return 0;
}

static const struct settings_key keys[] = {
    {"key", settings_path, offsetof(struct conf, seal_key), 0, 0, NULL, SETTINGS_REQUIRED},
    {"tsa_url", set_tsa_urls, 0, 0, 0, NULL, SETTINGS_MAY_BE_EMPTY},
    {"tsa_ca", settings_path, offsetof(struct conf, tsa_ca), 0, 0, NULL, 0},
    {"events_profile", settings_path, offsetof(struct conf, events_profile), 0, 0, NULL, 0},
    {"notice_gap", settings_duration, offsetof(struct conf, notice_gap), 0, NOTICE_GAP_MAX, NULL, 0},
    {"notice_loss", settings_u64, offsetof(struct conf, notice_loss), 0, UINT64_MAX, NULL, 0},
    {"notice_orders", settings_yes_no, offsetof(struct conf, notice_orders), 0, 0, NULL, 0},
};

int
conf_seal_read(const struct inifile *ini, size_t section, struct conf *c)
{
	unsigned line;
	const char *name = inifile_section(ini, section, &line);

	c->notice_gap = NOTICE_GAP_DEFAULT;
	c->notice_loss = 1;
	c->notice_orders = 1;
	if (settings_apply(ini, section, keys, sizeof(keys) / sizeof(keys[0]), c) == -1)
		return -1;
	if (c->tsa_count == 0 || c->tsa_ca != NULL)
		return 0;
	diag_errx("%s:%u: [%s]: tsa_url needs tsa_ca: a time stamp of just anybody proves nothing",
	    inifile_label(ini), line, name);
	errno = EINVAL;
	return -1;
}

void
conf_seal_release(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->tsa_count; i++)
		free(c->tsa_urls[i]);
	free(c->tsa_ca);
	free(c->events_profile);
	free(c->seal_key);
}
