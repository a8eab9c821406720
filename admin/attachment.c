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

#include "attachment.h"

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

int
attachment_load(const char *path, struct request *r, struct buf *data)
{
	char folder[4096];
	const char *base = strrchr(path, '/');
	int dirfd, rc = -1;

	make_name(path, r->file);
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
