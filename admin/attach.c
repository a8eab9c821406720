#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "trusted.h"

#include "args.h"
#include "ask.h"
#include "command.h"

static const struct args_option options[] = {
    SITE_OPTION, {"reason", "TEXT", "what it is, for the records"}, {NULL, NULL, NULL}};

/* The file's own name as far as it may stand among the records: other characters become "_". */
static void
make_name(const char *path, char out[REQUEST_FILE_ROOM])
{
	const char *base = strrchr(path, '/');
	char one[2] = {'\0', '\0'};
	size_t n;

	base = base == NULL ? path : base + 1;
	for (n = 0; base[n] != '\0' && n < REQUEST_FILE_ROOM - 1; n++) {
		one[0] = base[n];
		out[n] = strchr("._-", base[n]) != NULL || request_is_file_name(one) ? base[n] : '_';
	}
	out[n] = '\0';
	one[0] = out[0];
	if (n > 0 && !request_is_file_name(one))
		out[0] = 'x';
}

/* Load what is to be attached: a plain file under one name, never a link, a pipe or a device. */
static int
load(const char *path, struct request *r, struct buf *data)
{
	char folder[4096];
	const char *base = strrchr(path, '/');
	int dirfd, rc = -1;

	if (snprintf(folder, sizeof folder, "%.*s", base == NULL ? 1 : (int)(base - path) + 1,
		base == NULL ? "." : path) >= (int)sizeof folder) {
		diag_errx("%s: name too long", path);
		return EX_USAGE;
	}
	dirfd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dirfd != -1)
		rc = fsio_load(dirfd, base == NULL ? path : base + 1, REQUEST_ATTACH_MAX, data);
	if (rc == -1) {
		int status =
		    errno == EBADMSG || errno == ELOOP || errno == EFBIG ? EX_DATAERR : trusted_status(errno);

		if (errno == EBADMSG || errno == ELOOP)
			diag_errx("%s: not a plain file with one name", path);
		else
			diag_err("%s", path);
		if (dirfd != -1)
			(void)close(dirfd); /* a folder */
		return status;
	}
	(void)close(dirfd); /* a folder */
	r->bytes = data->len;
	if (digest_hex_of(data->data == NULL ? "" : data->data, data->len, r->file_sha256) == 0)
		return EX_OK;
	diag_err("%s", path);
	return EX_OSERR;
}

int
command_attach(int argc, char **argv)
{
	struct request r = {.act = REQUEST_ATTACH};
	struct buf data = BUF_INIT;
	struct args args;
	struct site site;
	const char *case_id, *path;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help("attach CASE FILE [--reason TEXT]", options);
		return EX_OK;
	}
	case_id = args_word(&args, 0);
	path = args_word(&args, 1);
	if (args_words(&args) != 2 || !names_is_case(case_id)) {
		diag_errx("usage: casetap attach CASE FILE [--reason TEXT]");
		return EX_USAGE;
	}
	(void)snprintf(r.case_id, sizeof r.case_id, "%s", case_id); /* as seen */
	make_name(path, r.file);
	if (ask_reason(&r, args_get(&args, "reason"), "for the records") != EX_OK)
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = ask_case(&site, case_id);
	if (status == EX_OK)
		status = load(path, &r, &data);
	if (status == EX_OK)
		status = ask(&site, &r, &data, NULL);
	buf_free(&data);
	site_close(&site);
	return status;
}
