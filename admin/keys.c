#include <sys/types.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "stamp.h"
#include "stop.h"
#include "trusted.h"

#include "keys.h"

#define PASSWORD_MAX 1024

int
keys_reserve(struct buf *b, size_t room)
{
	static const char zeros[KEY_FILE_MAX + 1];

	assert(room < sizeof zeros);
	if (buf_put(b, zeros, room) == -1)
		return -1;
	buf_clear(b);
	return 0;
}

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

/* Wait for a line or for Ctrl-C, so that the terminal gets its echo back in either case. */
static int
wait_for_line(int fd)
{
	struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.events = POLLIN}};

	if (stop_init() == -1)
		return -1;
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

	if (keys_reserve(out, PASSWORD_MAX + 1) == -1)
		return -1;
	if (!isatty(STDIN_FILENO))
		return read_line(STDIN_FILENO, out);
	fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return -1;
	rc = tcgetattr(fd, &was);
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

/* Load a key file, if it is its owner's alone. */
static int
load_private(const char *path, struct buf *text, int *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n;
	int rc = -1;

	if (fd == -1) {
		diag_err("%s", path);
		*status = trusted_status(errno);
		return -1;
	}
	if (fsio_check_trusted(fd, path, 1) == -1) {
		*status = EX_NOPERM;
		goto out;
	}
	*status = EX_OSERR;
	if (keys_reserve(text, KEY_FILE_MAX) == -1) {
		diag_err("%s", path);
		goto out;
	}
	n = fsio_read(fd, text->data, KEY_FILE_MAX);
	if (n == -1) {
		diag_err("%s", path);
		*status = trusted_status(errno);
		goto out;
	}
	text->len = (size_t)n;
	text->data[n] = '\0';
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
	/* An empty password is one all the same. */
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
		status = trusted_status(errno);
	} else if (sign_pub_parse_file(text.data, text.len, pub) == -1) {
		diag_errx("%s: not a minisign public key", path);
		status = EX_DATAERR;
	}
	buf_free(&text);
	return status;
}

int
keys_find_approver(
    const struct keyring *keyring, const struct sign_key *key, const char *path, const struct keyring_entry **entry)
{
	const struct keyring_entry *e = keyring_find(keyring, KEYRING_APPROVER, sign_key_pub(key)->id);
	stamp_t now = stamp_now();
	enum keyring_verdict verdict = KEYRING_GOOD;

	if (e == NULL || !sign_pub_equal(&e->pub, sign_key_pub(key))) {
		diag_errx("%s: this key is no approver's in the keyring", path);
		return EX_CONFIG;
	}
	if (e->revoked != STAMP_NONE && now >= e->revoked)
		verdict = KEYRING_REVOKED;
	else if (e->from != STAMP_NONE && now < e->from)
		verdict = KEYRING_NOT_YET;
	else if (e->to != STAMP_NONE && now >= e->to)
		verdict = KEYRING_EXPIRED;
	if (verdict != KEYRING_GOOD) {
		diag_errx("%s: a signature would be %s", path, keyring_verdict_text(verdict));
		return EX_CONFIG;
	}
	*entry = e;
	return EX_OK;
}
