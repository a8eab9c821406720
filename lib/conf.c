#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "inifile.h"
#include "settings.h"
#include "trusted.h"

#include "conf_internal.h"

#include "conf.h"

#define STATE_MARKER ".casetap"
#define DAY_SECONDS 86400
#define REMIND_DAYS_DEFAULT 3
#define ORDER_DAYS_DEFAULT 60
#define ORDER_DAYS_MAX 3660

static int
set_orders_encrypt_to(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct conf *c = field;

	(void)key;
	return conf_recipients(ini, e, &c->orders_encrypt_to, &c->orders_encrypt_to_count);
}

#define STATION(member) offsetof(struct conf, member)

static const struct settings_key station_keys[] = {
    {"name", settings_text, STATION(station), 0, 256, NULL, SETTINGS_REQUIRED},
    {"state_dir", settings_path, STATION(state_dir), 0, 0, NULL, 0},
    {"orders_dir", settings_path, STATION(orders_dir), 0, 0, NULL, 0},
    {"orders_encrypt_to", set_orders_encrypt_to, 0, 0, 0, NULL, SETTINGS_MAY_BE_EMPTY},
    {"orders_key", settings_path, STATION(orders_key), 0, 0, NULL, 0},
    {"keyring", settings_path, STATION(keyring), 0, 0, NULL, 0},
    {"root", settings_path, STATION(root), 0, 0, NULL, 0},
    {"max_order_days", settings_u32, STATION(max_order_days), 1, ORDER_DAYS_MAX, NULL, 0},
    {"quiet_after", settings_duration, STATION(quiet_after), 0, (uint64_t)ORDER_DAYS_MAX *DAY_SECONDS, NULL, 0},
    {"remind_before", settings_duration, STATION(remind_before), 0, (uint64_t)ORDER_DAYS_MAX *DAY_SECONDS, NULL, 0},
    {"alarm_program", settings_path, STATION(alarm_program), 0, 0, NULL, 0},
    {"clock_file", settings_path, STATION(clock_file), 0, 0, NULL, 0},
    {"allow_volatile_state", settings_yes_no, STATION(allow_volatile_state), 0, 0, NULL, 0},
};

#define COUNT(keys) (sizeof(keys) / sizeof((keys)[0]))

static int
refuse_section(const struct inifile *ini, size_t i, const char *what)
{
	unsigned line;
	const char *name = inifile_section(ini, i, &line);

	diag_errx("%s:%u: [%s]: %s", inifile_label(ini), line, name, what);
	errno = EINVAL;
	return -1;
}

static int
read_iap(struct conf *c, const struct inifile *ini, size_t i, const char *name)
{
	struct conf_iap *iap = &c->iaps[c->iap_count];
	size_t k;

	if (!names_is_iap(name))
		return refuse_section(ini, i, "an IAP's name is of letters, digits and -, at most 15");
	if (c->iap_count == CONF_IAPS_MAX)
		return refuse_section(ini, i, "more than 64 IAPs");
	for (k = 0; k < c->iap_count; k++) {
		if (strcasecmp(c->iaps[k].name, name) == 0)
			return refuse_section(ini, i, "differs from another IAP in upper and lower case only");
	}
	c->iap_count++;
	memcpy(iap->name, name, strlen(name) + 1);
	return conf_iap_read(ini, i, iap);
}

static int
read_destination(struct conf *c, const struct inifile *ini, size_t i, const char *name)
{
	struct conf_destination *d = &c->destinations[c->destination_count];
	size_t k;

	if (!names_is_destination(name))
		return refuse_section(ini, i, "a destination's name is of letters, digits and -, at most 64");
	if (c->destination_count == CONF_DESTINATIONS_MAX)
		return refuse_section(ini, i, "more than 64 destinations");
	for (k = 0; k < c->destination_count; k++) {
		if (strcasecmp(c->destinations[k].name, name) == 0)
			return refuse_section(
			    ini, i, "differs from another destination in upper and lower case only");
	}
	c->destination_count++;
	memcpy(d->name, name, strlen(name) + 1);
	return conf_destination_read(ini, i, d);
}

static int
read_tunnel(struct conf *c, const struct inifile *ini, size_t i, const char *name)
{
	struct conf_tunnel *t = &c->tunnels[c->tunnel_count];
	size_t k;

	if (!names_is_destination(name))
		return refuse_section(ini, i, "a tunnel's name is of letters, digits and -, at most 64");
	if (c->tunnel_count == CONF_TUNNELS_MAX)
		return refuse_section(ini, i, "more than 64 tunnels");
	for (k = 0; k < c->tunnel_count; k++) {
		if (strcasecmp(c->tunnels[k].name, name) == 0)
			return refuse_section(ini, i, "differs from another tunnel in upper and lower case only");
	}
	c->tunnel_count++;
	memcpy(t->name, name, strlen(name) + 1);
	return conf_tunnel_read(ini, i, t);
}

/* The text behind "WORD " in a section's name, NULL if it does not start so. */
static const char *
named(const char *section, const char *word)
{
	size_t n = strlen(word);

	return strncmp(section, word, n) == 0 && section[n] == ' ' ? section + n + 1 : NULL;
}

static int
read_section(struct conf *c, const struct inifile *ini, size_t i)
{
	const char *section = inifile_section(ini, i, NULL);
	const char *name;

	if (strcmp(section, "station") == 0)
		return settings_apply(ini, i, station_keys, COUNT(station_keys), c);
	if (strcmp(section, "seal") == 0)
		return conf_seal_read(ini, i, c);
	if ((name = named(section, "iap")) != NULL)
		return read_iap(c, ini, i, name);
	if ((name = named(section, "destination")) != NULL)
		return read_destination(c, ini, i, name);
	if ((name = named(section, "tunnel")) != NULL)
		return read_tunnel(c, ini, i, name);
	return refuse_section(ini, i, "unknown section");
}

static int
set_default(char **path, const char *text)
{
	if (*path == NULL)
		*path = strdup(text);
	return *path == NULL ? -1 : 0;
}

/* Orders among the state's own folders would let one program write what another takes its orders from (FAULTS 12). */
static int
check_folders(const struct conf *c, const char *label)
{
	static const char *const own[] = {
	    "", "spool", "outbox", "records", "receipts", "quarantine", "journal", "requests"};
	size_t base = strlen(c->state_dir), i, n;
	const char *rest;

	while (base > 0 && c->state_dir[base - 1] == '/')
		base--;
	if (strncmp(c->orders_dir, c->state_dir, base) != 0 ||
	    (c->orders_dir[base] != '/' && c->orders_dir[base] != '\0'))
		return 0;
	rest = c->orders_dir + base;
	rest += strspn(rest, "/");
	n = strcspn(rest, "/");
	for (i = 0; i < COUNT(own); i++) {
		if (strlen(own[i]) == n && strncmp(own[i], rest, n) == 0) {
			diag_errx("%s: orders_dir is one of the state folder's own folders", label);
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

static int
read_all(struct conf *c, const struct inifile *ini)
{
	size_t count = inifile_section_count(ini), i;

	c->max_order_days = ORDER_DAYS_DEFAULT;
	c->quiet_after = DAY_SECONDS;
	c->remind_before = REMIND_DAYS_DEFAULT * DAY_SECONDS;
	c->iaps = calloc(count + 1, sizeof(*c->iaps));
	c->destinations = calloc(count + 1, sizeof(*c->destinations));
	c->tunnels = calloc(count + 1, sizeof(*c->tunnels));
	if (c->iaps == NULL || c->destinations == NULL || c->tunnels == NULL)
		goto memory;
	for (i = 0; i < count; i++) {
		if (read_section(c, ini, i) == -1)
			return -1;
	}
	if (c->station == NULL) {
		diag_errx("%s: has no section [station]", inifile_label(ini));
		errno = EINVAL;
		return -1;
	}
	if (set_default(&c->state_dir, "/var/lib/casetap") == -1 ||
	    set_default(&c->orders_dir, "/etc/casetap/orders") == -1 ||
	    set_default(&c->keyring, "/etc/casetap/keyring.txt") == -1 ||
	    set_default(&c->root, "/etc/casetap/root.pub") == -1)
		goto memory;
	return check_folders(c, inifile_label(ini));
memory:
	diag_err("%s", inifile_label(ini));
	return -1;
}

static int
check_secrets(const struct conf *c)
{
	size_t i;

	if (conf_check_secret(c->seal_key) == -1 || conf_check_secret(c->orders_key) == -1)
		return -1;
	for (i = 0; i < c->destination_count; i++) {
		if (conf_destination_check(&c->destinations[i]) == -1)
			return -1;
	}
	return 0;
}

/* The exit code of a failure in the text. */
static int
status_of(int error)
{
	if (error == EPERM)
		return EX_NOPERM;
	return error == ENOMEM ? EX_OSERR : EX_CONFIG;
}

struct conf *
conf_load(const char *path, int *status)
{
	struct conf *c = calloc(1, sizeof(*c));
	struct inifile *ini = NULL;
	struct buf text = BUF_INIT;
	int rc = -1;

	*status = EX_OSERR;
	if (c == NULL) {
		diag_err("%s", path);
		goto out;
	}
	if (trusted_load_path(path, INIFILE_MAX_BYTES, &text, status) == -1)
		goto out;
	c->path = realpath(path, NULL);
	if (c->path == NULL || digest_hex_of(text.data, text.len, c->sha256) == -1) {
		diag_err("%s", path);
		goto out;
	}
	ini = inifile_parse(text.data, text.len, path);
	if (ini == NULL || read_all(c, ini) == -1 || check_secrets(c) == -1) {
		*status = status_of(errno);
		goto out;
	}
	rc = 0;
out:
	inifile_free(ini);
	buf_free(&text);
	if (rc == 0)
		return c;
	conf_free(c);
	return NULL;
}

void
conf_free(struct conf *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < c->iap_count; i++)
		conf_iap_release(&c->iaps[i]);
	for (i = 0; i < c->destination_count; i++)
		conf_destination_release(&c->destinations[i]);
	free(c->iaps);
	free(c->destinations);
	free(c->tunnels);
	free(c->path);
	free(c->station);
	free(c->state_dir);
	free(c->orders_dir);
	free(c->keyring);
	free(c->root);
	free(c->alarm_program);
	free(c->clock_file);
	free(c->orders_key);
	free(c->orders_encrypt_to);
	conf_seal_release(c);
	free(c);
}

const struct conf_iap *
conf_find_iap(const struct conf *c, const char *name)
{
	size_t i;

	if (name == NULL)
		return c->iap_count == 1 ? &c->iaps[0] : NULL;
	for (i = 0; i < c->iap_count; i++) {
		if (strcmp(c->iaps[i].name, name) == 0)
			return &c->iaps[i];
	}
	return NULL;
}

const struct conf_destination *
conf_find_destination(const struct conf *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->destination_count; i++) {
		if (strcmp(c->destinations[i].name, name) == 0)
			return &c->destinations[i];
	}
	return NULL;
}

/* Is the marker there, on a folder and a filesystem that can be relied upon?  Return 0, or -1 with ${status} set. */
static int
check_state(const struct conf *c, int fd, int *status)
{
	struct stat st;
	int is_volatile;

	if (fsio_check_trusted(fd, c->state_dir, 0) == -1) {
		*status = trusted_status(errno);
		if (errno != EPERM)
			diag_err("%s", c->state_dir);
		return -1;
	}
	*status = EX_CONFIG;
	if (fstatat(fd, STATE_MARKER, &st, AT_SYMLINK_NOFOLLOW) == -1 || !S_ISREG(st.st_mode)) {
		diag_errx("%s: has no " STATE_MARKER
			  " file: not made by casetap init, or its filesystem is not mounted",
		    c->state_dir);
		return -1;
	}
	is_volatile = fsio_is_volatile(fd);
	if (is_volatile == -1) {
		diag_err("%s", c->state_dir);
		*status = EX_IOERR;
		return -1;
	}
	if (is_volatile && !c->allow_volatile_state) {
		diag_errx(
		    "%s: lies on a filesystem that forgets or is not local (allow_volatile_state = yes allows it)",
		    c->state_dir);
		return -1;
	}
	return 0;
}

int
conf_open_state(const struct conf *c, int *status)
{
	int fd = fsio_opendir(c->state_dir);

	if (fd == -1) {
		if (errno == ELOOP || errno == ENOTDIR) {
			diag_errx("%s: %s in the path of the state folder", c->state_dir,
			    errno == ELOOP ? "a symbolic link" : "something that is no folder");
			*status = EX_CONFIG;
		} else {
			diag_err("%s", c->state_dir);
			*status = trusted_status(errno);
		}
		return -1;
	}
	if (check_state(c, fd, status) == -1) {
		(void)close(fd); /* nothing was written */
		return -1;
	}
	return fd;
}
