#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "binding.h"
#include "diag.h"
#include "fsio.h"
#include "names.h"

#include "bound.h"

#define SUFFIX ".binding"
#define FOLLOWED "journal/capture/given"
#define SIGNATURE_MAX ((size_t)4096)

struct removing {
	const char *case_id;
	int dirfd, keptfd, followedfd; /* requests or one IAP's, records/CASE/orders, FOLLOWED */
	uint64_t removed;
};

/* Is it certain that nothing can be captured under the case's order any more?  Of one that is not seen it is not. */
static int
is_over(const struct site *site, const char *case_id)
{
	const struct orderbook_case *c = orderbook_find(site->book, case_id);

	if (c == NULL)
		return 0;
	if (c->state == ORDERBOOK_REVOKED)
		return 1;
	return c->state == ORDERBOOK_ACCEPTED && c->order != NULL && c->order->not_after <= stamp_now();
}

/* The same bytes in requests/ as ${name} and in the records without the case before it? */
static int
is_kept(const struct removing *r, const char *name, size_t max)
{
	struct buf here = BUF_INIT, there = BUF_INIT;
	int same = 0;

	if (fsio_load(r->dirfd, name, max, &here) == 0 &&
	    fsio_load(r->keptfd, name + strlen(r->case_id) + 1, max, &there) == 0)
		same = here.len == there.len && here.len > 0 && memcmp(here.data, there.data, here.len) == 0;
	buf_free(&here);
	buf_free(&there);
	return same;
}

/* CASE.HASH.binding, or with .NAME.minisig behind it? */
static int
is_of_case(const struct removing *r, const char *name)
{
	size_t n = strlen(r->case_id);
	const char *hash = name + n + 1, *rest;

	if (strncmp(name, r->case_id, n) != 0 || name[n] != '.')
		return 0;
	rest = hash + strspn(hash, "0123456789abcdef");
	return rest > hash && strncmp(rest, SUFFIX, strlen(SUFFIX)) == 0 &&
	       (rest[strlen(SUFFIX)] == '\0' || rest[strlen(SUFFIX)] == '.');
}

/* ".NAME.tmp": what a write of one of the case's that was killed has left.  Nobody has any use for it. */
static int
is_left_over(const struct removing *r, const char *name)
{
	return fsio_is_temp(name) && is_of_case(r, name + 1);
}

/* The text comes before its signatures: what has lost one of them would look like somebody else's. */
static int
on_name(void *cookie, const char *name)
{
	struct removing *r = cookie;

	if (!is_left_over(r, name) &&
	    (!is_of_case(r, name) ||
		!is_kept(r, name, BINDING_MAX_BYTES > SIGNATURE_MAX ? BINDING_MAX_BYTES : SIGNATURE_MAX)))
		return 0;
	if (fsio_remove(r->dirfd, name) == -1)
		return -1;
	r->removed++;
	return 0;
}

/* Open the folder, which need not be there: ${fd} is -1 then.  Return EX_OK, or EX_IOERR after one diag line. */
static int
open_folder(int basefd, const char *folder, int *fd)
{
	*fd = fsio_opendirat(basefd, folder);
	if (*fd != -1 || errno == ENOENT)
		return EX_OK;
	diag_err("%s", folder);
	return EX_IOERR;
}

/* Remove what there is in the folder, which need not be there.  Return EX_OK, or EX_IOERR after one diag line. */
static int
empty(struct removing *r, int basefd, const char *folder)
{
	int status = open_folder(basefd, folder, &r->dirfd);

	if (r->dirfd == -1)
		return status;
	if (fsio_list(r->dirfd, on_name, r) == -1) {
		diag_err("%s", folder);
		status = EX_IOERR;
	}
	(void)close(r->dirfd); /* a folder */
	return status;
}

static int
on_iap(void *cookie, const char *name)
{
	struct removing *r = cookie;

	return names_is_iap(name) ? empty(r, r->followedfd, name) : 0;
}

/* Everywhere; what failed is not gone beyond.  Return as empty(). */
static int
empty_each(struct removing *r, int statefd)
{
	int status = empty(r, statefd, "requests");

	if (status != EX_OK || r->followedfd == -1)
		return status;
	status = fsio_list(r->followedfd, on_iap, r);
	if (status != -1)
		return status;
	diag_err("%s", FOLLOWED);
	return EX_IOERR;
}

static int
note(const struct site *site, const struct removing *r)
{
	struct json *detail = json_object();
	int bad = json_put_string(detail, "act", "bindings removed");

	bad |= json_put_integer(detail, "files", (int64_t)r->removed);
	return site_journal_detail(site, r->case_id, NULL, detail, bad);
}

int
bound_remove(struct site *site, const char *case_id)
{
	struct removing r = {.case_id = case_id, .keptfd = -1, .followedfd = -1};
	char path[NAMES_CASE_ROOM + 32];
	int noted = EX_OK, status = site_open_orders(site);

	if (status != EX_OK || !is_over(site, case_id))
		return status;
	(void)snprintf(path, sizeof path, "records/%s/orders", case_id); /* has room */
	status = open_folder(site->statefd, path, &r.keptfd);
	if (status == EX_OK)
		status = open_folder(site->statefd, FOLLOWED, &r.followedfd);
	if (status == EX_OK && r.keptfd != -1)
		status = empty_each(&r, site->statefd);
	if (r.followedfd != -1)
		(void)close(r.followedfd); /* folders */
	if (r.keptfd != -1)
		(void)close(r.keptfd);
	/* What is gone is noted, also where something behind it failed. */
	if (r.removed > 0)
		noted = note(site, &r);
	return status != EX_OK ? status : noted;
}
