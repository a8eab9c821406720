#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "names.h"
#include "text.h"
#include "trusted.h"

#include "requests.h"

#define SIG_MAX_BYTES ((size_t)8192)
#define COUNT_MAX 100000

struct requests {
	struct requests_entry *list;
	size_t count;
	unsigned damaged;
	/* while a folder is read */
	const char *case_id;
	const struct keyring *keyring;
	stamp_t now;
	const char *folder;
	int dirfd, is_followed;
};

static struct requests_entry *
add_entry(struct requests *r)
{
	struct requests_entry *grown;

	if (r->count == COUNT_MAX) {
		errno = EFBIG;
		return NULL;
	}
	grown = reallocarray(r->list, r->count + 1, sizeof(*grown));
	if (grown == NULL)
		return NULL;
	r->list = grown;
	memset(&r->list[r->count], 0, sizeof(*grown));
	return &r->list[r->count];
}

static void
clear_entry(struct requests_entry *e)
{
	unsigned i;

	buf_free(&e->text);
	for (i = 0; i < e->approval_count; i++)
		buf_free(&e->approvals[i].sig);
}

static int
is_known(const struct requests *r, const char *sha256)
{
	size_t i;

	for (i = 0; i < r->count; i++) {
		if (strcmp(r->list[i].request.sha256, sha256) == 0)
			return 1;
	}
	return 0;
}

/*
 * Something is wrong with a file.  Return 1 if it is damaged for good, which was said or is said here; -1 with errno set if
 * it could not be read now.
 */
static int
blame(struct requests *r, const char *name)
{
	switch (errno) {
	case EBADMSG:
	case EFBIG:
	case ELOOP:
	case ENAMETOOLONG:
		diag_err("%s/%s/%s", r->folder, r->case_id, name);
		break;
	case EINVAL:
	case EPERM:
		break;
	default:
		return -1;
	}
	r->damaged++;
	return 1;
}

/* What the operator asks must be his; what was followed is the packager's, and was judged when it was. */
static int
load(const struct requests *r, const char *name, const char *label, struct buf *text)
{
	return r->is_followed ? fsio_load(r->dirfd, name, REQUEST_MAX_BYTES, text)
			      : trusted_load(r->dirfd, name, label, REQUEST_MAX_BYTES, text);
}

/* Read one request into the entry.  Return 0, or as blame(). */
static int
read_entry(struct requests *r, const char *name, struct requests_entry *e)
{
	char label[2 * NAMES_FILE_ROOM + 64];

	if (strlen(name) >= sizeof(e->name)) {
		errno = ENAMETOOLONG;
		return blame(r, name);
	}
	(void)snprintf(e->name, sizeof(e->name), "%s", name); /* as seen */
	(void)snprintf(label, sizeof(label), "%s/%s/%s", r->folder, r->case_id, name);
	e->is_followed = r->is_followed;
	if (load(r, name, label, &e->text) == -1 ||
	    request_parse(e->text.data == NULL ? "" : e->text.data, e->text.len, label, &e->request) == -1)
		return blame(r, name);
	if (strcmp(e->request.case_id, r->case_id) == 0)
		return 0;
	diag_errx("%s: is about another case", label);
	r->damaged++;
	return 1;
}

static int
on_request(void *cookie, const char *name)
{
	struct requests *r = cookie;
	struct requests_entry *e;
	int rc;

	if (name[0] == '.' || !text_ends_with(name, REQUESTS_SUFFIX))
		return 0;
	e = add_entry(r);
	if (e == NULL)
		return -1;
	rc = read_entry(r, name, e);
	if (rc == 0 && !is_known(r, e->request.sha256))
		r->count++;
	else
		clear_entry(e);
	return rc == -1 ? -1 : 0;
}

/* Not by a key or a name, or in a role, that was counted?  One name is one person, and one file where it is kept. */
static int
is_another(const struct requests_entry *e, const struct keyring_entry *signer)
{
	unsigned i;

	for (i = 0; i < e->approval_count; i++) {
		const struct keyring_entry *one = e->approvals[i].signer;

		if (sign_pub_equal(&one->pub, &signer->pub) || strcmp(one->name, signer->name) == 0 ||
		    (signer->role[0] != '\0' && strcmp(one->role, signer->role) == 0))
			return 0;
	}
	return e->approval_count < REQUESTS_APPROVALS_MAX;
}

/* Keep it (${sig} is stolen).  Are they enough now? */
static int
add_approval(const struct requests *r, struct requests_entry *e, const struct keyring_entry *signer, struct buf sig)
{
	e->approvals[e->approval_count++] = (struct requests_approval){signer, sig};
	if (request_needs_all(&e->request) && e->approval_count < keyring_approvals(r->keyring))
		return 0;
	e->signer = e->approvals[0].signer;
	return 1;
}

/* Does this file hold a signature that counts?  1 ends the search; -1 with errno set if it could not be read now. */
static int
judge_signature(struct requests *r, struct requests_entry *e, const char *name)
{
	const struct keyring_entry *signer = NULL;
	struct buf text = BUF_INIT;
	struct sign_sig sig;
	int good = 0;

	/* What can not be read is not taken for none: what waits for its approval would be judged as if it had not come. */
	if (fsio_load(r->dirfd, name, SIG_MAX_BYTES, &text) == -1 && errno != EBADMSG && errno != EFBIG &&
	    errno != ELOOP && errno != ENOENT) {
		buf_free(&text);
		return -1;
	}
	if (text.len > 0 && sign_parse(text.data, text.len, &sig) == 0)
		good = keyring_judge(r->keyring, KEYRING_APPROVER, &sig, e->text.data, e->text.len, r->now,
			   &signer) == KEYRING_GOOD;
	/* What is asked for can not be undone: a clock set back must not bring a revoked key back. */
	if (good && signer->revoked != STAMP_NONE)
		good = 0;
	if (good && is_another(e, signer))
		return add_approval(r, e, signer, text);
	e->has_bad_signature |= !good;
	buf_free(&text);
	return 0;
}

struct search {
	struct requests *r;
	struct requests_entry *e;
};

static int
on_signature(void *cookie, const char *name)
{
	struct search *s = cookie;

	if (!names_is_approval(name, s->e->name))
		return 0;
	return judge_signature(s->r, s->e, name);
}

/* Of what is kept only the beginning of a log may not have come to its end. */
static int
may_be_left(const struct requests_entry *e)
{
	return !e->is_followed || e->request.act == REQUEST_BEGIN;
}

/* Look for the approvals of all that were read from the folder at hand. */
static int
find_signatures(struct requests *r, size_t from)
{
	size_t i;

	for (i = from; i < r->count; i++) {
		struct search s = {r, &r->list[i]};

		if (request_needs_approver(&s.e->request) && may_be_left(s.e) &&
		    fsio_list(r->dirfd, on_signature, &s) == -1)
			return -1; /* by the list, or by a signature */
	}
	return 0;
}

static int
read_folder(struct requests *r, int statefd, const char *path, const char *shown, int is_followed)
{
	size_t from = r->count;
	int rc;

	r->folder = shown;
	r->is_followed = is_followed;
	r->dirfd = fsio_opendirat(statefd, path);
	if (r->dirfd == -1 && errno == ENOENT)
		return 0;
	rc = r->dirfd == -1 ? -1 : fsio_list(r->dirfd, on_request, r);
	if (rc == 0)
		rc = find_signatures(r, from);
	if (rc != 0)
		diag_err("%s", path);
	if (r->dirfd != -1)
		(void)close(r->dirfd); /* a folder */
	return rc == 0 ? 0 : -1;
}

struct requests *
requests_load(int statefd, const char *case_id, const struct keyring *keyring, stamp_t now)
{
	struct requests *r = calloc(1, sizeof(*r));
	char path[NAMES_CASE_ROOM + 32];

	if (r == NULL) {
		diag_err("requests");
		return NULL;
	}
	r->case_id = case_id;
	r->keyring = keyring;
	r->now = now;
	(void)snprintf(path, sizeof(path), "records/%s/requests", case_id); /* has room */
	if (read_folder(r, statefd, path, "records", 1) == -1)
		goto fail;
	(void)snprintf(path, sizeof(path), REQUESTS_TREE "/%s", case_id);
	if (read_folder(r, statefd, path, REQUESTS_TREE, 0) == -1)
		goto fail;
	return r;
fail:
	requests_free(r);
	return NULL;
}

void
requests_free(struct requests *r)
{
	size_t i;

	if (r == NULL)
		return;
	for (i = 0; i < r->count; i++)
		clear_entry(&r->list[i]);
	free(r->list);
	free(r);
}

size_t
requests_count(const struct requests *r)
{
	return r->count;
}

const struct requests_entry *
requests_entry(const struct requests *r, size_t i)
{
	return &r->list[i];
}

unsigned
requests_damaged(const struct requests *r)
{
	return r->damaged;
}

/* Did a release that was followed name the hold? */
static int
is_released(const struct requests *r, const char *sha256)
{
	size_t i, k;

	for (i = 0; i < r->count; i++) {
		const struct request *q = &r->list[i].request;

		if (q->act != REQUEST_RELEASE || !r->list[i].is_followed)
			continue;
		for (k = 0; k < q->hold_count; k++) {
			if (strcmp(q->holds[k], sha256) == 0)
				return 1;
		}
	}
	return 0;
}

const struct request *
requests_hold(const struct requests *r, size_t i)
{
	size_t at;

	for (at = 0; at < r->count; at++) {
		const struct request *q = &r->list[at].request;

		if (q->act == REQUEST_HOLD && !is_released(r, q->sha256) && i-- == 0)
			return q;
	}
	return NULL;
}
