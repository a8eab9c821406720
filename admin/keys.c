#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"

#include "keys.h"

#define KEY_FILE_MAX 4096
#define PASSWORD_MAX 1024

/* One line from ${fd} without its newline, byte by byte: nothing behind it is eaten. */
static int
read_line(int fd, struct buf *out)
{
	char c;
	ssize_t n;

	while ((n = read(fd, &c, 1)) == 1 && c != '\n')
		if (out->len >= PASSWORD_MAX || buf_putc(out, c) == -1)
			return -1;
	return n == -1 || (n == 0 && out->len == 0) ? -1 : 0;
}

static int
ask_password(const char *path, struct buf *out)
{
	struct termios was, quiet;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd == -1 || tcgetattr(fd, &was) == -1) {
		if (fd != -1)
			(void)close(fd); /* nothing was written to it */
		return read_line(STDIN_FILENO, out);
	}
	quiet = was;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	(void)dprintf(fd, "Password for %s: ", path);
	(void)tcsetattr(fd, TCSAFLUSH, &quiet); /* worst case it is shown to its owner */
	rc = read_line(fd, out);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	(void)dprintf(fd, "\n");
	(void)close(fd);
	return rc;
}

/* Is the open key file its owner's alone? */
static int
load_private(const char *path, struct buf *text, int *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = -1;

	if (fd == -1) {
		diag_err("%s", path);
		*status = errno == EACCES ? EX_NOPERM : EX_NOINPUT;
		return -1;
	}
	if (fsio_check_trusted(fd, path, 1) == -1) {
		*status = EX_NOPERM;
		goto out;
	}
	if (fsio_load_path(path, KEY_FILE_MAX, text) == -1) {
		diag_err("%s", path);
		*status = EX_NOINPUT;
		goto out;
	}
	rc = 0;
out:
	(void)close(fd); /* read only */
	return rc;
}

struct sign_key *
keys_load_secret(const char *path, int *status)
{
	struct buf text = BUF_INIT, password = BUF_INIT;
	struct sign_key *key = NULL;
	int encrypted;

	if (load_private(path, &text, status) == -1)
		goto out;
	*status = EX_DATAERR;
	encrypted = sign_key_is_encrypted(text.data, text.len);
	if (encrypted == -1) {
		diag_errx("%s: not a minisign secret key", path);
		goto out;
	}
	if (encrypted && ask_password(path, &password) == -1) {
		diag_errx("%s: no password given", path);
		*status = EX_NOPERM;
		goto out;
	}
	key = sign_key_parse(text.data, text.len, encrypted ? password.data : NULL, password.len);
	if (key == NULL) {
		diag_errx("%s: %s", path, errno == EACCES ? "wrong password" : "not a minisign secret key");
		*status = errno == EACCES ? EX_NOPERM : EX_DATAERR;
	}
out:
	sign_wipe(&text);
	sign_wipe(&password);
	return key;
}

int
keys_load_public(const char *path, struct sign_pub *pub)
{
	struct buf text = BUF_INIT;
	int status = EX_OK;

	if (fsio_load_path(path, KEY_FILE_MAX, &text) == -1) {
		diag_err("%s", path);
		status = EX_NOINPUT;
	} else if (sign_pub_parse_file(text.data, text.len, pub) == -1) {
		diag_errx("%s: not a minisign public key", path);
		status = EX_DATAERR;
	}
	buf_free(&text);
	return status;
}
