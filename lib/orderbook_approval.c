#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "fsio.h"
#include "names.h"
#include "text.h"
#include "trusted.h"

#include "orderbook.h"

#include "orderbook_internal.h"

#define SIGNATURE_MAX ((size_t)4096)
#define REVOCATION "revoked"
#define REVOCATION_FORMAT "casetap-revocation/1"
#define REVOCATION_MAX ((size_t)4096)
#define REASON_MAX 256
#define SIGNERS_MAX 64
#define NAME_SHOWN 96
#define FAULT_ROOM 192

int
orderbook_is_machine(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* The good approvers of one file, each key once. */
struct tally {
	const struct orderbook_view *view;
	int fd;
	const char *name; /* of the order file */
	const struct buf *text;
	const struct keyring_entry *signers[SIGNERS_MAX];
	size_t count;
	char fault[FAULT_ROOM]; /* why the first signature that does not count does not */
};

/* Judge the signature file ${name} over ${text}.  Return the verdict's words, NULL if good; or NULL with *error set. */
static const char *
judge_file(const struct orderbook_view *view, int fd, const char *name, const struct buf *text,
    const struct keyring_entry **signer, int *error)
{
	struct buf minisig = BUF_INIT;
	const char *fault = NULL;
	enum keyring_verdict verdict;
	struct sign_sig sig;

	*error = 0;
	if (fsio_load(fd, name, SIGNATURE_MAX, &minisig) == -1) {
		if (orderbook_is_machine(errno))
			*error = errno;
		else
			fault = trusted_why(errno);
	} else if (sign_parse(minisig.data, minisig.len, &sig) == -1) {
		fault = "not a minisign signature (prehashed, one, and nothing else)";
	} else {
		verdict = keyring_judge(
		    view->keyring, KEYRING_APPROVER, &sig, text->data, text->len, view->rules->now, signer);
		fault = verdict == KEYRING_GOOD ? NULL : keyring_verdict_text(verdict);
	}
	buf_free(&minisig);
	return fault;
}

static void
add_signer(struct tally *t, const struct keyring_entry *signer)
{
	size_t i;

	for (i = 0; i < t->count; i++) {
		if (sign_pub_equal(&t->signers[i]->pub, &signer->pub))
			return;
	}
	if (t->count < SIGNERS_MAX)
		t->signers[t->count++] = signer;
}

/* One name of the case folder. */
static int
look_at(void *cookie, const char *name)
{
	struct tally *t = cookie;
	const struct keyring_entry *signer = NULL;
	char shown[NAME_SHOWN];
	const char *fault;
	int error;

	if (!names_is_approval(name, t->name))
		return 0;
	fault = judge_file(t->view, t->fd, name, t->text, &signer, &error);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (fault == NULL)
		add_signer(t, signer);
	else if (t->fault[0] == '\0')
		(void)snprintf(t->fault, sizeof(t->fault), "; %s: %s",
		    text_escape(shown, sizeof(shown), name, strlen(name)), fault);
	return 0;
}

/* Signers of one role count once; one without a role counts for itself. */
static unsigned
count_approvals(const struct tally *t)
{
	unsigned total = 0;
	size_t i, k;

	for (i = 0; i < t->count; i++) {
		for (k = 0; k < i; k++) {
			if (t->signers[i]->role[0] != '\0' && strcmp(t->signers[i]->role, t->signers[k]->role) == 0)
				break;
		}
		total += k == i;
	}
	return total;
}

/* Count what ${t} looks at.  Return 1 if it is enough; 0 with the count in ${why}; or -1 with errno set. */
static int
judge_approvals(struct tally *t, char *why, size_t room)
{
	unsigned needed = keyring_approvals(t->view->keyring), total;

	if (fsio_list(t->fd, look_at, t) == -1)
		return -1;
	total = count_approvals(t);
	if (total >= needed)
		return 1;
	(void)snprintf(why, room, "%s has %u of %u approvals%s%s", t->name, total, needed,
	    total < t->count ? " (distinct roles are needed)" : "", t->fault);
	return 0;
}

int
orderbook_is_approved(
    const struct orderbook_view *view, int fd, const char *name, const struct buf *text, struct orderbook_case *c)
{
	struct tally t = {.view = view, .fd = fd, .name = name, .text = text};
	char why[sizeof(c->why)];
	int rc = judge_approvals(&t, why, sizeof(why));

	if (rc == -1 && !orderbook_is_machine(errno)) {
		orderbook_say(c, ORDERBOOK_REFUSED, "%s: its approvals can not be read: %s", name, strerror(errno));
		return 0;
	}
	if (rc == 0)
		orderbook_say(c, ORDERBOOK_WAITING, "%s", why);
	return rc;
}

int
orderbook_count_approvals(const struct keyring *keyring, int fd, const char *name, const struct buf *text,
    stamp_t now, char *why, size_t room)
{
	const struct orderbook_rules rules = {.now = now};
	const struct orderbook_view view = {.dirfd = fd, .keyring = keyring, .rules = &rules};
	struct tally t = {.view = &view, .fd = fd, .name = name, .text = text};
	int rc = judge_approvals(&t, why, room);

	return rc == 0 && t.fault[0] != '\0' ? 2 : rc;
}

int
orderbook_approvers(const struct keyring *keyring, int fd, const char *name, const struct buf *text, stamp_t now,
    const struct keyring_entry **list, size_t room)
{
	const struct orderbook_rules rules = {.now = now};
	const struct orderbook_view view = {.dirfd = fd, .keyring = keyring, .rules = &rules};
	struct tally t = {.view = &view, .fd = fd, .name = name, .text = text};
	size_t i;

	if (fsio_list(fd, look_at, &t) == -1)
		return -1;
	for (i = 0; i < t.count && i < room; i++)
		list[i] = t.signers[i];
	return (int)i;
}

/* Step over a line "NAME: VALUE" and point to its value.  Return the value's length, or -1. */
static ssize_t
next_value(const char **s, const char *name, const char **value)
{
	size_t n = strlen(name);
	const char *end;

	if (strncmp(*s, name, n) != 0 || strncmp(*s + n, ": ", 2) != 0)
		return -1;
	*value = *s + n + 2;
	end = strchr(*value, '\n');
	if (end == NULL)
		return -1;
	*s = end + 1;
	return end - *value;
}

/* Is the text a revocation of this case, to the letter? */
static int
is_revocation(const struct buf *text, const char *case_id)
{
	static const char first[] = REVOCATION_FORMAT "\n";
	const char *s = text->data, *value;
	char at_text[STAMP_TEXT];
	stamp_t at;
	ssize_t n;

	if (strlen(s) != text->len || strncmp(s, first, sizeof(first) - 1) != 0)
		return 0;
	s += sizeof(first) - 1;
	n = next_value(&s, "case", &value);
	if (n == -1 || (size_t)n != strlen(case_id) || strncmp(value, case_id, (size_t)n) != 0)
		return 0;
	n = next_value(&s, "at", &value);
	if (n == -1 || (size_t)n >= sizeof(at_text))
		return 0;
	memcpy(at_text, value, (size_t)n);
	at_text[n] = '\0';
	if (stamp_parse(at_text, &at) == -1)
		return 0;
	n = next_value(&s, "reason", &value);
	return n > 0 && n <= REASON_MAX && text_is_utf8(value, (size_t)n) && *s == '\0';
}

int
orderbook_is_revoked(const struct orderbook_view *view, int fd, struct orderbook_case *c)
{
	const struct keyring_entry *signer;
	struct buf text = BUF_INIT;
	const char *fault = NULL;
	int rc = -1, error = 0;

	if (fsio_load(fd, REVOCATION, REVOCATION_MAX, &text) == -1) {
		if (errno == ENOENT)
			rc = 0;
		else if (orderbook_is_machine(errno))
			error = errno;
		else
			fault = trusted_why(errno);
		goto out;
	}
	if (!is_revocation(&text, c->case_id))
		fault = "not a revocation of this case";
	else
		fault = judge_file(view, fd, REVOCATION ".minisig", &text, &signer, &error);
	rc = fault == NULL ? 1 : 2;
out:
	buf_free(&text);
	if (error != 0) {
		errno = error;
		return -1;
	}
	if (fault != NULL) {
		orderbook_say(c, ORDERBOOK_REFUSED, "stopped by a revocation that does not count: %s", fault);
		rc = 2;
	}
	return rc;
}
