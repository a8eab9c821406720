#include <sys/random.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "ordermemory.h"
#include "reset.h"
#include "text.h"
#include "trusted.h"

#include "approval.h"

#include "keeper_internal.h"

#define SUFFIX_ROOM 32
#define NAME_ROOM (NAMES_IAP_ROOM + SUFFIX_ROOM)
#define HASH_SHOWN 16 /* digits of a request's hash in the names of what is kept of it */

/* An approver's word, and who gave it. */
struct given {
	struct reset reset;
	struct buf text;
	struct approval approval;
};

/* Say durably what is missed, under a new token unless this very loss has one.  Return 0, or -1 after one diag line. */
static int
want(struct keeper *k, unsigned lost, struct reset_wanted *w)
{
	unsigned char token[RESET_TOKEN_BYTES];
	char what[RESET_WHAT_ROOM];
	struct json *detail;
	int there = reset_wanted_load(k->journalfd, k->iap->name, w);

	/* A reset that was cut short has already brought back a part of what it was given for. */
	if (there == 1 && (lost & ~w->what) == 0)
		return 0;
	if (there == -1 || getrandom(token, sizeof(token), 0) != (ssize_t)sizeof(token))
		goto fail;
	(void)snprintf(w->iap, sizeof(w->iap), "%s", k->iap->name); /* of one size */
	w->what = lost;
	w->since = k->reading.realtime;
	text_hex(w->token, token, sizeof(token));
	if (reset_wanted_save(k->journalfd, w) == -1)
		goto fail;
	detail = json_object();
	(void)json_put_string(detail, "what", reset_what_text(what, lost)); /* the line counts without it, too */
	return journal_write(k->journal, NULL, "reset-wanted", w->token, detail);
fail:
	diag_err("journal/capture/%s.wanted", k->iap->name);
	k->status = trusted_status(errno);
	return -1;
}

/* What speaks against the request, or NULL. */
static const char *
objection(const struct keeper *k, const struct reset_wanted *w, struct given *g)
{
	if (strcmp(g->reset.station, k->conf->station) != 0)
		return "is another station's";
	if (strcmp(g->reset.iap, k->iap->name) != 0)
		return "is another access point's";
	if (strcmp(g->reset.token, w->token) != 0)
		return "answers another loss than this one";
	if (g->reset.what != w->what)
		return "does not name what is lost";
	switch (approval_find(&g->approval)) {
	case 1:
		return NULL;
	case 0:
		return "not signed by an approver of the keyring in force";
	default:
		return "its signature can not be read for now";
	}
}

/* Load the request.  Return 1 if it is an approver's for this loss, 0 if there is none, -1 after one diag line. */
static int
load(const struct keeper *k, const struct reset_wanted *w, struct given *g)
{
	char name[NAME_ROOM];
	const char *why;
	int dirfd = fsio_opendirat(k->statefd, "requests"), rc = -1;

	(void)snprintf(name, sizeof(name), "%s.reset", k->iap->name); /* has room */
	if (dirfd == -1)
		return 0; /* nobody asks for anything */
	if (fsio_load(dirfd, name, RESET_MAX_BYTES, &g->text) == -1) {
		if (errno == ENOENT)
			rc = 0;
		else
			diag_err("requests/%s", name);
		goto out;
	}
	if (reset_parse(g->text.data, g->text.len, name, &g->reset) == -1)
		goto out;
	g->approval.dirfd = dirfd;
	g->approval.name = name;
	g->approval.text = &g->text;
	g->approval.keyring = k->keyring;
	g->approval.now = k->reading.realtime;
	why = objection(k, w, g);
	if (why != NULL)
		diag_errx("requests/%s: %s", name, why);
	else
		rc = 1;
out:
	(void)close(dirfd); /* only read from */
	return rc;
}

/* Keep the words themselves beside the journal, which has their hash. */
static int
keep(const struct keeper *k, const struct given *g)
{
	char name[NAME_ROOM + HASH_SHOWN];

	(void)snprintf(name, sizeof(name), "%s.%.*s.reset", k->iap->name, HASH_SHOWN, g->reset.sha256); /* has room */
	if (fsio_put(k->journalfd, name, g->text.data, g->text.len, 0640) == -1 && errno != EEXIST)
		goto fail;
	(void)snprintf(name, sizeof(name), "%s.%.*s.reset.minisig", k->iap->name, HASH_SHOWN, g->reset.sha256);
	if (fsio_put(k->journalfd, name, g->approval.signature.data, g->approval.signature.len, 0640) == 0 ||
	    errno == EEXIST)
		return 0;
fail:
	diag_err("journal/capture/%s", name);
	return -1;
}

/* One line, of a case or of none. */
static int
tell(struct keeper *k, const struct given *g, const char *case_id)
{
	char what[RESET_WHAT_ROOM], id[SIGN_ID_TEXT];
	struct json *detail = json_object();

	sign_id_format(&g->approval.signer->pub, id);
	/* A put that fails shows in the line that fails. */
	(void)json_put_string(detail, "iap", k->iap->name);
	(void)json_put_string(detail, "what", reset_what_text(what, g->reset.what));
	(void)json_put_string(detail, "reason", g->reset.reason);
	(void)json_put_stamp(detail, "issued", g->reset.issued);
	(void)json_put_string(detail, "approver", g->approval.signer->name);
	(void)json_put_string(detail, "key_id", id);
	return journal_add(k->journal, case_id, "reset", g->reset.sha256, detail);
}

struct telling {
	struct keeper *k;
	const struct given *given;
	const struct ordermemory *memory;
};

/* A case that has orders and of which nothing is remembered. */
static int
tell_folder(void *cookie, const char *name)
{
	struct telling *t = cookie;

	if (!names_is_case(name) || ordermemory_has(t->memory, name))
		return 0;
	return tell(t->k, t->given, name) == -1 ? 1 : 0;
}

/* The lines of all cases, before anything is done. */
static int
tell_all(struct telling *t)
{
	size_t i;
	int fd, rc;

	if (tell(t->k, t->given, NULL) == -1)
		return -1;
	for (i = 0; i < ordermemory_count(t->memory); i++) {
		if (tell(t->k, t->given, ordermemory_case(t->memory, i)) == -1)
			return -1;
	}
	fd = fsio_opendir(t->k->conf->orders_dir);
	rc = fd == -1 ? -1 : fsio_list(fd, tell_folder, t);
	if (rc == -1)
		diag_err("%s", t->k->conf->orders_dir);
	if (fd != -1)
		(void)close(fd); /* only read from */
	return rc == 0 ? journal_sync(t->k->journal) : -1;
}

/* A damaged file is kept under another name; a whole one that its journal does not go on from is only written anew. */
static int
set_aside(const struct keeper *k, const struct given *g, unsigned lost)
{
	char name[KEEPER_MEMORY_ROOM], other[2 * KEEPER_MEMORY_ROOM];
	unsigned what;

	for (what = 1; what <= RESET_ALL; what <<= 1) {
		if ((lost & what) == 0 || keeper_memory_is_whole(k, what) == 1)
			continue;
		(void)snprintf(other, sizeof(other), "%s.%.*s.damaged", keeper_memory_name(k, what, name), HASH_SHOWN,
		    g->reset.sha256); /* has room */
		if (fsio_publish(k->journalfd, name, other) == -1 && errno != ENOENT) {
			diag_err("journal/capture/%s", name);
			return -1;
		}
	}
	return 0;
}

/* The new mark is not before the approver's word, nor does an older word about the clock count any more. */
static int
begin_clock(struct keeper *k, const struct reset *r)
{
	struct clock clock;

	clock_start(&clock, &k->reading);
	if (r->issued > clock.mark)
		clock.mark = r->issued;
	clock.cleared = r->issued;
	if (clock_save(&clock, k->journalfd, k->iap->name) == 0)
		return 0;
	diag_err("journal/capture/%s.clock", k->iap->name);
	return -1;
}

/* From here on the token is good for nothing. */
static int
spend(const struct keeper *k)
{
	if (reset_wanted_remove(k->journalfd, k->iap->name) == 0)
		return 0;
	diag_err("journal/capture/%s.wanted", k->iap->name);
	return -1;
}

/* What the file, where it is whole, and the journals at hand say; it goes on from where the journal is now. */
static struct ordermemory *
recall(const struct keeper *k)
{
	const int whole = keeper_memory_is_whole(k, RESET_ORDERS);
	struct ordermemory *m = whole == 1 ? ordermemory_load(k->journalfd, k->iap->name) : ordermemory_new();
	struct journal_mark mark;

	if (m == NULL || whole == -1 || ordermemory_recall_all(m, k->journalfd, k->iap->name) == -1 ||
	    ordermemory_recall(m, k->journalfd) == -1 || journal_mark(k->journal, &mark) == -1) {
		ordermemory_free(m);
		return NULL;
	}
	ordermemory_set_mark(m, &mark);
	return m;
}

/* All of it is on the disk again before the token is spent: what is cut short in between asks for no second word. */
static int
follow(struct keeper *k, const struct given *g, unsigned lost)
{
	struct ordermemory *m = recall(k);
	struct telling t = {k, g, m};
	int rc = -1;

	if (m != NULL && keep(k, g) == 0 && tell_all(&t) == 0 && set_aside(k, g, lost) == 0 &&
	    ((lost & RESET_ORDERS) == 0 || ordermemory_save(m, k->journalfd, k->iap->name) == 0) &&
	    ((lost & RESET_CLOCK) == 0 || begin_clock(k, &g->reset) == 0) &&
	    ((lost & RESET_KEYRING) == 0 || keyring_remember(k->journalfd, k->keyring) == 0))
		rc = spend(k);
	if (rc == -1)
		k->status = errno == ESTALE ? EX_CONFIG : trusted_status(errno);
	ordermemory_free(m);
	return rc;
}

/*
 * Who took the memory of keyrings away may have put an older keyring back: what else remembers one is asked first, at any
 * access point.  Return 1 if it is older, 0 if not, or -1 with k->status set where that is not known, after a diag line.
 */
static int
is_older(struct keeper *k)
{
	struct ordermemory *m = recall(k);
	const char *root;
	uint64_t version;
	int rc;

	if (m == NULL || ordermemory_learn_keyring(m, k->journalfd) == -1) {
		k->status = trusted_status(errno);
		ordermemory_free(m);
		return -1;
	}
	root = ordermemory_keyring(m, &version);
	rc = keyring_follows(k->keyring, version, root) == -1;
	ordermemory_free(m);
	return rc;
}

int
keeper_reset(struct keeper *k, unsigned lost)
{
	struct given g = {.text = BUF_INIT};
	struct reset_wanted w;
	char what[RESET_WHAT_ROOM];
	int rc = -1, found;

	if (lost == 0) {
		/* Who brought the files back needs no reset: nor does its token stay good for another loss. */
		(void)reset_wanted_remove(k->journalfd, k->iap->name); /* tried again at the next start */
		return 0;
	}
	k->status = EX_CONFIG;
	if ((lost & RESET_KEYRING) != 0 && is_older(k) != 0)
		return -1;
	if (want(k, lost, &w) == -1)
		return -1;
	found = load(k, &w, &g);
	if (found == 0)
		diag_errx("nothing is captured until an approver resets %s of access point %s: casetap reset %s",
		    reset_what_text(what, w.what), k->iap->name, k->iap->name);
	else if (found == 1 && follow(k, &g, lost) == 0) {
		diag_notice("%s of access point %s begins anew, as %s asked", reset_what_text(what, w.what),
		    k->iap->name, g.approval.signer->name);
		rc = 0;
	}
	buf_free(&g.text);
	buf_free(&g.approval.signature);
	return rc;
}
