#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "text.h"

#include "package_internal.h"

#define INFO "bag-info.txt"
#define BAGIT "bagit.txt"
#define CUSTODY "custody.json"
#define MANIFEST "manifest-sha256.txt"
#define TAGMANIFEST "tagmanifest-sha256.txt"
#define SIGNATURE "tagmanifest-sha256.txt.minisig"

#define ORGANIZATION "Source-Organization: "

static int
tampered(struct package_check *c, const char *member, const char *text)
{
	return package_blame(c, PACKAGE_TAMPERED, member, text);
}

static int
malformed(struct package_check *c, const char *member, const char *text)
{
	return package_blame(c, PACKAGE_MALFORMED, member, text);
}

static int
no_memory(struct package_check *c)
{
	return package_blame(c, PACKAGE_UNREADABLE, NULL, "out of memory");
}

/* What could not be read by us is no fault of the package where it was our memory that ran out. */
static int
unread(struct package_check *c, const char *member, const char *text)
{
	return errno == ENOMEM ? no_memory(c) : malformed(c, member, text);
}

static int
is_same(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

/* Who signed the tag manifest, and is it his signature at all?  Nothing yet about when. */
static int
judge_signature(struct package_check *c, struct sign_sig *sig)
{
	const struct buf *tags = &c->text[PART_TAGMANIFEST], *text = &c->text[PART_SIGNATURE];
	struct package_facts *f = c->facts;
	const struct keyring_entry *entry;
	int spelled;

	if (digest_hex_of(tags->data, tags->len, f->seal_id) == -1)
		return no_memory(c);
	if (text->len == 0 || sign_parse(text->data, text->len, sig) == -1)
		return tampered(c, SIGNATURE, "not a signature");
	memcpy(f->signer_id.id, sig->id, sizeof(f->signer_id.id));
	spelled = sign_is_spelled(sig, text->data, text->len);
	if (spelled == -1)
		return no_memory(c);
	if (!spelled)
		(void)tampered(c, SIGNATURE, "not spelled as casetap writes a signature");
	entry = keyring_find(c->keyring, KEYRING_STATION, sig->id);
	if (entry == NULL) {
		f->key = KEYRING_UNKNOWN;
		return tampered(c, SIGNATURE, "made by a key that is no station of the keyring");
	}
	f->signer_id = entry->pub;
	(void)snprintf(f->signer, sizeof(f->signer), "%s", entry->name); /* the rooms are the same */
	if (sign_verify(&entry->pub, sig, tags->data, tags->len) != 0) {
		f->key = KEYRING_FORGED;
		return tampered(c, TAGMANIFEST, "does not match its signature");
	}
	return 0;
}

/* The tag manifest must be exactly the one of the tag files that were read; else say which of them differs. */
static int
judge_tags(struct package_check *c)
{
	static const struct {
		const char *name;
		enum package_part part;
	} tags[] = {{INFO, PART_INFO}, {BAGIT, PART_BAGIT}, {CUSTODY, PART_CUSTODY}, {MANIFEST, PART_MANIFEST}};
	const struct buf *text = &c->text[PART_TAGMANIFEST];
	struct manifest *listed = manifest_parse(text->data, text->len, NULL);
	const struct manifest_entry *e;
	char hex[DIGEST_HEX];
	int rc = -1;
	size_t i;

	if (listed == NULL) {
		rc = unread(c, TAGMANIFEST, "not a list of hashes");
		goto out;
	}
	for (i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		const struct buf *tag = &c->text[tags[i].part];

		e = manifest_find(listed, tags[i].name);
		if (e == NULL) {
			rc = tampered(c, tags[i].name, "not in " TAGMANIFEST);
			goto out;
		}
		if (digest_hex_of(tag->data, tag->len, hex) == -1) {
			rc = no_memory(c);
			goto out;
		}
		if (strcmp(hex, e->sha256) != 0) {
			rc = tampered(c, tags[i].name, "does not match its hash in " TAGMANIFEST);
			goto out;
		}
		if (strcmp(manifest_entry(listed, i)->name, tags[i].name) != 0) {
			rc = malformed(c, TAGMANIFEST, "not in order");
			goto out;
		}
	}
	rc = manifest_count(listed) == i ? 0 : malformed(c, TAGMANIFEST, "lists more than the tag files");
out:
	manifest_free(listed);
	return rc;
}

static int
compare_payload(const void *a, const void *b)
{
	return strcmp(((const struct package_payload *)a)->name, ((const struct package_payload *)b)->name);
}

/* The manifest must be exactly the one of the payload that was read; else say which file differs. */
static int
judge_payload(struct package_check *c)
{
	const struct buf *text = &c->text[PART_MANIFEST];
	struct manifest *listed;
	const struct manifest_entry *e;
	int rc = -1;
	size_t i;

	qsort(c->payload, c->payload_count, sizeof(*c->payload), compare_payload);
	listed = manifest_parse(text->data, text->len, NULL);
	if (listed == NULL) {
		rc = unread(c, MANIFEST, "not a list of hashes");
		goto out;
	}
	for (i = 0; i < c->payload_count; i++) {
		e = manifest_find(listed, c->payload[i].name);
		if (e == NULL) {
			rc = tampered(c, c->payload[i].name, "not in " MANIFEST);
			goto out;
		}
		if (strcmp(e->sha256, c->payload[i].sha256) != 0) {
			rc = tampered(c, c->payload[i].name, "does not match its hash in " MANIFEST);
			goto out;
		}
	}
	for (i = 0; i < manifest_count(listed); i++) {
		e = manifest_entry(listed, i);
		if (i >= c->payload_count || strcmp(e->name, c->payload[i].name) != 0) {
			rc = tampered(c, e->name, "listed in " MANIFEST ", but missing or out of order");
			goto out;
		}
	}
	rc = 0;
out:
	manifest_free(listed);
	return rc;
}

/* Is this the record of the package's own number, in the very bytes that its program writes? */
static int
judge_record(struct package_check *c, const struct buf *record)
{
	struct package_facts *f = c->facts;
	struct buf again = BUF_INIT;
	const struct slice_head *h;
	int rc, same;

	rc = f->is_gap ? gap_record_parse(record->data, record->len, &f->gap)
		       : slice_record_parse(record->data, record->len, &f->slice);
	if (rc == -1)
		return unread(c, CUSTODY, "holds no proper record");
	rc = f->is_gap ? gap_record_write(&f->gap, &again) : slice_record_write(&f->slice, &again);
	same = rc == 0 && is_same(&again, record);
	buf_free(&again);
	if (rc == -1)
		return no_memory(c);
	if (!same)
		return malformed(c, CUSTODY, "its record is not spelled as casetap writes it");
	h = f->is_gap ? &f->gap.head : &f->slice.head;
	if (strcmp(h->case_id, f->names.case_id) != 0 || strcmp(h->iap, f->names.iap) != 0 || h->seq != f->names.seq)
		return tampered(c, CUSTODY, "its record is that of another case, IAP or number");
	if (digest_hex_of(record->data, record->len, f->record_sha256) == -1)
		return no_memory(c);
	return 0;
}

/* Do the payload and the members' times agree with the record? */
static int
judge_agreement(struct package_check *c, struct buf *record)
{
	const struct package_facts *f = c->facts;
	const char *suffix = f->is_gap ? ".gap.json" : ".pcap";
	stamp_t closed = f->is_gap ? f->gap.written : f->slice.close.realtime;
	char name[TARFILE_NAME_ROOM];
	size_t i;

	(void)snprintf(name, sizeof(name), "data/%s%s", f->stem, suffix); /* a stem is under 100 bytes */
	for (i = 0; i < c->payload_count && strcmp(c->payload[i].name, name) != 0; i++)
		continue;
	if (i == c->payload_count)
		return malformed(c, CUSTODY, "its record is of another kind than the payload");
	if (f->is_gap) {
		if (buf_putc(record, '\n') == -1)
			return no_memory(c);
		if (!is_same(record, &c->text[PART_PAYLOAD]))
			return tampered(c, name, "is not the record in " CUSTODY);
	} else if (strcmp(c->payload[i].sha256, f->slice.sha256) != 0 ||
		   (!c->is_purged && c->payload[i].bytes != f->slice.file_bytes)) {
		return tampered(c, name, "is not the slice of the record in " CUSTODY);
	}
	if (c->has_raw && !f->is_gap && f->slice.state != SLICE_RECOVERED)
		return malformed(c, name, "a slice that was not recovered has no .raw");
	if (c->mtime != stamp_floor(closed, 1) / STAMP_SECOND)
		return malformed(c, name, "its time is not that of the record");
	return 0;
}

static const struct package_payload *
find_payload(const struct package_check *c, const char *suffix, char name[TARFILE_NAME_ROOM])
{
	size_t i;

	(void)snprintf(name, TARFILE_NAME_ROOM, "data/%s%s", c->facts->stem, suffix); /* a stem is under 100 bytes */
	for (i = 0; i < c->payload_count; i++) {
		if (strcmp(c->payload[i].name, name) == 0)
			return &c->payload[i];
	}
	return NULL;
}

/*
 * Is events.xml there where the record tells of events, and what the record makes it, its elements called as the element
 * map in the package says, or, without one, as casetap does?
 */
static int
judge_access(struct package_check *c)
{
	const struct package_facts *f = c->facts;
	const struct buf *profile = &c->text[PART_PROFILE];
	char name[TARFILE_NAME_ROOM], map_name[TARFILE_NAME_ROOM], hex[DIGEST_HEX];
	const struct package_payload *map_file = find_payload(c, ".events.profile", map_name);
	const struct package_payload *events = find_payload(c, ".events.xml", name);
	int has = !f->is_gap && access_has_xml(&f->slice.access), rc = 0;
	struct buf again = BUF_INIT;
	struct access_map map;

	if (has != (events != NULL))
		return has ? malformed(c, name, "is missing, though its record tells of events")
			   : tampered(c, name, "holds events of which its record does not tell");
	if (map_file != NULL && !has)
		return malformed(c, map_name, "is there without events");
	if (!has)
		return 0;
	if (map_file != NULL && (profile->len == 0 || access_map_is_builtin(profile->data, profile->len) ||
				    access_map_parse(profile->data, profile->len, map_name, &map) == -1))
		return malformed(c, map_name, "is no element map");
	if (access_xml(&f->slice.access, &f->slice.head, map_file == NULL ? NULL : &map, &again) == -1 ||
	    digest_hex_of(again.data, again.len, hex) == -1)
		rc = no_memory(c);
	else if (strcmp(hex, events->sha256) != 0)
		rc = tampered(c, name, "is not what the record in " CUSTODY " says");
	buf_free(&again);
	return rc;
}

static int
take_organization(struct package_check *c, struct bag_seal *seal)
{
	const struct buf *info = &c->text[PART_INFO];
	const char *newline = info->len == 0 ? NULL : memchr(info->data, '\n', info->len);
	size_t n = strlen(ORGANIZATION), len;

	if (newline == NULL || (size_t)(newline - info->data) < n || memcmp(info->data, ORGANIZATION, n) != 0)
		return malformed(c, INFO, "has no Source-Organization");
	len = (size_t)(newline - info->data) - n;
	if (len >= sizeof(seal->organization) || !text_is_utf8(info->data + n, len))
		return malformed(c, INFO, "has no proper Source-Organization");
	memcpy(seal->organization, info->data + n, len);
	seal->organization[len] = '\0';
	return 0;
}

static void
fill_payload(const struct package_check *c, struct bag_payload *p)
{
	size_t i;

	memset(p, 0, sizeof(*p));
	memcpy(p->case_id, c->facts->names.case_id, sizeof(p->case_id));
	memcpy(p->iap, c->facts->names.iap, sizeof(p->iap));
	p->seq = c->facts->names.seq;
	p->files = c->payload_count;
	for (i = 0; i < c->payload_count; i++)
		p->bytes += c->payload[i].bytes;
}

/* Each tag file has one spelling: write it again from what it says and compare. */
static int
judge_spelling(struct package_check *c, const struct bag_seal *seal, const struct buf *record, const char *comment)
{
	struct buf custody = BUF_INIT, info = BUF_INIT;
	char want[BAG_COMMENT_ROOM];
	struct bag_payload p;
	int rc = 0;

	fill_payload(c, &p);
	if (bag_custody_write(seal, c->facts->is_gap, record->data, record->len, &custody) == -1 ||
	    bag_info_write(seal, &p, &info) == -1)
		rc = unread(c, CUSTODY, "not spelled as casetap writes it");
	else if (c->text[PART_BAGIT].len != strlen(bag_declaration()) ||
		 memcmp(c->text[PART_BAGIT].data, bag_declaration(), c->text[PART_BAGIT].len) != 0)
		rc = malformed(c, BAGIT, "not the declaration of BagIt 1.0");
	else if (!is_same(&custody, &c->text[PART_CUSTODY]))
		rc = malformed(c, CUSTODY, "not spelled as casetap writes it");
	else if (!is_same(&info, &c->text[PART_INFO]))
		rc = tampered(c, INFO, "does not agree with the package");
	else if (strcmp(bag_comment(want, &p, seal->time), comment) != 0)
		rc = tampered(c, SIGNATURE, "its trusted comment does not agree with the package");
	buf_free(&custody);
	buf_free(&info);
	return rc;
}

static void
take_seal(struct package_facts *f, const struct bag_seal *seal)
{
	memcpy(f->prev_seal, seal->prev_seal, sizeof(f->prev_seal));
	memcpy(f->packager, seal->packager, sizeof(f->packager));
	memcpy(f->station, seal->station, sizeof(f->station));
	memcpy(f->custody_head, seal->custody_head, sizeof(f->custody_head));
	f->custody_lines = seal->custody_lines;
	f->sealed = seal->time;
	f->day = seal->day;
}

/* Might the key sign when it says it did, and is it the one that the package names? */
static int
judge_key(struct package_check *c, const struct bag_seal *seal, const struct sign_sig *sig)
{
	const struct buf *tags = &c->text[PART_TAGMANIFEST];
	struct package_facts *f = c->facts;
	char id[SIGN_ID_TEXT];

	sign_id_format(&f->signer_id, id);
	if (strcmp(id, seal->key_id) != 0 || strcmp(f->signer, seal->station) != 0)
		return tampered(c, SIGNATURE, "made by another key or station than " CUSTODY " names");
	f->key = keyring_judge(c->keyring, KEYRING_STATION, sig, tags->data, tags->len, seal->time, NULL);
	if (f->key != KEYRING_GOOD)
		return tampered(c, SIGNATURE, keyring_verdict_text(f->key));
	return 0;
}

void
package_judge(struct package_check *c)
{
	struct buf record = BUF_INIT;
	struct sign_sig sig;
	struct bag_seal seal;
	int is_signed, is_gap;

	/* What can be told of a package whose signature is bad is told all the same, but the signature is blamed. */
	is_signed = judge_signature(c, &sig) == 0;
	if (judge_tags(c) == -1 || judge_payload(c) == -1)
		goto out;
	if (bag_custody_parse(c->text[PART_CUSTODY].data, c->text[PART_CUSTODY].len, &is_gap, &record, &seal) == -1) {
		(void)unread(c, CUSTODY, "not a custody file");
		goto out;
	}
	take_seal(c->facts, &seal);
	if (is_gap != c->facts->is_gap) {
		(void)malformed(c, CUSTODY, "its record is of another kind than the payload");
		goto out;
	}
	if (judge_record(c, &record) == -1 || take_organization(c, &seal) == -1)
		goto out;
	if (is_signed && judge_spelling(c, &seal, &record, sig.comment) == -1)
		goto out;
	if (judge_agreement(c, &record) == 0 && judge_access(c) == 0 && is_signed)
		(void)judge_key(c, &seal, &sig);
out:
	buf_free(&record);
}
