#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "access.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "orderfile.h"
#include "roots.h"
#include "text.h"
#include "trusted.h"

#include "packager.h"

#define CREDENTIAL "station.key"
#define PASSWORD "station.password"
#define KEYRING_MAX_BYTES ((size_t)4 * 1024 * 1024)

void
packager_fail(struct packager *p, int status)
{
	if (p->status == EX_OK)
		p->status = status;
}

int
packager_case_failed(struct packager *p, const char *case_id, const char *what)
{
	packager_fail(p, packager_status(errno));
	diag_err("case %s: %s", case_id, what);
	return -1;
}

void
packager_hold_back(struct packager *p, const char *case_id)
{
	char(*grown)[NAMES_CASE_ROOM];

	if (packager_is_held_back(p, case_id))
		return;
	grown = reallocarray(p->held, p->held_count + 1, sizeof(*grown));
	if (grown == NULL) {
		p->are_all_held = 1;
		return;
	}
	p->held = grown;
	(void)snprintf(grown[p->held_count++], sizeof(*grown), "%s", case_id); /* a name that was judged */
}

int
packager_is_held_back(const struct packager *p, const char *case_id)
{
	size_t i;

	for (i = 0; i < p->held_count; i++) {
		if (strcmp(p->held[i], case_id) == 0)
			return 1;
	}
	return p->are_all_held;
}

int
packager_status(int error)
{
	switch (error) {
	case EACCES:
	case EPERM:
		return EX_NOPERM;
	case EBADMSG:
	case EINVAL:
	case ELOOP:
		return EX_DATAERR;
	case EWOULDBLOCK:
		return EX_TEMPFAIL;
	case ENOKEY:
	case EKEYREJECTED:
		return EX_CONFIG;
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return EX_OSERR;
	default:
		return EX_IOERR;
	}
}

/* Open the secret key: the credential that systemd hands over, else the configured file. */
static int
open_key(const struct conf *conf, const char **label)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int dirfd, fd;

	if (folder != NULL && folder[0] == '/') {
		*label = "credential " CREDENTIAL;
		dirfd = fsio_opendir(folder);
		fd = dirfd == -1 ? -1 : openat(dirfd, CREDENTIAL, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (dirfd != -1)
			(void)close(dirfd); /* a folder */
		if (fd != -1 || errno != ENOENT)
			return fd;
	}
	*label = conf->seal_key;
	return open(conf->seal_key, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY);
}

/* The password of the key, where systemd hands one over: 1, 0, or -1 after one diag line. */
static int
load_password(struct buf *password)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	int dirfd, rc = 0;

	if (folder == NULL || folder[0] != '/')
		return 0;
	dirfd = fsio_opendir(folder);
	if (sign_reserve(password, KEYFILE_MAX) == -1 || dirfd == -1 ||
	    fsio_load(dirfd, PASSWORD, KEYFILE_MAX, password) == -1) {
		if (dirfd == -1 || errno != ENOENT) {
			diag_err("credential " PASSWORD);
			rc = -1;
		}
	} else {
		rc = 1;
	}
	/* An editor's newline is no part of a password. */
	if (rc == 1 && password->len > 0 && password->data[password->len - 1] == '\n')
		password->data[--password->len] = '\0';
	if (dirfd != -1)
		(void)close(dirfd); /* a folder */
	return rc;
}

static struct sign_key *
read_key(int fd, const char *label, int *status)
{
	struct buf password = BUF_INIT;
	struct sign_key *key = NULL;
	int given = load_password(&password);

	*status = EX_NOPERM;
	if (given != -1)
		key = keyfile_read(fd, label, given == 1 ? password.data : NULL, password.len, status);
	if (*status == EX_DATAERR)
		*status = EX_CONFIG; /* the configuration named it */
	sign_release(&password);
	return key;
}

static int
load_key(struct packager *p, int *status)
{
	const char *label;
	int fd;

	if (p->conf->seal_key == NULL) {
		diag_errx("%s: has no section [seal]", p->conf->path);
		*status = EX_CONFIG;
		return -1;
	}
	fd = open_key(p->conf, &label);
	if (fd == -1) {
		diag_err("%s", label);
		*status = errno == ENOENT ? EX_NOINPUT : errno == EACCES ? EX_NOPERM : EX_CONFIG;
		return -1;
	}
	p->key = read_key(fd, label, status);
	(void)close(fd); /* only read from */
	return p->key == NULL ? -1 : 0;
}

/* The key must be a station of the keyring, and be allowed to sign at this time. */
static int
find_station(struct packager *p, int *status)
{
	const struct sign_pub *pub = sign_key_pub(p->key);
	const struct keyring_entry *e = keyring_find(p->keyring, KEYRING_STATION, pub->id);
	const char *why = NULL;
	char id[SIGN_ID_TEXT];
	stamp_t now = p->now();

	if (e == NULL || !sign_pub_equal(&e->pub, pub))
		why = "is no station of the keyring";
	else if (e->revoked != STAMP_NONE && now >= e->revoked)
		why = "was revoked";
	else if (e->from != STAMP_NONE && now < e->from)
		why = "may not sign yet";
	else if (e->to != STAMP_NONE && now >= e->to)
		why = "may no longer sign";
	if (why == NULL) {
		p->station = e;
		return 0;
	}
	sign_id_format(pub, id);
	diag_errx("%s: the station key %s %s", p->conf->seal_key, id, why);
	*status = EX_CONFIG;
	return -1;
}

/* The keyring as bytes, which must be those that were judged: they go into every day folder. */
static int
load_keyring(struct packager *p, int *status)
{
	char *roots_path = keyring_roots_path(p->conf->keyring), hex[DIGEST_HEX];
	const struct buf *sig;
	int rc = -1;

	p->keyring = keyring_load(p->conf->keyring, p->conf->root, status);
	if (p->keyring == NULL)
		goto out;
	*status = EX_IOERR;
	sig = keyring_signature(p->keyring);
	if (roots_path == NULL || fsio_load_path(p->conf->keyring, KEYRING_MAX_BYTES, &p->keyring_text) == -1 ||
	    buf_put(&p->keyring_sig, sig->data, sig->len) == -1 ||
	    digest_hex_of(p->keyring_text.data, p->keyring_text.len, hex) == -1) {
		diag_err("%s", p->conf->keyring);
		goto out;
	}
	if (fsio_load_path(roots_path, ROOTS_MAX_BYTES, &p->roots_text) == -1 && errno != ENOENT) {
		diag_err("%s", roots_path);
		goto out;
	}
	if (strcmp(hex, keyring_sha256(p->keyring)) != 0) {
		diag_errx("%s: changed while it was read: try later", p->conf->keyring);
		*status = EX_TEMPFAIL;
		goto out;
	}
	rc = 0;
out:
	free(roots_path);
	return rc;
}

/* The element map, which goes into each package that it names the events of. */
static int
load_profile(struct packager *p, int *status)
{
	const char *path = p->conf->events_profile;
	struct access_map map;

	if (path == NULL)
		return 0;
	if (trusted_load_path(path, ACCESS_MAP_MAX_BYTES, &p->profile, status) == -1)
		return -1;
	*status = EX_CONFIG;
	if (p->profile.len == 0 || !text_is_utf8(p->profile.data, p->profile.len)) {
		diag_errx("%s: is no element map", path);
		return -1;
	}
	if (access_map_parse(p->profile.data, p->profile.len, path, &map) == -1)
		return -1;
	if (access_map_is_builtin(p->profile.data, p->profile.len))
		buf_clear(&p->profile);
	return 0;
}

int
packager_load(struct packager *p, const struct conf *conf, int *status)
{
	p->conf = conf;
	p->journalfd = -1;
	p->statefd = conf_open_state(conf, status);
	if (p->statefd == -1)
		return -1;
	if (load_keyring(p, status) == -1 || load_key(p, status) == -1 || find_station(p, status) == -1 ||
	    load_profile(p, status) == -1)
		return -1;
	p->orders_key = orderfile_key(conf->orders_key, status);
	return p->orders_key == NULL && *status != EX_OK ? -1 : 0;
}

void
packager_release(struct packager *p)
{
	journal_close(p->journal);
	free(p->held);
	free(p->cut);
	sign_key_free(p->key);
	age_identities_free(p->orders_key);
	keyring_free(p->keyring);
	buf_free(&p->keyring_text);
	buf_free(&p->keyring_sig);
	buf_free(&p->roots_text);
	buf_free(&p->profile);
	if (p->journalfd != -1)
		(void)close(p->journalfd); /* folders */
	if (p->statefd != -1)
		(void)close(p->statefd);
}

int
packager_begin(struct packager *p, int *status)
{
	p->journalfd = fsio_mkdirs(p->statefd, "journal/packager", PACKAGER_MODE_DIR);
	if (p->journalfd == -1) {
		diag_err("%s/journal/packager", p->conf->state_dir);
		*status = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
		return -1;
	}
	p->journal = journal_open(p->journalfd, "packager", PACKAGER_PROGRAM);
	if (p->journal == NULL) {
		*status = packager_status(errno);
		return -1;
	}
	if (keyring_remember(p->journalfd, p->keyring) == -1) {
		*status = errno == ESTALE ? EX_CONFIG : packager_status(errno);
		return -1;
	}
	return 0;
}

struct search {
	const char *event, *object;
};

static int
is_searched(void *cookie, uint64_t n, const char *line, size_t len, const struct json *parsed)
{
	const struct search *want = cookie;
	const char *event = json_get_string(parsed, "event"), *object = json_get_string(parsed, "object");

	return event != NULL && object != NULL && strcmp(event, want->event) == 0 &&
	       strcmp(object, want->object) == 0;
}

int
packager_was_journalled(struct packager *p, const char *event, const char *object)
{
	struct search want = {event, object};
	int rc = journal_each(p->journalfd, "packager.jsonl", 0, is_searched, &want);

	if (rc == -1) {
		packager_fail(p, packager_status(errno));
		diag_err("journal/packager");
	}
	return rc;
}
