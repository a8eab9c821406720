#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hashing.h"
#include "text.h"

#include "package_internal.h"

/* The bytes on their way to the tar reader, hashed as they pass. */
struct pass {
	tarfile_read_fn *read;
	void *cookie;
	struct hashing *hashing;
	uint64_t bytes;
};

struct reading {
	struct package_check *check;
	struct tarfile_reader *tar;
	struct hashing *hashing;
	enum package_part last; /* part of the member before, and its name below the bag */
	char last_name[TARFILE_NAME_ROOM];
	int any;          /* was there one? */
	const char *name; /* the file's name, or NULL */
};

int
package_blame(struct package_check *c, enum package_verdict verdict, const char *member, const char *text)
{
	char escaped[4 * TARFILE_NAME_ROOM];

	if (c->verdict != PACKAGE_INTACT)
		return -1;
	c->verdict = verdict;
	if (member == NULL)
		(void)snprintf(c->why, c->room, "%s", text); /* a cut text still says enough */
	else
		(void)snprintf(
		    c->why, c->room, "%s: %s", text_escape(escaped, sizeof(escaped), member, strlen(member)), text);
	return -1;
}

static long
pass_read(void *cookie, void *data, size_t room)
{
	struct pass *p = cookie;
	long n = p->read(p->cookie, data, room);

	if (n > 0) {
		hashing_whole(p->hashing, data, (size_t)n);
		p->bytes += (uint64_t)n;
	}
	return n;
}

/* The first member names the bag: STEM/bagit.txt. */
static int
take_stem(struct reading *r, const char *member)
{
	struct package_facts *f = r->check->facts;
	const char *slash = strchr(member, '/');
	char file[NAMES_FILE_ROOM];
	size_t n = slash == NULL ? 0 : (size_t)(slash - member);

	if (slash == NULL || n + sizeof(".tar") > sizeof(file))
		return package_blame(r->check, PACKAGE_MALFORMED, member, "not in a folder of the package's name");
	memcpy(file, member, n);
	memcpy(file + n, ".tar", sizeof(".tar"));
	memcpy(f->stem, member, n);
	f->stem[n] = '\0';
	names_parse(file, &f->names);
	if (f->names.kind != NAMES_PACKAGE)
		return package_blame(r->check, PACKAGE_MALFORMED, member, "not in a folder of the package's name");
	if (r->name != NULL && strcmp(file, r->name) != 0)
		return package_blame(
		    r->check, PACKAGE_TAMPERED, member, "the file's name is that of another package");
	return 0;
}

/* Is part ${p} with that name what may follow the members so far? */
static int
check_order(struct reading *r, enum package_part p, const char *name)
{
	struct package_check *c = r->check;
	enum package_part skipped = r->any ? r->last + 1 : PART_BAGIT;

	if (p == PARTS)
		return package_blame(c, PACKAGE_MALFORMED, name, "no member of a package");
	if (p == PART_ORDER && r->any && r->last == PART_ORDER &&
	    strcmp(name, c->payload[c->payload_count - 1].name) > 0)
		return 0;
	if (r->any && p <= r->last)
		return package_blame(c, PACKAGE_MALFORMED, name, "out of order, or twice");
	for (; skipped < p; skipped++) {
		if (package_part_is_needed(skipped) && !(c->is_purged && skipped == PART_PAYLOAD))
			return package_blame(c, PACKAGE_MALFORMED, name,
			    skipped == PART_PAYLOAD ? "the payload before it is missing"
						    : "a tag file before it is missing");
	}
	return 0;
}

static int
blame_tar(struct reading *r, enum tarfile_result result, const char *member)
{
	return package_blame(
	    r->check, result == TARFILE_ERROR ? PACKAGE_UNREADABLE : PACKAGE_MALFORMED, member, tarfile_why(r->tar));
}

/* A header that is none has no name to be believed: named is the member that it follows, or the one that must be first. */
static int
blame_header(struct reading *r, enum tarfile_result result)
{
	char text[128];

	if (!r->any)
		return blame_tar(r, result, package_part_name(PART_BAGIT));
	(void)snprintf(text, sizeof(text), "behind it: %s", tarfile_why(r->tar)); /* has room for the longest */
	return package_blame(
	    r->check, result == TARFILE_ERROR ? PACKAGE_UNREADABLE : PACKAGE_MALFORMED, r->last_name, text);
}

/* Read the member's data: hash it, keep it where it is text. */
static int
read_data(struct reading *r, enum package_part p, const char *name, uint64_t bytes)
{
	struct package_check *c = r->check;
	struct package_payload *payload = NULL;
	enum tarfile_result result;
	unsigned char *block;
	struct buf *text;
	size_t max, n;

	if (p >= PART_PAYLOAD && p <= PART_ORDER) {
		if (package_part_add(c, p, name) == -1)
			return -1;
		payload = &c->payload[c->payload_count - 1];
		payload->bytes = bytes;
	}
	text = package_part_text(c, p, &max);
	if (text != NULL && bytes > max)
		return package_blame(c, PACKAGE_MALFORMED, name, "too large");
	hashing_begin(r->hashing, bytes);
	for (;;) {
		block = hashing_block(r->hashing);
		result = tarfile_read(r->tar, block, HASHING_BLOCK, &n);
		if (result != TARFILE_MEMBER || n == 0)
			break;
		if (payload != NULL)
			hashing_member(r->hashing, block, n);
		if (text != NULL && buf_put(text, block, n) == -1)
			return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
	}
	if (result != TARFILE_MEMBER)
		return blame_tar(r, result, name);
	if (payload != NULL)
		hashing_member_hex(r->hashing, payload->sha256);
	return 0;
}

static int
read_member(struct reading *r, const struct tarfile_info *info)
{
	struct package_check *c = r->check;
	struct package_facts *f = c->facts;
	const char *name;
	enum package_part p;
	size_t n;

	if (!r->any && take_stem(r, info->name) == -1)
		return -1;
	n = strlen(f->stem);
	if (strncmp(info->name, f->stem, n) != 0 || info->name[n] != '/')
		return package_blame(c, PACKAGE_MALFORMED, info->name, "not in the package's folder");
	name = info->name + n + 1;
	p = package_part_of(f, name);
	if (check_order(r, p, name) == -1)
		return -1;
	if (!r->any)
		c->mtime = info->mtime;
	if (info->mtime != c->mtime)
		return package_blame(c, PACKAGE_MALFORMED, name, "has another time than the members before");
	if (p == PART_RAW)
		c->has_raw = 1;
	r->last = p;
	(void)snprintf(r->last_name, sizeof(r->last_name), "%s", name); /* shorter than the member's */
	r->any = 1;
	return read_data(r, p, name, info->bytes);
}

static int
read_members(struct reading *r)
{
	struct tarfile_info info;
	enum tarfile_result result;
	char text[96];

	while ((result = tarfile_next(r->tar, &info)) == TARFILE_MEMBER) {
		if (read_member(r, &info) == -1)
			return -1;
	}
	if (result != TARFILE_END)
		return blame_header(r, result);
	if (!r->any)
		return package_blame(
		    r->check, PACKAGE_MALFORMED, package_part_name(PART_BAGIT), "is missing: no member at all");
	if (r->last != PART_SIGNATURE) {
		(void)snprintf(text, sizeof(text), "is missing, and so is what should follow %s",
		    package_part_name(r->last) != NULL ? package_part_name(r->last)
						       : "the payload"); /* has room for the longest */
		return package_blame(r->check, PACKAGE_MALFORMED, package_part_name(PART_SIGNATURE), text);
	}
	return 0;
}

/* As package_check, with what is to be checked in ${c}. */
static enum package_verdict
check(struct package_check c, tarfile_read_fn *read, void *cookie, const char *name)
{
	struct package_facts *facts = c.facts;
	struct pass pass = {.read = read, .cookie = cookie, .hashing = hashing_new()};
	struct reading r = {.check = &c, .hashing = pass.hashing, .name = name};
	enum package_part p;

	memset(facts, 0, sizeof(*facts));
	facts->sealed = facts->day = STAMP_NONE;
	facts->key = KEYRING_UNKNOWN;
	c.why[0] = '\0';
	r.tar = tarfile_reader_new(pass_read, &pass);
	if (pass.hashing == NULL || r.tar == NULL) {
		(void)package_blame(&c, PACKAGE_UNREADABLE, NULL, "out of memory");
		goto out;
	}
	if (read_members(&r) == -1)
		goto out;
	hashing_whole_hex(pass.hashing, facts->tar_sha256);
	facts->tar_bytes = pass.bytes;
	if (!c.is_purged || package_fill_purged(&c) == 0)
		package_judge(&c);
out:
	tarfile_reader_free(r.tar);
	hashing_free(pass.hashing);
	free(c.payload);
	for (p = PART_BAGIT; p < PARTS; p++)
		buf_free(&c.text[p]);
	return c.verdict;
}

enum package_verdict
package_check(tarfile_read_fn *read, void *cookie, const char *name, const struct keyring *keyring,
    struct package_facts *facts, char *why, size_t room)
{
	const struct package_check c = {.keyring = keyring, .facts = facts, .why = why, .room = room};

	return check(c, read, cookie, name);
}

static long
fd_read(void *cookie, void *data, size_t room)
{
	ssize_t n;

	do {
		n = read(*(const int *)cookie, data, room);
	} while (n == -1 && errno == EINTR);
	return (long)n;
}

enum package_verdict
package_check_fd(
    int fd, const char *name, const struct keyring *keyring, struct package_facts *facts, char *why, size_t room)
{
	return package_check(fd_read, &fd, name, keyring, facts, why, room);
}

enum package_verdict
package_check_tags(
    int fd, const char *name, const struct keyring *keyring, struct package_facts *facts, char *why, size_t room)
{
	const struct package_check c = {.keyring = keyring, .facts = facts, .why = why, .room = room, .is_purged = 1};

	return check(c, fd_read, &fd, name);
}

void
package_facts_clear(struct package_facts *f)
{
	size_t i;

	for (i = 0; i < f->order_count; i++)
		buf_free(&f->orders[i].text);
	free(f->orders);
	f->orders = NULL;
	f->order_count = 0;
	slice_record_clear(&f->slice);
}
