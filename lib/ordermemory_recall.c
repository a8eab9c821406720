#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "names.h"

#include "ordermemory.h"

#define SUFFIX ".jsonl"
#define NAME_ROOM (NAMES_IAP_ROOM + sizeof(SUFFIX))

/* In each line that counts here, as json_write spells it. */
static const char *const words[] = {"\"event\":\"order-", "\"event\":\"keyring\"", NULL};

/* Revoked stays revoked, also where the line's revision is another than the one in mind. */
static int
raise_by(struct ordermemory *m, const char *case_id, uint32_t revision, const char *sha256, int is_revoked)
{
	int rc = ordermemory_raise(m, case_id, revision, sha256, is_revoked);

	if (rc == -1 && errno == EEXIST)
		rc = is_revoked ? ordermemory_raise(m, case_id, 0, "", 1) : 0;
	return rc;
}

/* An older program's line does not tell the root. */
static void
recall_keyring(struct ordermemory *m, const struct json *detail)
{
	char root[SIGN_KEY_TEXT] = "";
	struct sign_pub pub;
	uint64_t version;

	if (json_get_text(detail, "root", root, sizeof(root)) == -1 || sign_pub_parse(root, &pub) == -1)
		root[0] = '\0';
	if (json_get_u64(detail, "version", &version) == 0)
		ordermemory_raise_keyring(m, version, root);
}

/* When the revision at hand was accepted, where the line tells. */
static void
recall_acceptance(struct ordermemory *m, const char *case_id, const struct json *detail)
{
	struct order_acceptance a;

	if (json_get_stamp(detail, "accepted", &a.at) == 0 && a.at != STAMP_NONE &&
	    json_get_text(detail, "keyring_sha256", a.keyring_sha256, sizeof(a.keyring_sha256)) == 0 &&
	    digest_is_hex(a.keyring_sha256))
		ordermemory_accept(m, case_id, &a);
}

/* What one line says was accepted or revoked, or in force. */
static int
recall_line(void *cookie, uint64_t n, const char *line, size_t len, const struct json *j)
{
	struct ordermemory *m = cookie;
	const char *case_id = json_get_string(j, "case"), *event = json_get_string(j, "event");
	const char *object = json_get_string(j, "object");
	uint32_t revision = 0;
	int is_revoked;

	(void)n;
	(void)line;
	(void)len;
	if (event != NULL && strcmp(event, "keyring") == 0) {
		recall_keyring(m, json_get_object(j, "detail"));
		return 0;
	}
	if (case_id == NULL || event == NULL || !names_is_case(case_id))
		return 0;
	is_revoked = strcmp(event, "order-revoked") == 0;
	if (!is_revoked && strcmp(event, "order-accepted") != 0 && strcmp(event, "order-extended") != 0)
		return 0;
	if (object == NULL || !digest_is_hex(object) ||
	    json_get_u32(json_get_object(j, "detail"), "revision", &revision) == -1) {
		revision = 0;
		object = "";
	}
	if (revision == 0 && !is_revoked)
		return 0;
	if (raise_by(m, case_id, revision, object, is_revoked) == -1)
		return -1;
	if (!is_revoked && ordermemory_revision(m, case_id, NULL) == revision)
		recall_acceptance(m, case_id, json_get_object(j, "detail"));
	return 0;
}

/* What a journal says from a mark on, NULL for all of it. */
static int
recall_since(struct ordermemory *m, int dirfd, const char *name, const struct journal_mark *mark)
{
	if (journal_since(dirfd, name, mark, words, recall_line, m) == 0)
		return 0;
	diag_err("journal/capture/%s", name);
	return -1;
}

int
ordermemory_recall_all(struct ordermemory *m, int dirfd, const char *iap)
{
	char name[NAME_ROOM];

	(void)snprintf(name, sizeof(name), "%s" SUFFIX, iap); /* a checked name fits */
	return recall_since(m, dirfd, name, NULL);
}

struct recalling {
	struct ordermemory *m;
	int dirfd;
};

/* Of a journal that does not go on from where the memory was written, or whose memory is damaged, all is looked at. */
static int
recall_journal(void *cookie, const char *name)
{
	const struct recalling *r = cookie;
	const size_t n = strlen(name), suffix = sizeof(SUFFIX) - 1;
	struct ordermemory *own;
	struct journal_mark mark = {.bytes = 0};
	char iap[NAMES_IAP_ROOM];
	int has;

	if (n <= suffix || n - suffix >= sizeof(iap) || strcmp(name + n - suffix, SUFFIX) != 0)
		return 0;
	memcpy(iap, name, n - suffix);
	iap[n - suffix] = '\0';
	if (!names_is_iap(iap))
		return 0;
	own = ordermemory_load(r->dirfd, iap);
	if (own != NULL)
		mark = *ordermemory_mark(own);
	else if (errno != EBADMSG)
		return 1; /* reported */
	ordermemory_free(own);
	has = journal_has(r->dirfd, name, &mark);
	if (has == -1) {
		diag_err("journal/capture/%s", name);
		return 1;
	}
	return recall_since(r->m, r->dirfd, name, has ? &mark : NULL) == -1 ? 1 : 0;
}

int
ordermemory_recall(struct ordermemory *m, int dirfd)
{
	struct recalling r = {m, dirfd};
	int rc = fsio_list(dirfd, recall_journal, &r);

	if (rc == -1)
		diag_err("journal/capture");
	return rc == 0 ? 0 : -1;
}
