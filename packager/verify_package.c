#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "verify_file.h"

#include "verify_package.h"

/* The file on its way to package_check(), with somebody looking how far it is. */
struct passing {
	int fd;
	struct verify_progress *progress;
};

static long
pass(void *cookie, void *data, size_t room)
{
	const struct passing *p = cookie;
	ssize_t n;

	do
		n = read(p->fd, data, room);
	while (n == -1 && errno == EINTR);
	if (n > 0)
		verify_progress_bytes(p->progress, (uint64_t)n);
	return (long)n;
}

static enum verify_code
code_of(enum package_verdict verdict)
{
	switch (verdict) {
	case PACKAGE_INTACT:
		return VERIFY_NOTE;
	case PACKAGE_TAMPERED:
		return VERIFY_TAMPERED;
	case PACKAGE_MALFORMED:
		return VERIFY_MALFORMED;
	default:
		return VERIFY_UNREADABLE;
	}
}

int
verify_package_take(
    struct verify_run *run, const struct package_facts *f, const char *label, const char *where, unsigned approvals)
{
	const struct keyring_entry *e = keyring_find(verify_keys_best(run->keys), KEYRING_STATION, f->signer_id.id);

	verify_stream_signer(run->stream, f->signer, label, run->result);
	if (e != NULL)
		verify_time_key(run, e, label, f->sealed);
	if (verify_stream_package(run->stream, f, where) == -1 || verify_cover_package(run->cover, f) == -1 ||
	    verify_orders_package(run->orders, f, approvals, where, run->result) == -1)
		return -1;
	return 1;
}

/* Of a package that is not intact the check may have ended early: its file is read once more. */
static void
take_hash(struct verify_checked *c, int fd)
{
	if (c->verdict == PACKAGE_INTACT)
		memcpy(c->sha256, c->facts.tar_sha256, DIGEST_HEX);
	else if (c->verdict == PACKAGE_UNREADABLE || lseek(fd, 0, SEEK_SET) == -1 ||
		 digest_fd(fd, c->sha256, NULL) == -1)
		c->sha256[0] = '\0';
}

void
verify_package_check(struct verify_checked *c, int dirfd, const char *name, const struct keyring *keyring,
    struct verify_progress *progress)
{
	struct passing passing = {.progress = progress};
	struct verify_file file;

	memset(c, 0, sizeof(*c));
	c->verdict = PACKAGE_UNREADABLE;
	if (verify_file_open(&file, dirfd, name) == -1) {
		c->error = errno;
		goto out;
	}
	passing.fd = file.fd;
	c->verdict = package_check(pass, &passing, name, keyring, &c->facts, c->why, sizeof(c->why));
	take_hash(c, file.fd);
	if (verify_file_unchanged(&file) == -1) {
		c->error = errno;
		c->sha256[0] = '\0';
	}
	verify_file_close(&file);
out:
	verify_progress_package(progress);
}

int
verify_package_judge(
    struct verify_run *run, const struct verify_checked *c, const char *name, const char *where, unsigned approvals)
{
	char label[VERIFY_WHERE_ROOM];

	verify_label(label, where, name);
	if (c->error == 0 && c->verdict == PACKAGE_INTACT)
		return verify_package_take(run, &c->facts, label, where, approvals);
	if (c->error == 0)
		verify_say(run->result, code_of(c->verdict), label, "%s", c->why);
	else
		verify_say(run->result, verify_file_is_hostile(c->error) ? VERIFY_MALFORMED : VERIFY_UNREADABLE,
		    label, "%s", verify_file_why(c->error));
	return 0;
}
