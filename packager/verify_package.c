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
take_hash(int fd, enum package_verdict verdict, const struct package_facts *f, char sha256[DIGEST_HEX])
{
	if (verdict == PACKAGE_INTACT)
		memcpy(sha256, f->tar_sha256, DIGEST_HEX);
	else if (verdict == PACKAGE_UNREADABLE || lseek(fd, 0, SEEK_SET) == -1 || digest_fd(fd, sha256, NULL) == -1)
		sha256[0] = '\0';
}

int
verify_package(struct verify_run *run, int dirfd, const char *name, const char *where, unsigned approvals,
    struct package_facts *f, char sha256[DIGEST_HEX])
{
	struct passing passing = {.progress = run->progress};
	enum package_verdict verdict;
	struct verify_file file;
	char why[VERIFY_WHAT_ROOM / 2], label[VERIFY_WHERE_ROOM];
	int rc = 0;

	verify_label(label, where, name);
	memset(f, 0, sizeof(*f));
	if (sha256 != NULL)
		sha256[0] = '\0';
	if (verify_file_open(&file, dirfd, name) == -1) {
		verify_say(run->result, verify_file_is_hostile(errno) ? VERIFY_MALFORMED : VERIFY_UNREADABLE, label,
		    "%s", verify_file_why(errno));
		verify_progress_package(run->progress);
		return 0;
	}
	passing.fd = file.fd;
	verdict = package_check(pass, &passing, name, verify_keys_best(run->keys), f, why, sizeof(why));
	if (sha256 != NULL)
		take_hash(file.fd, verdict, f, sha256);
	/* Of a file that changed under our hands nothing else is worth saying. */
	if (verify_file_unchanged(&file) == -1) {
		if (sha256 != NULL)
			sha256[0] = '\0';
		verify_say(run->result, VERIFY_UNREADABLE, label, "%s", verify_file_why(errno));
	} else if (verdict != PACKAGE_INTACT) {
		verify_say(run->result, code_of(verdict), label, "%s", why);
	} else {
		rc = verify_package_take(run, f, label, where, approvals);
	}
	verify_file_close(&file);
	verify_progress_package(run->progress);
	return rc;
}
