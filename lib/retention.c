#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"
#include "ledger.h"
#include "manifest.h"
#include "orderfile.h"
#include "sign.h"
#include "text.h"

#include "retention_internal.h"

#define SUMS RETENTION_SUMS
#define SUMS_SIG RETENTION_SUMS_SIG
#define SIG_MAX_BYTES ((size_t)8192)
#define LEDGER_MAX_BYTES ((size_t)LEDGER_ROWS_MAX * 512)
#define ORDER_SUFFIX ".order"

struct highest {
	uint64_t revision;
};

static int
on_order(void *cookie, const char *name)
{
	struct highest *h = cookie;
	const size_t n = strlen(name), suffix = sizeof(ORDER_SUFFIX) - 1;
	char digits[16];
	uint64_t revision;

	if (!text_ends_with(name, ORDER_SUFFIX) || n - suffix >= sizeof(digits))
		return 0;
	(void)snprintf(digits, sizeof(digits), "%.*s", (int)(n - suffix), name); /* has room */
	if (text_u64(digits, 1, UINT32_MAX, &revision) == 0 && revision > h->revision)
		h->revision = revision;
	return 0;
}

static int
take_terms(int dirfd, const struct age_identities *key, const char *case_id, uint64_t revision,
    struct retention_terms *terms)
{
	struct buf text = BUF_INIT;
	struct order *order = NULL;
	char name[32], label[NAMES_CASE_ROOM + 64];
	int rc = -1;

	(void)snprintf(name, sizeof(name), "%llu" ORDER_SUFFIX, (unsigned long long)revision); /* has room */
	(void)snprintf(label, sizeof(label), "records/%s/orders/%s", case_id, name);
	if (orderfile_load(dirfd, name, key, &text) == -1) {
		diag_errx("%s: %s", label, orderfile_why(errno));
		goto out;
	}
	order = order_parse(text.data == NULL ? "" : text.data, text.len, label);
	if (order == NULL)
		goto out;
	memcpy(terms->order_sha256, order->sha256, sizeof(terms->order_sha256));
	terms->revision = order->revision;
	terms->payload_days = order->payload_days;
	terms->records_days = order->records_days;
	memcpy(terms->destinations, order->destinations, sizeof(terms->destinations));
	terms->destination_count = order->destination_count;
	rc = 1;
out:
	order_free(order);
	buf_free(&text);
	return rc;
}

int
retention_terms_load(
    int statefd, const struct age_identities *key, const char *case_id, struct retention_terms *terms)
{
	struct highest h = {0};
	char path[NAMES_CASE_ROOM + 32];
	int fd, rc;

	memset(terms, 0, sizeof(*terms));
	(void)snprintf(path, sizeof(path), "records/%s/orders", case_id); /* has room */
	fd = fsio_opendirat(statefd, path);
	if (fd == -1 && errno == ENOENT)
		return 0;
	rc = fd == -1 ? -1 : fsio_list(fd, on_order, &h);
	if (rc == -1)
		diag_err("%s", path);
	else if (h.revision > 0)
		rc = take_terms(fd, key, case_id, h.revision, terms);
	if (fd != -1)
		(void)close(fd); /* a folder */
	return rc;
}

struct retention *
retention_open(int statefd, const char *case_id, const char *iap, const struct keyring *keyring,
    const struct retention_terms *terms)
{
	struct retention *r = calloc(1, sizeof(*r));
	char path[NAMES_CASE_ROOM + NAMES_IAP_ROOM + 16];

	if (r == NULL)
		return NULL;
	(void)snprintf(r->case_id, sizeof(r->case_id), "%s", case_id); /* names that were judged */
	(void)snprintf(r->iap, sizeof(r->iap), "%s", iap);
	r->keyring = keyring;
	r->terms = terms;
	(void)snprintf(path, sizeof(path), "receipts/%s/%s", case_id, iap); /* has room */
	r->receiptsfd = fsio_opendirat(statefd, path);
	if (r->receiptsfd == -1 && errno != ENOENT) {
		free(r);
		return NULL;
	}
	(void)snprintf(path, sizeof(path), "outbox/%s/%s", case_id, iap);
	r->streamfd = fsio_opendirat(statefd, path);
	if (r->streamfd == -1) {
		retention_close(r);
		return NULL;
	}
	return r;
}

void
retention_close(struct retention *r)
{
	int saved = errno;

	if (r == NULL)
		return;
	if (r->streamfd != -1)
		(void)close(r->streamfd); /* folders */
	if (r->receiptsfd != -1)
		(void)close(r->receiptsfd);
	free(r);
	errno = saved;
}

int
retention_streamfd(const struct retention *r)
{
	return r->streamfd;
}

int
retention_decide(struct retention_judging *j, enum retention_state state, const char *what, const char *about)
{
	j->verdict->state = state;
	(void)snprintf(j->verdict->why, sizeof(j->verdict->why), "%s%s%s", about, about[0] == '\0' ? "" : ": ",
	    what); /* a cut text still says enough */
	return 1;
}

/* Load a file with its hash.  Return 0, 1 if the verdict is settled because it is not there, or -1 with errno set. */
static int
load(struct retention_judging *j, const char *name, size_t max, struct buf *text, char sha256[DIGEST_HEX])
{
	if (fsio_load(j->dirfd, name, max, text) == 0)
		return digest_hex_of(text->data == NULL ? "" : text->data, text->len, sha256);
	if (errno == ENOENT)
		return retention_decide(j, RETENTION_OPEN, "the day is not closed", "");
	return errno == EBADMSG || errno == ELOOP || errno == EFBIG
		   ? retention_decide(j, RETENTION_DAMAGED, "no plain file", name)
		   : -1;
}

/* Whether its key might sign at that time is for the verifier to say; here it must be a station's and its own. */
static int
is_signed(const struct retention_judging *j, const struct buf *text, const struct buf *sig)
{
	struct sign_sig parsed;
	enum keyring_verdict verdict;

	if (sig->len == 0 || text->len == 0 || sign_parse(sig->data, sig->len, &parsed) == -1)
		return 0;
	verdict = keyring_judge(j->r->keyring, KEYRING_STATION, &parsed, text->data, text->len, j->day, NULL);
	return verdict != KEYRING_UNKNOWN && verdict != KEYRING_FORGED;
}

/* The list of the day, signed.  0, 1 settled, -1. */
static int
load_sums(struct retention_judging *j)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	int rc = load(j, SUMS_SIG, SIG_MAX_BYTES, &sig, j->sig_sha256);

	if (rc == 0)
		rc = load(j, SUMS, MANIFEST_MAX_BYTES, &text, j->sums_sha256);
	if (rc != 0)
		goto out;
	if (!is_signed(j, &text, &sig)) {
		rc = retention_decide(j, RETENTION_DAMAGED, "not signed by a station of the keyring", SUMS);
		goto out;
	}
	j->sums = manifest_parse(text.data, text.len, NULL);
	if (j->sums == NULL)
		rc = errno == ENOMEM ? -1 : retention_decide(j, RETENTION_DAMAGED, "not a list of hashes", SUMS);
	memcpy(j->cert->sums_sha256, j->sums_sha256, sizeof(j->cert->sums_sha256));
out:
	buf_free(&text);
	buf_free(&sig);
	return rc;
}

/* The ledger must be the one listed, and every row of it must have its package in the list. */
static int
check_ledger(struct retention_judging *j)
{
	char name[NAMES_FILE_ROOM], sha256[DIGEST_HEX];
	const struct manifest_entry *e;
	struct buf text = BUF_INIT;
	struct ledger ledger = {.rows = NULL};
	uint64_t packages = 0;
	struct names n;
	size_t i;
	int rc;

	(void)names_day_file(name, j->r->case_id, j->r->iap, j->day, ".ledger.txt");
	e = manifest_find(j->sums, name);
	rc = load(j, name, LEDGER_MAX_BYTES, &text, sha256);
	if (rc != 0)
		goto out;
	if (ledger_parse(text.data == NULL ? "" : text.data, text.len, &ledger, NULL) == -1) {
		rc = errno == ENOMEM
			 ? -1
			 : retention_decide(j, RETENTION_DAMAGED, "not the one that " SUMS " lists", name);
		goto out;
	}
	if (e == NULL || strcmp(e->sha256, sha256) != 0 || strcmp(ledger.case_id, j->r->case_id) != 0 ||
	    strcmp(ledger.iap, j->r->iap) != 0 || ledger.day != j->day) {
		rc = retention_decide(j, RETENTION_DAMAGED, "not the one that " SUMS " lists", name);
		goto out;
	}
	for (i = 0; i < manifest_count(j->sums); i++) {
		names_parse(manifest_entry(j->sums, i)->name, &n);
		packages += n.kind == NAMES_PACKAGE;
	}
	j->verdict->packages = packages;
	if (packages != ledger.row_count)
		rc = retention_decide(j, RETENTION_DAMAGED, "lists another number of packages than the ledger", SUMS);
	memcpy(j->cert->ledger_sha256, sha256, sizeof(j->cert->ledger_sha256));
out:
	ledger_clear(&ledger);
	buf_free(&text);
	return rc;
}

static void
check_time(struct retention_judging *j, stamp_t now)
{
	char until[STAMP_TEXT], what[STAMP_TEXT + 32];

	assert(j->cert->delivered != STAMP_NONE);
	j->verdict->until = j->cert->delivered + j->r->terms->payload_days * STAMP_DAY;
	if (now >= j->verdict->until) {
		(void)retention_decide(j, RETENTION_DUE, "", "");
		return;
	}
	(void)snprintf(what, sizeof(what), "kept until %s", stamp_format_seconds(until, j->verdict->until));
	(void)retention_decide(j, RETENTION_KEPT, what, "");
}

static int
judge(struct retention_judging *j, stamp_t now)
{
	int rc;

	if (j->r->terms->destination_count == 0)
		return retention_decide(j, RETENTION_UNDELIVERED, "the order names no destination", "");
	rc = load_sums(j);
	if (rc == 0)
		rc = check_ledger(j);
	if (rc == 0)
		rc = retention_check_arrivals(j);
	if (rc == 0)
		check_time(j, now);
	return rc;
}

int
retention_judge(
    struct retention *r, stamp_t day, stamp_t now, struct purgecert *cert, struct retention_verdict *verdict)
{
	struct retention_judging j = {.r = r, .day = day, .cert = cert, .verdict = verdict};
	char name[STAMP_DAY_TEXT];
	int rc;

	memset(verdict, 0, sizeof(*verdict));
	verdict->state = RETENTION_DAMAGED;
	verdict->until = STAMP_NONE;
	cert->what = REQUEST_PAYLOAD;
	memcpy(cert->case_id, r->case_id, sizeof(cert->case_id));
	memcpy(cert->iap, r->iap, sizeof(cert->iap));
	cert->day = day;
	cert->delivered = STAMP_NONE;
	memcpy(cert->order_sha256, r->terms->order_sha256, sizeof(cert->order_sha256));
	cert->revision = r->terms->revision;
	cert->days = r->terms->payload_days;
	j.dirfd = fsio_opendirat(r->streamfd, stamp_day_format(name, day));
	if (j.dirfd == -1)
		return -1;
	rc = judge(&j, now);
	manifest_free(j.sums);
	(void)close(j.dirfd); /* a folder */
	return rc == -1 ? -1 : 0;
}
