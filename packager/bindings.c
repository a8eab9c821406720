#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "approval.h"
#include "binding.h"
#include "diag.h"
#include "fsio.h"
#include "purgecert.h"
#include "sign.h"

#include "bindings.h"

#define SUFFIX ".binding"
#define HASH_SHOWN 16
#define SIGNATURE_MAX ((size_t)4096)
#define FOLLOWED "journal/capture/given"

struct collecting {
	struct packager *p;
	const struct ordermemory *memory; /* NULL: the case was accepted */
	const char *only_case;            /* NULL: all */
	int dirfd;                        /* requests, or what capture keeps of what it followed */
	int is_followed;                  /* capture has judged it: that is not done again, with another keyring */
};

/* One of them. */
struct given {
	const char *name; /* there */
	char case_id[NAMES_CASE_ROOM];
	char kept[HASH_SHOWN + sizeof(SUFFIX)]; /* in the records: the name without the case */
	int casefd;                             /* records/CASE */
};

/* CASE.HASH.binding: a case ID may have dots in it, so it is taken apart from the right. */
static int
take_name(struct given *g, const char *name)
{
	const size_t n = strlen(name), tail = 1 + HASH_SHOWN + strlen(SUFFIX);
	const char *hash = name + n - tail + 1;

	if (n <= tail || n - tail >= sizeof(g->case_id) || name[n - tail] != '.' ||
	    strcmp(name + n - strlen(SUFFIX), SUFFIX) != 0 || strspn(hash, "0123456789abcdef") != HASH_SHOWN)
		return 0;
	memcpy(g->case_id, name, n - tail);
	g->case_id[n - tail] = '\0';
	(void)snprintf(g->kept, sizeof(g->kept), "%s", hash); /* as seen */
	g->name = name;
	return names_is_case(g->case_id);
}

/* The case waits for the next run: a package sealed now would be without what it was captured by. */
static int
problem(const struct collecting *c, const struct given *g)
{
	diag_err("%s/%s", c->is_followed ? FOLLOWED : "requests", g->name);
	packager_fail(c->p, packager_status(errno));
	packager_hold_back(c->p, g->case_id);
	return -1;
}

/* Was it deleted with the case's records?  Then it is not brought back. */
static int
is_purged(const struct given *g)
{
	struct purgecert cert = {.what = REQUEST_RECORDS};
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM], path[NAMES_FILE_ROOM];
	int rc = 0;

	(void)snprintf(cert.case_id, sizeof(cert.case_id), "%s", g->case_id); /* it was judged */
	(void)purgecert_name(name, &cert);
	(void)snprintf(path, sizeof(path), "orders/%s", g->kept); /* has room */
	if (fsio_load(g->casefd, name, PURGECERT_MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT ? 0 : 1; /* where it can not be read, nothing is brought back */
	} else if (text.len == 0 || purgecert_parse(text.data, text.len, &cert) == -1) {
		rc = 1;
	} else {
		rc = purgecert_find(&cert, path) != NULL;
		purgecert_clear(&cert);
	}
	buf_free(&text);
	return rc;
}

static int
is_same(int fd, const char *name, const struct buf *bytes, size_t max)
{
	struct buf there = BUF_INIT;
	int same = fsio_load(fd, name, max, &there) == 0 && there.len == bytes->len &&
		   (there.len == 0 || memcmp(there.data, bytes->data, there.len) == 0);

	buf_free(&there);
	return same;
}

/* A name has not all of a hash: what is there already must be the same to the byte.  Return 0, or -1 with errno set. */
static int
put_one(int fd, const char *name, const struct buf *bytes, size_t max)
{
	if (fsio_put(fd, name, bytes->data, bytes->len, PACKAGER_MODE_FILE) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (is_same(fd, name, bytes, max))
		return 0;
	errno = EEXIST;
	return -1;
}

/* The signature first: whoever finds the text finds it too. */
static int
put(const struct collecting *c, const struct given *g, const struct buf *text, const struct approval *a)
{
	char name[sizeof(g->kept) + 256];
	int fd = fsio_mkdirs(g->casefd, "orders", PACKAGER_MODE_DIR), rc = 0;

	/* NAME.binding.WHO.minisig, as it is called beside the file. */
	(void)snprintf(name, sizeof(name), "%s%s", g->kept, a->signature_name + strlen(g->name));
	if (fd == -1 || put_one(fd, name, &a->signature, SIGNATURE_MAX) == -1 ||
	    put_one(fd, g->kept, text, BINDING_MAX_BYTES) == -1)
		rc = problem(c, g);
	if (fd != -1)
		(void)close(fd); /* what was put there is synced */
	return rc;
}

/* The one that capture found good. */
static int
on_signature(void *cookie, const char *name)
{
	struct approval *a = cookie;
	size_t n = strlen(a->name);
	struct sign_sig sig;

	if (strncmp(name, a->name, n) != 0 || name[n] != '.' || strlen(name) >= sizeof(a->signature_name))
		return 0;
	buf_clear(&a->signature);
	if (fsio_load(a->dirfd, name, SIGNATURE_MAX, &a->signature) == -1)
		return -1;
	(void)snprintf(a->signature_name, sizeof(a->signature_name), "%s", name); /* as seen */
	return sign_parse(a->signature.data, a->signature.len, &sig) == 0;
}

static int
find_signature(const struct collecting *c, struct approval *a)
{
	return c->is_followed ? fsio_list(c->dirfd, on_signature, a) : approval_find(a);
}

static int
copy(const struct collecting *c, const struct given *g)
{
	struct buf text = BUF_INIT;
	struct approval a = {
	    .dirfd = c->dirfd, .name = g->name, .text = &text, .keyring = c->p->keyring, .now = c->p->now()};
	struct binding b;
	int rc = 0, approved;

	errno = 0;
	if (fsio_load(c->dirfd, g->name, BINDING_MAX_BYTES, &text) == -1) {
		rc = errno == ENOENT || errno == EBADMSG || errno == ELOOP || errno == EFBIG ? 0 : problem(c, g);
	} else if (binding_parse(text.data == NULL ? "" : text.data, text.len, g->name, &b) == 0 &&
		   strcmp(b.case_id, g->case_id) == 0 && strncmp(b.sha256, g->kept, HASH_SHOWN) == 0) {
		approved = find_signature(c, &a);
		if (approved == -1)
			rc = problem(c, g);
		else if (approved == 1)
			rc = put(c, g, &text, &a);
	} else if (errno == ENOMEM) {
		rc = problem(c, g);
	}
	buf_free(&text);
	buf_free(&a.signature);
	return rc;
}

/* The same bytes: by its name alone it might be another. */
static int
is_kept(const struct collecting *c, const struct given *g)
{
	char path[sizeof("orders/") + sizeof(g->kept)];
	struct buf text = BUF_INIT;
	int kept;

	(void)snprintf(path, sizeof(path), "orders/%s", g->kept); /* has room */
	kept = faccessat(g->casefd, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0 &&
	       fsio_load(c->dirfd, g->name, BINDING_MAX_BYTES, &text) == 0 &&
	       is_same(g->casefd, path, &text, BINDING_MAX_BYTES);
	buf_free(&text);
	return kept;
}

static int
on_name(void *cookie, const char *name)
{
	const struct collecting *c = cookie;
	char path[sizeof("records/") + NAMES_CASE_ROOM];
	struct given g;

	if (!take_name(&g, name) || (c->only_case != NULL && strcmp(g.case_id, c->only_case) != 0) ||
	    (c->memory != NULL && ordermemory_revision(c->memory, g.case_id, NULL) == 0))
		return 0;
	(void)snprintf(path, sizeof(path), "records/%s", g.case_id); /* has room */
	g.casefd = fsio_mkdirs(c->p->statefd, path, PACKAGER_MODE_DIR);
	if (g.casefd == -1) {
		(void)problem(c, &g);
		return 0;
	}
	if (!is_kept(c, &g) && !is_purged(&g))
		(void)copy(c, &g); /* what went wrong was reported */
	(void)close(g.casefd);     /* a folder */
	return 0;
}

/* All of them in one folder, which need not be there. */
static void
collect(struct collecting *c, int basefd, const char *folder)
{
	c->dirfd = fsio_opendirat(basefd, folder);
	if (c->dirfd == -1 && errno == ENOENT)
		return; /* nobody asks for anything */
	if (c->dirfd == -1 || fsio_list(c->dirfd, on_name, c) == -1) {
		diag_err("%s", folder);
		packager_fail(c->p, packager_status(errno));
		c->p->are_all_held = 1; /* which cases have one is not known */
	}
	if (c->dirfd != -1)
		(void)close(c->dirfd); /* a folder */
}

struct followed {
	struct collecting *c;
	int dirfd;
};

static int
on_iap(void *cookie, const char *name)
{
	const struct followed *f = cookie;

	if (names_is_iap(name))
		collect(f->c, f->dirfd, name);
	return 0;
}

void
bindings_collect(struct packager *p, const struct ordermemory *memory)
{
	struct collecting c = {.p = p, .memory = memory, .only_case = p->only_case, .is_followed = 1};
	struct followed f = {.c = &c};

	/* First what was followed, with the signature that counted then. */
	f.dirfd = fsio_opendirat(p->statefd, FOLLOWED);
	if ((f.dirfd == -1 && errno != ENOENT) || (f.dirfd != -1 && fsio_list(f.dirfd, on_iap, &f) == -1)) {
		diag_err(FOLLOWED);
		packager_fail(p, packager_status(errno));
		p->are_all_held = 1;
	}
	if (f.dirfd != -1)
		(void)close(f.dirfd); /* a folder */
	c.is_followed = 0;
	collect(&c, p->statefd, "requests");
}

int
bindings_collect_stream(struct packager *p, const char *case_id, const char *iap)
{
	struct collecting c = {.p = p, .only_case = case_id, .is_followed = 1};
	char path[sizeof(FOLLOWED "/") + NAMES_IAP_ROOM];

	(void)snprintf(path, sizeof(path), FOLLOWED "/%s", iap); /* a name that was judged */
	collect(&c, p->statefd, path);
	return packager_is_held_back(p, case_id) ? -1 : 0;
}
