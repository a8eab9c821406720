#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "stop.h"
#include "trusted.h"

#include "keyfile.h"

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

/* Wait for a line or for Ctrl-C. */
static int
wait_for_line(int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	fds[1].fd = stop_fd();
	while (!stop_requested() && fds[0].revents == 0)
		if (poll(fds, 2, -1) == -1 && errno != EINTR)
			return -1;
	return stop_requested() ? -1 : 0;
}

static int
ask_password(const char *path, struct buf *out)
{
	struct termios was, quiet;
	int fd, rc;

	if (sign_reserve(out, PASSWORD_MAX + 1) == -1)
		return -1;
	if (!isatty(STDIN_FILENO))
		return read_line(STDIN_FILENO, out);
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return -1;
	/* Before the echo is off: the terminal gets it back, whenever Ctrl-C comes. */
	rc = stop_init() == -1 ? -1 : tcgetattr(fd, &was);
	if (rc == -1)
		goto out;
	quiet = was;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	(void)dprintf(fd, "Password for %s: ", path);
	(void)tcsetattr(fd, TCSAFLUSH, &quiet); /* worst case it is shown to its owner */
	rc = wait_for_line(fd);
	if (rc == 0)
		rc = read_line(fd, out);
	(void)tcsetattr(fd, TCSAFLUSH, &was);
	(void)dprintf(fd, "\n");
out:
	(void)close(fd); /* a terminal */
	return rc;
}

/* The text of a key file, if it is its owner's alone. */
static int
load_text(int fd, const char *label, struct buf *text, int *status)
{
	ssize_t n;

	if (fsio_check_trusted(fd, label, 1) == -1) {
		*status = trusted_status(errno);
		if (errno != EPERM)
			diag_err("%s", label);
		return -1;
	}
	*status = EX_OSERR;
	if (sign_reserve(text, KEYFILE_MAX) == -1) {
		diag_err("%s", label);
		return -1;
	}
	n = fsio_read(fd, text->data, KEYFILE_MAX);
	if (n == -1) {
		diag_err("%s", label);
		*status = trusted_status(errno);
		return -1;
	}
	text->len = (size_t)n;
	text->data[n] = '\0';
	return 0;
}

static struct sign_key *
parse(const struct buf *text, const char *label, const char *password, size_t plen, int *status)
{
	struct buf asked = BUF_INIT;
	struct sign_key *key = NULL;
	int encrypted = sign_key_is_encrypted(text->data, text->len);

	*status = EX_DATAERR;
	if (encrypted == -1) {
		diag_errx("%s: not a minisign secret key", label);
		goto out;
	}
	if (encrypted && password == NULL) {
		if (ask_password(label, &asked) == -1) {
			diag_errx("%s: no password given", label);
			*status = EX_NOPERM;
			goto out;
		}
		password = asked.data;
		plen = asked.len;
	}
	key = sign_key_parse(text->data, text->len, encrypted ? password : NULL, plen);
	if (key == NULL) {
		diag_errx("%s: %s", label, errno == EACCES ? "wrong password" : "not a minisign secret key");
		*status = errno == EACCES ? EX_NOPERM : EX_DATAERR;
	}
out:
	sign_release(&asked);
	return key;
}

struct sign_key *
keyfile_read(int fd, const char *label, const char *password, size_t plen, int *status)
{
	struct buf text = BUF_INIT;
	struct sign_key *key = NULL;

	if (load_text(fd, label, &text, status) == 0)
		key = parse(&text, label, password, plen, status);
	sign_release(&text);
	return key;
}

struct sign_key *
keyfile_load(const char *path, int *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct sign_key *key;

	if (fd == -1) {
		diag_err("%s", path);
		*status = trusted_status(errno);
		return NULL;
	}
	key = keyfile_read(fd, path, NULL, 0, status);
	(void)close(fd); /* read only */
	return key;
}
