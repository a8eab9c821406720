#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "quarantine_encrypt.h"

#include "quarantine.h"

#define COPIES_MAX 1000

static const char *const suffixes[] = {".pcap", ".part", ".raw", ".gap.json", ".json"};
#define SUFFIXES (sizeof(suffixes) / sizeof(suffixes[0]))

/* The time that the number would have accounted for. */
static void
fill_window(struct stream *s, const struct pick *pick, struct gap_record *gap)
{
	struct slice_head *h = &gap->head;

	if (pick->has_record) {
		h->from = pick->head->from;
		h->to = pick->head->to;
		return;
	}
	h->to = picker_next_from(s->picker, pick->seq + 1);
	if (h->to == STAMP_NONE)
		h->to = spool_covered(s->spool);
	h->from = s->sealed.covered;
	if (h->to == STAMP_NONE)
		h->to = h->from == STAMP_NONE ? gap->written : h->from;
	if (h->from == STAMP_NONE || h->from > h->to)
		h->from = h->to;
}

int
quarantine_gap(struct stream *s, const struct pick *pick, struct gap_record *gap)
{
	struct slice_head *h = &gap->head;
	char hex[DIGEST_HEX];

	memset(gap, 0, sizeof(*gap));
	if (pick->has_record)
		*h = *pick->head;
	(void)snprintf(h->case_id, sizeof(h->case_id), "%s", s->case_id); /* names and texts of the same rooms */
	(void)snprintf(h->iap, sizeof(h->iap), "%s", s->iap);
	(void)snprintf(h->prev, sizeof(h->prev), "%s", s->sealed.head_record);
	(void)snprintf(h->program, sizeof(h->program), "%s", PACKAGER_PROGRAM);
	(void)snprintf(h->build, sizeof(h->build), "%s", PACKAGER_BUILD);
	(void)snprintf(h->config_sha256, sizeof(h->config_sha256), "%s", s->p->conf->sha256);
	h->seq = pick->seq;
	if (!pick->has_record) {
		h->content_id = s->sealed.content_id;
		h->revision = s->sealed.revision;
		(void)snprintf(h->order_sha256, sizeof(h->order_sha256), "%s", s->sealed.order_sha256);
		h->from_file = spool_source(s->spool) == SPOOL_FILE;
	}
	gap->written = s->p->now();
	fill_window(s, pick, gap);
	(void)snprintf(gap->reason, sizeof(gap->reason), "%s", pick->is_lost ? PICK_LOST : PICK_QUARANTINED);
	if (pick->record.len == 0) {
		(void)snprintf(gap->detail, sizeof(gap->detail), "%s", pick->why);
		return 0;
	}
	if (digest_hex_of(pick->record.data, pick->record.len, hex) == -1)
		return -1;
	/* The number's own record, too, stays in the chain of records. */
	(void)snprintf(gap->detail, sizeof(gap->detail), "%s; %s", pick->why, hex); /* 59 + 2 + 64 */
	return 0;
}

/*
 * Move one file, whatever it is, to the quarantine folder; a name that is taken gets a number behind it.  Of an encrypted
 * case its bytes get there encrypted: no plaintext stays, of what was spoilt neither.
 */
static int
move_file(struct stream *s, int tofd, const char *name, struct json *moved)
{
	int fromfd = spool_dirfd(s->spool);
	char to[NAMES_FILE_ROOM + 16];
	unsigned i;
	int rc;

	if (s->recipient_count > 0) {
		rc = quarantine_encrypt(s, tofd, name, to, sizeof(to));
		if (rc == -1)
			return errno == ENOENT ? 0 : -1;
		if (rc == 1)
			return json_append(moved, json_string(to));
	}
	(void)snprintf(to, sizeof(to), "%s", name); /* has room */
	for (i = 2; renameat2(fromfd, name, tofd, to, RENAME_NOREPLACE) == -1; i++) {
		if (errno == ENOENT)
			return 0;
		if (errno != EEXIST || i > COPIES_MAX)
			return -1;
		(void)snprintf(to, sizeof(to), "%s.%u", name, i); /* has room */
	}
	return json_append(moved, json_string(to));
}

static int
journal_it(struct stream *s, uint64_t seq, const char *why, struct json *moved)
{
	struct json *detail = json_object();
	int rc;

	rc = json_put_string(detail, "iap", s->iap) | json_put_integer(detail, "seq", (int64_t)seq) |
	     json_put_string(detail, "why", why);
	rc |= json_put(detail, "files", moved);
	if (rc != 0) {
		json_free(detail);
		diag_errx("%s: number %ju: no memory for the journal", s->label, (uintmax_t)seq);
		return -1;
	}
	return journal_write(s->p->journal, s->case_id, "quarantine", NULL, detail);
}

int
quarantine_files(struct stream *s, uint64_t seq, const char *why)
{
	char path[sizeof("quarantine/") + sizeof(s->label)], name[NAMES_FILE_ROOM];
	struct json *moved = json_array();
	int tofd, rc = -1;
	size_t i;

	(void)snprintf(path, sizeof(path), "quarantine/%s", s->label);
	tofd = fsio_mkdirs(s->p->statefd, path, PACKAGER_MODE_DIR);
	if (tofd == -1 || moved == NULL) {
		diag_err("%s", path);
		goto out;
	}
	for (i = 0; i < SUFFIXES; i++) {
		if (move_file(s, tofd, names_seq_file(name, seq, suffixes[i]), moved) == -1) {
			diag_err("cannot move spool/%s/%s to %s", s->label, name, path);
			goto out;
		}
	}
	if (fsync(tofd) == -1 || fsync(spool_dirfd(s->spool)) == -1) {
		diag_err("%s", path);
		goto out;
	}
	rc = 0;
	/* Nothing moved: an earlier run did it all, or there never was anything. */
	if (json_length(moved) > 0) {
		diag_errx("%s: number %ju: %s: moved to %s", s->label, (uintmax_t)seq, why, path);
		rc = journal_it(s, seq, why, moved);
		moved = NULL;
	} else {
		diag_errx("%s: number %ju: %s: it becomes a gap", s->label, (uintmax_t)seq, why);
	}
out:
	packager_fail(s->p, EX_DATAERR);
	json_free(moved);
	if (tofd != -1)
		(void)close(tofd); /* a folder, synced */
	return rc;
}
