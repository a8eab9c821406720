#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "verify_file.h"

#include "verify_package.h"

/* The file on its way to package_check(), with somebody looking how far it is. */
struct passing {
	struct verify_file *file;
	struct verify_progress *progress;
	struct digest *digest; /* NULL, or of the bytes as they lie there */
};

static long
pass(void *cookie, void *data, size_t room)
{
	const struct passing *p = cookie;
	long n = verify_file_read(p->file, data, room);

	if (n > 0)
		verify_progress_bytes(p->progress, (uint64_t)n);
	if (n > 0 && p->digest != NULL)
		digest_add(p->digest, data, (size_t)n);
	return n;
}

enum verify_code
verify_package_code(enum package_verdict verdict)
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
verify_package_take(struct verify_run *run, const struct package_facts *f, const char *label, const char *where)
{
	const struct keyring_entry *e = keyring_find(verify_keys_best(run->keys), KEYRING_STATION, f->signer_id.id);

	verify_stream_signer(run->stream, f->signer, label, run->result);
	if (e != NULL)
		verify_time_key(run, e, label, f->sealed);
	verify_anchors_next(run->anchors, 0, f->sealed);
	if (verify_anchor_add(run->anchors, f->names.iap, f->custody_lines, f->custody_head, where) == -1)
		return -1;
	if (verify_bindings_package(run->bindings, f) == -1)
		return -1;
	if (verify_stream_package(run->stream, f, where) == -1 || verify_cover_package(run->cover, f) == -1 ||
	    verify_orders_package(run->orders, f, where, run->result) == -1)
		return -1;
	return 1;
}

/* Of a package that is not intact the check may have ended early: its file is read once more. */
static void
take_hash(struct verify_checked *c, struct verify_file *file)
{
	if (c->sha256[0] != '\0' || c->verdict == PACKAGE_UNREADABLE)
		return;
	verify_file_rewind(file);
	if (verify_file_digest(file, c->sha256) == -1)
		c->sha256[0] = '\0';
}

static void
check_plain(struct verify_checked *c, struct passing *passing, const char *name, const struct keyring *keyring)
{
	c->verdict = package_check(pass, passing, name, keyring, &c->facts, c->why, sizeof(c->why));
	if (c->verdict == PACKAGE_INTACT)
		memcpy(c->sha256, c->facts.tar_sha256, DIGEST_HEX);
}

/* What keeps the reader from going on says more than what the container's reader made of it. */
static void
take_state(struct verify_checked *c, const struct age_reader *r)
{
	static const enum package_verdict verdicts[] = {[AGE_GOOD] = PACKAGE_INTACT,
	    [AGE_LOCKED] = PACKAGE_TAMPERED,
	    [AGE_MALFORMED] = PACKAGE_MALFORMED,
	    [AGE_TAMPERED] = PACKAGE_TAMPERED,
	    [AGE_ERROR] = PACKAGE_UNREADABLE};
	enum age_state state = age_reader_state(r);

	if (state == AGE_GOOD)
		return;
	c->is_closed = state == AGE_LOCKED;
	c->verdict = verdicts[state];
	(void)snprintf(c->why, sizeof(c->why), "%s", age_reader_why(r)); /* short */
}

/* The tar is only ever in memory, a block at a time. */
static void
check_encrypted(struct verify_checked *c, struct passing *passing, const char *name, const struct verify_keys *keys)
{
	struct age_reader *r = age_reader_new(verify_keys_identities(keys), pass, passing);
	char tar[NAMES_FILE_ROOM];

	(void)snprintf(
	    tar, sizeof(tar), "%.*s", (int)(strlen(name) - strlen(".age")), name); /* a name that was parsed */
	passing->digest = digest_new();
	if (r == NULL || passing->digest == NULL) {
		(void)snprintf(c->why, sizeof(c->why), "out of memory");
		goto out;
	}
	if (age_reader_open(r) == AGE_GOOD)
		c->verdict =
		    package_check(age_reader_read, r, tar, verify_keys_best(keys), &c->facts, c->why, sizeof(c->why));
	take_state(c, r);
	if (c->verdict == PACKAGE_INTACT)
		digest_take_hex(passing->digest, c->sha256);
out:
	age_reader_free(r);
	digest_free(passing->digest);
	passing->digest = NULL;
}

/* Without an identity nothing can be told of it but its hash. */
static void
leave_closed(struct verify_checked *c)
{
	c->is_closed = 1;
	c->verdict = PACKAGE_TAMPERED; /* not believed, whoever forgets to ask */
	(void)snprintf(c->why, sizeof(c->why), "payload not opened");
}

void
verify_package_check(struct verify_checked *c, const struct verify_dir *dir, const char *name,
    const struct verify_keys *keys, struct verify_progress *progress)
{
	struct passing passing = {.progress = progress};
	struct verify_file file;
	struct names n;

	memset(c, 0, sizeof(*c));
	c->verdict = PACKAGE_UNREADABLE;
	names_parse(name, &n);
	if (verify_file_open(&file, dir, name) == -1) {
		c->error = errno;
		goto out;
	}
	passing.file = &file;
	if (!n.encrypted)
		check_plain(c, &passing, name, verify_keys_best(keys));
	else if (verify_keys_identities(keys) == NULL)
		leave_closed(c);
	else
		check_encrypted(c, &passing, name, keys);
	take_hash(c, &file);
	if (verify_file_unchanged(&file) == -1) {
		c->error = errno;
		c->sha256[0] = '\0';
	}
	verify_file_close(&file);
out:
	verify_progress_package(progress);
}

int
verify_package_judge(struct verify_run *run, const struct verify_checked *c, const char *name, const char *where)
{
	char label[VERIFY_WHERE_ROOM];

	verify_label(label, where, name);
	if (c->error == 0 && c->verdict == PACKAGE_INTACT)
		return verify_package_take(run, &c->facts, label, where);
	if (c->error == 0 && c->is_closed)
		verify_say(run->result, VERIFY_INCOMPLETE, label, "payload not opened: %s",
		    verify_keys_identities(run->keys) == NULL ? "no --identity was given" : c->why);
	else if (c->error == 0)
		verify_say(run->result, verify_package_code(c->verdict), label, "%s", c->why);
	else
		verify_say(run->result, verify_file_is_hostile(c->error) ? VERIFY_MALFORMED : VERIFY_UNREADABLE,
		    label, "%s", verify_file_why(c->error));
	return 0;
}
