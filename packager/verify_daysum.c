#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "manifest.h"

#include "verify_package.h"

#include "verify_daysum.h"

#define SUM ".sha256"
#define SIG ".minisig"
#define SIDE_MAX ((size_t)4096)

/* One day's file on its way through both hashes. */
struct summing {
	struct verify_folder *d;
	const struct verify_tar *tar;
	const char *label;
	struct verify_file file;
	struct digest *digest;
	char sum[DIGEST_HEX]; /* "" if none is known */
	struct sign_sig sig;
	const struct keyring_entry *signer; /* NULL if no good one is known */
};

static void
say(struct summing *m, enum verify_code code, const char *suffix, const char *what)
{
	char where[VERIFY_WHERE_ROOM];

	(void)snprintf(where, sizeof(where), "%s%s", m->label, suffix); /* cut where it is too long to be shown */
	verify_say(m->d->run->result, code, where, "%s", what);
}

/* What lies beside the file under its name and ${suffix}.  1, 0 after saying why not, or -1 with errno ENOMEM. */
static int
load(struct summing *m, const char *suffix, struct buf *text)
{
	const struct verify_dir folder = {m->d->dir.fd, NULL};
	char name[NAMES_FILE_ROOM + sizeof(SIG)];

	(void)snprintf(name, sizeof(name), "%s%s", verify_tar_name(m->tar), suffix); /* has room */
	if (verify_file_load(&folder, name, SIDE_MAX, text) == 0)
		return 1;
	if (errno == ENOMEM)
		return -1;
	if (errno == ENOENT)
		say(m, VERIFY_NOTE, suffix, "did not come along; the signed list in the file settles all of it");
	else
		say(m, verify_file_is_hostile(errno) ? VERIFY_MALFORMED : VERIFY_UNREADABLE, suffix,
		    verify_file_why(errno));
	return 0;
}

static int
load_sum(struct summing *m)
{
	struct buf text = BUF_INIT;
	struct manifest *list = NULL;
	int rc = load(m, SUM, &text);

	if (rc != 1)
		goto out;
	list = manifest_parse(text.data == NULL ? "" : text.data, text.len, NULL);
	rc = list == NULL && errno == ENOMEM ? -1 : 0;
	if (list != NULL && manifest_count(list) == 1 &&
	    strcmp(manifest_entry(list, 0)->name, verify_tar_name(m->tar)) == 0)
		memcpy(m->sum, manifest_entry(list, 0)->sha256, sizeof(m->sum));
	else if (rc == 0)
		say(m, VERIFY_MALFORMED, SUM, "is not the sum of this file");
out:
	manifest_free(list);
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static int
load_signature(struct summing *m)
{
	const struct keyring *keyring = verify_keys_best(m->d->run->keys);
	struct buf text = BUF_INIT;
	int rc = load(m, SIG, &text), spelled;

	if (rc != 1)
		goto out;
	rc = 0;
	if (text.len == 0 || sign_parse(text.data, text.len, &m->sig) == -1) {
		say(m, VERIFY_TAMPERED, SIG, "is not a minisign signature");
		goto out;
	}
	spelled = sign_is_spelled(&m->sig, text.data, text.len);
	if (spelled == -1) {
		rc = -1;
		goto out;
	}
	if (!spelled)
		say(m, VERIFY_TAMPERED, SIG, "is not spelled as casetap writes a signature");
	m->signer = keyring_find(keyring, KEYRING_STATION, m->sig.id);
	if (m->signer == NULL)
		say(m, VERIFY_TAMPERED, SIG, "is by a key that is not in the keyring");
out:
	buf_free(&text);
	return rc == -1 ? -1 : 0;
}

static long
read_hashed(void *cookie, void *data, size_t room)
{
	struct summing *m = cookie;
	long n = verify_file_read(&m->file, data, room);

	if (n > 0) {
		digest_add(m->digest, data, (size_t)n);
		verify_progress_bytes(m->d->run->progress, (uint64_t)n);
		verify_progress_show(m->d->run->progress);
	}
	return n;
}

/* Read the file through, once for both.  0 if the signature is good, 1 if not or if there is none, -1 with errno set. */
static int
read_through(struct summing *m, char sha256[DIGEST_HEX])
{
	int rc = 1;

	verify_tar_whole(m->tar, &m->file);
	if (m->signer == NULL) {
		if (verify_file_digest(&m->file, sha256) == -1)
			return -1;
	} else {
		rc = sign_verify_read(&m->signer->pub, &m->sig, read_hashed, m);
		if (rc == -1)
			return -1;
		digest_take_hex(m->digest, sha256);
	}
	return verify_file_unchanged(&m->file) == -1 ? -1 : rc;
}

/* Good in itself: might its key sign then, and whose is it? */
static int
judge_signer(struct summing *m)
{
	struct verify_run *run = m->d->run;
	const stamp_t at = verify_list_signed_at(m->d, &m->sig);
	const enum keyring_verdict verdict = keyring_validity(m->signer, at);
	char what[96];

	if (verdict != KEYRING_GOOD) {
		(void)snprintf(what, sizeof(what), "is %s", keyring_verdict_text(verdict)); /* has room */
		say(m, VERIFY_TAMPERED, SIG, what);
		return 0;
	}
	verify_stream_signer(run->stream, m->signer->name, m->label, run->result);
	verify_time_key(run, m->signer, m->label, at);
	return 1;
}

static int
judge(struct summing *m)
{
	char sha256[DIGEST_HEX];
	int rc;

	if (m->sum[0] == '\0' && m->signer == NULL)
		return 0;
	rc = read_through(m, sha256);
	if (rc == -1 && errno == ENOMEM)
		return -1;
	if (rc == -1) {
		say(m, VERIFY_UNREADABLE, "", verify_file_why(errno));
		return 0;
	}
	if (m->sum[0] != '\0' && strcmp(m->sum, sha256) != 0)
		say(m, VERIFY_TAMPERED, "", "is not the file of which " SUM " is the sum");
	if (m->signer == NULL)
		return 0;
	if (rc == 0)
		return judge_signer(m);
	say(m, VERIFY_TAMPERED, SIG, "is not a signature of this file");
	return 0;
}

int
verify_daysum(struct verify_folder *d, const struct verify_tar *tar, const char *label)
{
	struct summing m = {.d = d, .tar = tar, .label = label, .digest = digest_new()};
	int rc = -1;

	if (m.digest != NULL && load_sum(&m) == 0 && load_signature(&m) == 0)
		rc = judge(&m);
	digest_free(m.digest);
	return rc;
}

/* Nobody signed it as a whole: is each file in it the one of that list? */
static int
compare_members(struct verify_folder *d, const struct verify_tar *tar, const char *label)
{
	const struct verify_dir in = {d->dir.fd, tar};
	const struct manifest_entry *e;
	char sha256[DIGEST_HEX], where[VERIFY_WHERE_ROOM];
	size_t i;

	for (i = 0; i < manifest_count(d->sums); i++) {
		e = manifest_entry(d->sums, i);
		(void)verify_label(where, label, e->name);
		if (verify_file_hash(&in, e->name, sha256) == -1)
			verify_say(d->run->result, VERIFY_UNREADABLE, where, "%s", verify_file_why(errno));
		else if (strcmp(sha256, e->sha256) != 0)
			verify_say(d->run->result, VERIFY_TAMPERED, where, "is not the file that SHA256SUMS lists");
	}
	return 0;
}

static int
compare_lists(struct verify_folder *d, const struct verify_tar *tar, const char *label)
{
	const struct verify_dir in = {d->dir.fd, tar};
	static const char *const seals[] = {SUMS, SUMS SIG};
	char here[DIGEST_HEX], there[DIGEST_HEX];
	size_t i;

	for (i = 0; i < sizeof(seals) / sizeof(seals[0]); i++) {
		if (verify_file_hash(&d->dir, seals[i], here) == -1 || verify_file_hash(&in, seals[i], there) == -1 ||
		    strcmp(here, there) == 0)
			continue; /* what can not be read here was said before */
		verify_say(d->run->result, VERIFY_FORKED, label, "holds another %s than the folder", seals[i]);
		return 1;
	}
	return 0;
}

int
verify_daysum_beside(struct verify_folder *d, const char *name)
{
	struct verify_tar *tar;
	char label[VERIFY_WHERE_ROOM], why[VERIFY_WHAT_ROOM / 2];
	enum package_verdict verdict;
	int rc = 0;

	verdict = verify_tar_open(d->dir.fd, name, &tar, why, sizeof(why));
	if (verdict != PACKAGE_INTACT) {
		verify_list_say(d, verify_package_code(verdict), name, "%s", why);
		return 0;
	}
	(void)verify_label(label, d->place->label, name);
	if (compare_lists(d, tar, label) == 0) {
		rc = verify_daysum(d, tar, label);
		if (rc == 0 && d->sums != NULL)
			rc = compare_members(d, tar, label);
	}
	verify_tar_close(tar);
	return rc == -1 ? -1 : 0;
}
