#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "buf.h"
#include "clockstate.h"
#include "conf.h"
#include "diag.h"
#include "fsio.h"
#include "keyfile.h"
#include "names.h"
#include "sign.h"
#include "stamp.h"
#include "text.h"

#include "args.h"
#include "command.h"
#include "guide.h"
#include "keys.h"

#define CONF_NAME GUIDE_CONF
#define DRAFT "casetap.conf.new"
#define UNITS_CONFIG "/etc/casetap" /* where the systemd units look */

static const struct args_option options[] = {
    {"config", "DIR", "folder for casetap.conf, keys and orders; made if missing"},
    {"state", "DIR", "folder for spool, outbox, records; made if missing"},
    {"name", "TEXT", "the ISP, as it signs"},
    {"iap", "ID", "name of this intercept access point, up to 15 letters, digits and -"},
    {"interface", "IFACE", "interface to capture on, up to 8 with blanks between; default eth0"},
    {"station", "NAME", "name of the station key; default: the IAP's"},
    {"destination-name", "NAME", "a destination to start with, also the LEA's name in orders"},
    {"destination-url", "URL", "where it is: file:///DIR, sftp://..., https://..."},
    {"slice-seconds", "N", "length of a slice; default 300"},
    {"allow-volatile-state", NULL, "let a demo or a test live on tmpfs or overlay"},
    {"help", NULL, "this"},
    {NULL, NULL, NULL},
};

static const struct {
	const char *path;
	mode_t mode;
} state_folders[] = {
    {"spool", 02770},
    {"outbox", 02750},
    {"records", 02750},
    {"quarantine", 0700},
    {"receipts", 02750},
    {"requests", 0750},
    {"journal", 0755},
    {"journal/capture", 02750},
    {"journal/packager", 02750},
    {"journal/uploader", 02750},
    {"journal/operator", 02750},
};

/* What a destination can not do without: init names the files, the operator brings them. */
static const struct {
	const char *scheme, *key, *suffix;
} credentials[] = {
    {"sftp://", "identity", "ed25519"},
    {"sftp://", "known_hosts", "known_hosts"},
    {"https://", "ca", "ca.pem"},
};

/* What init makes, while it makes it. */
struct setup {
	const struct args *args;
	char config[PATH_MAX], state[PATH_MAX];
	int configfd, keysfd, statefd, ordersfd;
	struct sign_key *root, *station, *approver;
	const char *station_name;
	char now[STAMP_TEXT];
};

/* Take "." , ".." and doubled slashes out of an absolute path: links are refused, so names are all that counts. */
static void
tidy(char *path)
{
	char *out = path;
	const char *in = path;

	while (*in != '\0') {
		size_t n = strcspn(in + 1, "/");

		if (n == 2 && memcmp(in + 1, "..", 2) == 0) {
			while (out > path && *--out != '/')
				;
		} else if (n > 0 && !(n == 1 && in[1] == '.')) {
			memmove(out, in, n + 1);
			out += n + 1;
		}
		in += n + 1;
	}
	if (out == path)
		*out++ = '/';
	*out = '\0';
}

/* The absolute form of a path that a person typed. */
static int
resolve(const char *path, char real[PATH_MAX])
{
	char cwd[PATH_MAX];
	int n = -1;

	if (path[0] == '/')
		n = snprintf(real, PATH_MAX, "%s", path);
	else if (getcwd(cwd, sizeof cwd) != NULL)
		n = snprintf(real, PATH_MAX, "%s/%s", cwd, path);
	if (n >= PATH_MAX)
		errno = ENAMETOOLONG;
	if (n == -1 || n >= PATH_MAX) {
		diag_err("%s", path);
		return -1;
	}
	tidy(real);
	return 0;
}

/* Make a folder with its parents and open it. */
static int
make_folder(const char *path, mode_t mode)
{
	int rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = rootfd == -1 ? -1 : fsio_mkdirs(rootfd, path + 1, mode);

	if (fd == -1)
		diag_err("%s", path);
	if (rootfd != -1)
		(void)close(rootfd); /* a folder */
	return fd;
}

static int
put_file(int dirfd, const char *dir, const char *name, const struct buf *text, mode_t mode)
{
	if (buf_failed(text)) {
		errno = ENOMEM;
		diag_err("%s/%s", dir, name);
		return -1;
	}
	if (fsio_put(dirfd, name, text->data, text->len, mode) == -1) {
		diag_err("%s/%s", dir, name);
		return -1;
	}
	return 0;
}

static int
put_key(const struct setup *s, const char *name, struct sign_key **key)
{
	struct buf text = BUF_INIT;
	char dir[PATH_MAX + 8], file[64];
	int rc = -1;

	(void)snprintf(dir, sizeof dir, "%s/keys", s->config);
	*key = sign_key_generate();
	if (*key == NULL || sign_reserve(&text, KEYFILE_MAX) == -1 || sign_key_write(*key, NULL, 0, &text) == -1) {
		diag_err("cannot make the %s key", name);
		goto out;
	}
	(void)snprintf(file, sizeof file, "%s.key", name);
	if (put_file(s->keysfd, dir, file, &text, 0600) == -1)
		goto out;
	sign_release(&text);
	if (sign_pub_write(sign_key_pub(*key), &text) == -1)
		goto out;
	(void)snprintf(file, sizeof file, "%s.pub", name);
	rc = put_file(s->keysfd, dir, file, &text, 0644);
out:
	sign_release(&text);
	return rc;
}

static int
put_keyring(const struct setup *s)
{
	struct buf text = BUF_INIT, sig = BUF_INIT, pub = BUF_INIT;
	char station[SIGN_KEY_TEXT], approver[SIGN_KEY_TEXT];
	int rc = -1;

	sign_pub_format(sign_key_pub(s->station), station);
	sign_pub_format(sign_key_pub(s->approver), approver);
	(void)buf_printf(&text, "casetap-keyring/1\nversion: 1\nissued: %s\napprovals: 1\n", s->now);
	(void)buf_printf(&text, "approver: %s name=approver from=%s\n", approver, s->now);
	(void)buf_printf(&text, "station: %s name=%s from=%s\n", station, s->station_name, s->now);
	if (buf_failed(&text) || sign_make(s->root, text.data, text.len, "casetap keyring version 1", &sig) == -1 ||
	    sign_pub_write(sign_key_pub(s->root), &pub) == -1) {
		diag_err("cannot sign the keyring");
		goto out;
	}
	if (put_file(s->configfd, s->config, "root.pub", &pub, 0644) == -1 ||
	    put_file(s->configfd, s->config, "keyring.txt.minisig", &sig, 0644) == -1 ||
	    put_file(s->configfd, s->config, "keyring.txt", &text, 0644) == -1)
		goto out;
	rc = 0;
out:
	buf_free(&text);
	buf_free(&sig);
	buf_free(&pub);
	return rc;
}

/*
 * The configuration is written and judged under another name before anything else is made, and published last: an
 * installation is there when casetap.conf is.
 */
static int
draft_conf(const struct setup *s)
{
	const struct args *a = s->args;
	const char *dest = args_get(a, "destination-name"), *url = args_get(a, "destination-url");
	const char *interface = args_get(a, "interface"), *seconds = args_get(a, "slice-seconds");
	struct buf t = BUF_INIT;
	struct conf *conf = NULL;
	char path[PATH_MAX + 32];
	int status = EX_CANTCREAT;

	(void)buf_printf(&t, "# casetap.conf(5) explains every key.\n[station]\nname = %s\nstate_dir = %s\n",
	    args_get(a, "name"), s->state);
	(void)buf_printf(&t, "orders_dir = %s/orders\nkeyring = %s/keyring.txt\nroot = %s/root.pub\n", s->config,
	    s->config, s->config);
	(void)buf_puts(&t, "max_order_days = 60\n");
	if (strcmp(s->config, UNITS_CONFIG) == 0)
		(void)buf_puts(&t, "clock_file = " CLOCKSTATE_FILE "\n");
	if (args_get(a, "allow-volatile-state") != NULL)
		(void)buf_puts(&t, "allow_volatile_state = yes\n");
	(void)buf_printf(&t, "\n[iap %s]\ninterface = %s\nslice_seconds = %s\n", args_get(a, "iap"),
	    interface == NULL ? "eth0" : interface, seconds == NULL ? "300" : seconds);
	(void)buf_printf(&t, "\n[seal]\nkey = %s/keys/station.key\n", s->config);
	if (dest != NULL)
		(void)buf_printf(&t, "\n[destination %s]\nurl = %s\n", dest, url);
	for (size_t i = 0; dest != NULL && i < sizeof credentials / sizeof credentials[0]; i++)
		if (strncmp(url, credentials[i].scheme, strlen(credentials[i].scheme)) == 0)
			(void)buf_printf(
			    &t, "%s = %s/keys/%s.%s\n", credentials[i].key, s->config, dest, credentials[i].suffix);
	(void)snprintf(path, sizeof path, "%s/" DRAFT, s->config);
	if (fsio_remove(s->configfd, DRAFT) == -1 || put_file(s->configfd, s->config, DRAFT, &t, 0644) == -1)
		goto out;
	conf = conf_load(path, &status);
	if (conf != NULL)
		status = EX_OK;
out:
	conf_free(conf);
	buf_free(&t);
	return status;
}

static int
make_state(const struct setup *s)
{
	static const char marker[] = "casetap-state/1\n";

	for (size_t i = 0; i < sizeof state_folders / sizeof state_folders[0]; i++) {
		int fd = fsio_mkdirs(s->statefd, state_folders[i].path, state_folders[i].mode);

		if (fd == -1) {
			diag_err("%s/%s", s->state, state_folders[i].path);
			return -1;
		}
		(void)close(fd); /* a folder: nothing can be lost */
	}
	if (fsio_put(s->statefd, ".casetap", marker, sizeof marker - 1, 0444) == -1 && errno != EEXIST) {
		diag_err("%s/.casetap", s->state);
		return -1;
	}
	return 0;
}

static int
is_sane(const struct args *a)
{
	const char *iap = args_need(a, "iap"), *name = args_need(a, "name");
	const char *dest = args_get(a, "destination-name"), *url = args_get(a, "destination-url");
	const char *station = args_get(a, "station");

	if (iap == NULL || name == NULL || args_need(a, "config") == NULL || args_need(a, "state") == NULL)
		return 0;
	if (!names_is_iap(iap) || (station != NULL && !names_is_destination(station))) {
		diag_errx("--iap and --station: letters, digits and -, starting with a letter or digit");
		return 0;
	}
	if (name[0] == '\0' || !text_is_printable(name, strlen(name))) {
		diag_errx("--name: printable ASCII");
		return 0;
	}
	if ((dest == NULL) != (url == NULL) || (dest != NULL && !names_is_destination(dest))) {
		diag_errx("--destination-name and --destination-url go together; the name has letters, digits and -");
		return 0;
	}
	return 1;
}

static void
tell(const struct setup *s)
{
	const char *url = args_get(s->args, "destination-url");

	printf("Made %s (configuration, keys, orders) and %s (state).\n", s->config, s->state);
	printf("\nTake offline now, to paper or a token, and remove from this machine:\n");
	printf("  %s/keys/root.key      signs the keyring; `minisign -C` gives it a password\n", s->config);
	printf("  %s/keys/approver.key  approves orders; the responsible officer keeps it\n", s->config);
	for (size_t i = 0; url != NULL && i < sizeof credentials / sizeof credentials[0]; i++)
		if (strncmp(url, credentials[i].scheme, strlen(credentials[i].scheme)) == 0)
			printf("Bring %s/keys/%s.%s: the destination's %s\n", s->config,
			    args_get(s->args, "destination-name"), credentials[i].suffix, credentials[i].key);
	if (url != NULL && strncmp(url, "file://", strlen("file://")) == 0)
		printf("Give %s to the user casetap-uploader, and its unit a drop-in with ReadWritePaths=%s\n",
		    url + strlen("file://"), url + strlen("file://"));
	printf("Give %s/root.pub to every LEA and auditor, by hand: it is what they check by.\n", s->config);
	printf("\nNext: casetap order new, approve, install; casetap(8) walks through a first case.\n");
}

/* Everything below the configuration folder, which is open.  Return an exit code. */
static int
make_all(struct setup *s)
{
	int status;

	status = draft_conf(s);
	if (status != EX_OK)
		goto fail;
	status = EX_CANTCREAT;
	if ((s->statefd = make_folder(s->state, 0755)) == -1)
		goto fail;
	if ((s->keysfd = fsio_mkdirs(s->configfd, "keys", 0711)) == -1 ||
	    (s->ordersfd = fsio_mkdirs(s->configfd, "orders", 0750)) == -1) {
		diag_err("%s", s->config);
		goto fail;
	}
	if (put_key(s, "root", &s->root) == -1 || put_key(s, "station", &s->station) == -1 ||
	    put_key(s, "approver", &s->approver) == -1 || put_keyring(s) == -1 || make_state(s) == -1)
		goto fail;
	if (fsio_publish(s->configfd, DRAFT, CONF_NAME) == -1) {
		diag_err("%s/" CONF_NAME, s->config);
		goto fail;
	}
	tell(s);
	return EX_OK;
fail:
	(void)fsio_remove(s->configfd, DRAFT); /* the failure was reported */
	return status;
}

int
command_init(int argc, char **argv)
{
	struct args args;
	struct guide guide;
	struct setup s = {.args = &args, .configfd = -1, .keysfd = -1, .statefd = -1, .ordersfd = -1};
	int status = EX_CANTCREAT, asked;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("init [--config DIR --state DIR --name \"ISP\" --iap ID ...]", options);
		return EX_OK;
	}
	if (!args_limit_words(&args, 0))
		return EX_USAGE;
	if (guide_is_wanted(&args) && (asked = guide_ask(&guide, &args)) != EX_OK)
		return asked;
	if (!is_sane(&args))
		return EX_USAGE;
	s.station_name = args_get(&args, "station") != NULL ? args_get(&args, "station") : args_get(&args, "iap");
	stamp_format_seconds(s.now, stamp_now());
	if (resolve(args_get(&args, "config"), s.config) == -1 || resolve(args_get(&args, "state"), s.state) == -1 ||
	    (s.configfd = make_folder(s.config, 0755)) == -1)
		goto out;
	if (faccessat(s.configfd, CONF_NAME, F_OK, 0) == 0) {
		diag_errx("%s/" CONF_NAME " is there already: an installation is never overwritten", s.config);
		goto out;
	}
	status = make_all(&s);
out:
	sign_key_free(s.root);
	sign_key_free(s.station);
	sign_key_free(s.approver);
	for (size_t i = 0; i < 4; i++) {
		int fd = (int[]){s.configfd, s.keysfd, s.statefd, s.ordersfd}[i];

		if (fd != -1)
			(void)close(fd); /* folders */
	}
	return status;
}
