#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "sandbox.h"

#include "verify_file.h"

#include "verify_inputs.h"

#define PUBLIC_KEY_MAX ((size_t)4096)

static int
load_root(struct verify_inputs *in, int *status)
{
	const char *path = in->options->root;
	struct buf text = BUF_INIT;
	int rc = -1;

	if (fsio_load_path(path, PUBLIC_KEY_MAX, &text) == -1) {
		*status = errno == ENOENT || errno == ENOTDIR ? EX_NOINPUT : EX_IOERR;
		diag_err("%s", path);
	} else if (text.len == 0 || sign_pub_parse_file(text.data, text.len, &in->root) == -1) {
		*status = EX_USAGE;
		diag_errx("%s: not a minisign public key", path);
	} else {
		rc = 0;
	}
	buf_free(&text);
	return rc;
}

static int
load_tsa_ca(struct verify_inputs *in, int *status)
{
	const char *path = in->options->tsa_ca;
	struct buf text = BUF_INIT;
	int rc = -1;

	if (path == NULL)
		return 0;
	if (fsio_load_path(path, TSP_CA_MAX_BYTES, &text) == -1) {
		*status = errno == ENOENT || errno == ENOTDIR ? EX_NOINPUT : EX_IOERR;
		diag_err("%s", path);
	} else if ((in->tsa_ca = tsp_ca_parse(text.data == NULL ? "" : text.data, text.len)) == NULL) {
		*status = EX_USAGE;
		diag_errx("%s: holds no certificate that issues itself, or something that is none", path);
	} else {
		rc = 0;
	}
	buf_free(&text);
	return rc;
}

static int
load_identities(struct verify_inputs *in, int *status)
{
	const char *path = in->options->identity;
	int fd;

	if (path == NULL)
		return 0;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd != -1) {
		in->identities = age_identities_read(fd);
		(void)close(fd); /* only read from */
	}
	if (in->identities != NULL)
		return 0;
	if (errno == EINVAL || errno == EFBIG) {
		*status = EX_USAGE;
		diag_errx("%s: not an age identity file (AGE-SECRET-KEY-1...)", path);
	} else {
		*status = errno == ENOENT || errno == ENOTDIR ? EX_NOINPUT : EX_IOERR;
		diag_err("%s", path);
	}
	return -1;
}

static int
add_readable(struct verify_inputs *in, const char *path)
{
	in->readable[in->readable_count] = strdup(path);
	return in->readable[in->readable_count] == NULL ? -1 : (in->readable_count++, 0);
}

/* The folder of an absolute path, as a new string. */
static char *
folder_of(const char *path)
{
	size_t n = (size_t)(strrchr(path, '/') - path);

	return strndup(path, n == 0 ? 1 : n);
}

/* A file is opened through its folder, where its keyring may lie too. */
static int
resolve(struct verify_inputs *in, size_t i)
{
	struct stat st;
	char *folder;
	int rc;

	in->paths[i] = realpath(in->options->paths[i], NULL);
	if (in->paths[i] == NULL || lstat(in->paths[i], &st) == -1) {
		in->errors[i] = errno;
		free(in->paths[i]);
		in->paths[i] = NULL;
		return in->errors[i] == ENOMEM ? -1 : 0;
	}
	if (S_ISDIR(st.st_mode))
		return add_readable(in, in->paths[i]);
	folder = folder_of(in->paths[i]);
	rc = folder == NULL ? -1 : add_readable(in, folder);
	free(folder);
	return rc;
}

static int
resolve_keyring(struct verify_inputs *in, int *status)
{
	char *path;

	if (in->options->keyring == NULL)
		return 0;
	path = realpath(in->options->keyring, NULL);
	if (path == NULL) {
		*status = errno == ENOENT || errno == ENOTDIR ? EX_NOINPUT : EX_IOERR;
		diag_err("%s", in->options->keyring);
		return -1;
	}
	in->keyring_folder = folder_of(path);
	in->keyring_name = strdup(strrchr(path, '/') + 1);
	free(path);
	if (in->keyring_folder != NULL && in->keyring_name != NULL && add_readable(in, in->keyring_folder) == 0)
		return 0;
	*status = EX_IOERR;
	diag_errx("out of memory");
	return -1;
}

/* Never over anything: a slip of the hand must not cost a piece of evidence. */
static int
make_page(struct verify_inputs *in, int *status)
{
	const char *path = in->options->html;

	if (path == NULL)
		return 0;
	in->htmlfd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (in->htmlfd != -1)
		return 0;
	*status = EX_CANTCREAT;
	diag_err("%s", path);
	return -1;
}

int
verify_inputs_open(struct verify_inputs *in, const struct verify_options *options, int *status)
{
	size_t i;

	memset(in, 0, sizeof(*in));
	in->options = options;
	in->htmlfd = -1;
	*status = EX_IOERR;
	if (load_root(in, status) == -1 || load_tsa_ca(in, status) == -1 || load_identities(in, status) == -1)
		return -1;
	in->paths = calloc(options->path_count, sizeof(*in->paths));
	in->errors = calloc(options->path_count, sizeof(*in->errors));
	in->readable = calloc(options->path_count + 2, sizeof(*in->readable));
	if (in->paths == NULL || in->errors == NULL || in->readable == NULL)
		goto fail;
	for (i = 0; i < options->path_count; i++) {
		if (resolve(in, i) == -1)
			goto fail;
	}
	return resolve_keyring(in, status) == -1 ? -1 : make_page(in, status);
fail:
	diag_errx("out of memory");
	return -1;
}

void
verify_inputs_free(struct verify_inputs *in)
{
	size_t i;

	for (i = 0; in->paths != NULL && i < in->options->path_count; i++)
		free(in->paths[i]);
	for (i = 0; i < in->readable_count; i++)
		free(in->readable[i]);
	tsp_ca_free(in->tsa_ca);
	if (in->htmlfd != -1)
		(void)close(in->htmlfd); /* what was written to it was looked at then */
	free(in->paths);
	free(in->errors);
	free(in->readable);
	age_identities_free(in->identities);
	free(in->keyring_folder);
	free(in->keyring_name);
}

int
verify_inputs_confine(const struct verify_inputs *in)
{
	const struct sandbox sandbox = {.profile = SANDBOX_VERIFIER, .readable = (const char *const *)in->readable};

	return sandbox_enter(&sandbox);
}

static int
load_keyring(const struct verify_inputs *in, struct verify_keys *keys, struct verify_result *result)
{
	const struct verify_dir dir = {fsio_opendir(in->keyring_folder), NULL};

	if (dir.fd == -1) {
		verify_say(result, VERIFY_UNREADABLE, in->options->keyring, "%s", strerror(errno));
		return 0;
	}
	if (verify_keys_load(keys, &dir, in->keyring_name, in->keyring_folder, result) == 1)
		verify_say(result, VERIFY_UNREADABLE, in->options->keyring, "%s", verify_file_why(ENOENT));
	(void)close(dir.fd); /* a folder */
	return 0;
}

int
verify_inputs_walk(
    const struct verify_inputs *in, struct verify_walk *walk, struct verify_keys *keys, struct verify_result *result)
{
	size_t i;

	if (in->keyring_name != NULL && load_keyring(in, keys, result) == -1)
		return -1;
	for (i = 0; i < in->options->path_count; i++) {
		if (in->paths[i] == NULL)
			verify_say(result,
			    in->errors[i] == ENOENT || in->errors[i] == ENOTDIR ? VERIFY_MISSING : VERIFY_UNREADABLE,
			    in->options->paths[i], "%s", strerror(in->errors[i]));
		else if (verify_walk_path(walk, in->options->paths[i], in->paths[i], keys, result) == -1)
			return -1;
	}
	if (walk->count + walk->record_count > 0 && verify_keys_is_empty(keys)) {
		/* Nobody's signature could be judged: nothing that would be said of the packages would be of use. */
		verify_say(result, VERIFY_MISSING, walk->count > 0 ? walk->places[0].label : walk->records[0].label,
		    "no keyring came along; give the station's with --keyring");
		verify_walk_free(walk);
	}
	verify_walk_sort(walk);
	return verify_keys_settle(keys, result);
}
