#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "settings.h"
#include "text.h"

#include "order.h"

#include "order_internal.h"

#define FORMAT "casetap-order/1"
#define TEXT_MAX 256
#define LEA_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ._-"
#define LEA_MAX 64
#define FILTER_MAX 1024
#define REVISION_MAX 999999
#define SLICE_BYTES_MIN 4096
#define SLICE_BYTES_MAX ((uint64_t)1 << 40)
#define DAYS_MAX 36500
#define DAY_SECONDS 86400
#define PAYLOAD_DEFAULT 30
#define RECORDS_DEFAULT 1825

static int
set_format(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	(void)field;
	return strcmp(e->value, FORMAT) == 0 ? 0 : settings_refuse(ini, e, "must be " FORMAT);
}

static int
set_case(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	if (!names_is_case(e->value))
		return settings_refuse(
		    ini, e, "not a case ID: 1 to 64 of A-Z a-z 0-9 . _ -, a letter or digit first, and no \"..\"");
	memcpy(field, e->value, strlen(e->value) + 1);
	return 0;
}

static int
set_lea(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	size_t n = strlen(e->value);

	(void)key;
	if (n > LEA_MAX || strspn(e->value, LEA_CHARS) != n)
		return settings_refuse(ini, e, "not a name: 1 to 64 of A-Z a-z 0-9 . _ - and blanks");
	memcpy(field, e->value, n + 1);
	return 0;
}

static int
set_stamp(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	if (stamp_parse(e->value, field) == -1)
		return settings_refuse(ini, e, "not an RFC 3339 time with an offset, as 2026-11-20T00:00:00-07:00");
	return 0;
}

static int
set_previous(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	(void)key;
	if (!digest_is_hex(e->value))
		return settings_refuse(ini, e, "not a SHA-256 in 64 lower-case hex digits");
	memcpy(field, e->value, DIGEST_HEX);
	return 0;
}

static int
set_filter(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	if (!text_is_printable(e->value, strlen(e->value)))
		return settings_refuse(ini, e, "holds something else than printable ASCII");
	return settings_text(key, ini, e, field);
}

static int
set_destinations(
    const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	const char *s = e->value;
	char *name;
	size_t i, n;

	(void)key;
	for (s += strspn(s, " "); *s != '\0'; s += n + strspn(s + n, " ")) {
		n = strcspn(s, " ");
		if (n >= NAMES_DEST_ROOM)
			return settings_refuse(ini, e, "not the name of a destination");
		if (o->destination_count == ORDER_DESTINATIONS_MAX)
			return settings_refuse(ini, e, "more than 16 destinations");
		name = o->destinations[o->destination_count];
		memcpy(name, s, n);
		name[n] = '\0';
		if (!names_is_destination(name))
			return settings_refuse(ini, e, "not the name of a destination");
		for (i = 0; i < o->destination_count; i++) {
			if (strcmp(o->destinations[i], name) == 0)
				return settings_refuse(ini, e, "a destination stands twice");
		}
		o->destination_count++;
	}
	return 0;
}

/* Who, beside the destinations, can open the packages of an encrypted case. */
static int
set_escrow(const struct settings_key *key, const struct inifile *ini, const struct inifile_entry *e, void *field)
{
	struct order *o = field;
	struct age_recipient r;

	(void)key;
	if (age_recipient_parse(e->value, strlen(e->value), &r) == -1)
		return settings_refuse(ini, e, "not an age recipient (age1...)");
	age_recipient_format(&r, o->escrow);
	return 0;
}

#define AT(member) offsetof(struct order, member)
#define COUNT(keys) (sizeof(keys) / sizeof((keys)[0]))
#define REQUIRED_TEXT(m)                                                       \
	{                                                                      \
#m, settings_text, AT(m), 0, TEXT_MAX, NULL, SETTINGS_REQUIRED \
	}

static const struct settings_key order_keys[] = {
    {"format", set_format, 0, 0, 0, NULL, SETTINGS_REQUIRED},
    {"case_id", set_case, AT(case_id), 0, 0, NULL, SETTINGS_REQUIRED},
    {"content_id", settings_u64, AT(content_id), 1, INT64_MAX, NULL, SETTINGS_REQUIRED},
    {"lea", set_lea, AT(lea), 0, 0, NULL, SETTINGS_REQUIRED},
    {"authority", settings_word, AT(authority), 0, 0, order_authority_words, SETTINGS_REQUIRED},
    REQUIRED_TEXT(order_number),
    REQUIRED_TEXT(issued_by),
    REQUIRED_TEXT(presented_by),
    REQUIRED_TEXT(responsible),
    {"not_before", set_stamp, AT(not_before), 0, 0, NULL, SETTINGS_REQUIRED},
    {"not_after", set_stamp, AT(not_after), 0, 0, NULL, SETTINGS_REQUIRED},
    {"revision", settings_u32, AT(revision), 1, REVISION_MAX, NULL, SETTINGS_REQUIRED},
    {"previous", set_previous, AT(previous), 0, 0, NULL, 0},
};

static const struct settings_key capture_keys[] = {
    {"scope", settings_word, AT(scope), 0, 0, order_scope_words, SETTINGS_REQUIRED},
    {"filter", set_filter, AT(filter), 0, FILTER_MAX, NULL, 0},
    {"slice_seconds", settings_day_divisor, AT(slice_seconds), 1, DAY_SECONDS, NULL, 0},
    {"slice_bytes", settings_bytes, AT(slice_bytes), SLICE_BYTES_MIN, SLICE_BYTES_MAX, NULL, 0},
    {"summary", settings_word, AT(summary), 0, 0, order_summary_words, 0},
    {"broadcast", settings_yes_no, AT(broadcast), 0, 0, NULL, 0},
    {"quiet_after", settings_duration, AT(quiet_after), 0, (uint64_t)DAYS_MAX *DAY_SECONDS, NULL, 0},
};

static const struct settings_key delivery_keys[] = {
    {"to", set_destinations, 0, 0, 0, NULL, 0},
    {"payload_days", settings_u32, AT(payload_days), 1, DAYS_MAX, NULL, 0},
    {"records_days", settings_u32, AT(records_days), 1, DAYS_MAX, NULL, 0},
    {"escrow", set_escrow, 0, 0, 0, NULL, 0},
};

static int
read_section(const struct inifile *ini, size_t i, struct order *o)
{
	unsigned line;
	const char *name = inifile_section(ini, i, &line);

	if (strcmp(name, "order") == 0)
		return settings_apply(ini, i, order_keys, COUNT(order_keys), o);
	if (strcmp(name, "subject") == 0)
		return order_subject_read(ini, i, o);
	if (strcmp(name, "capture") == 0)
		return settings_apply(ini, i, capture_keys, COUNT(capture_keys), o);
	if (strcmp(name, "delivery") == 0)
		return settings_apply(ini, i, delivery_keys, COUNT(delivery_keys), o);
	diag_errx("%s:%u: [%s]: unknown section", inifile_label(ini), line, name);
	errno = EINVAL;
	return -1;
}

static int
check_sections(const struct inifile *ini)
{
	static const char *const needed[] = {"order", "subject", "capture"};
	size_t i, k;

	for (i = 0; i < COUNT(needed); i++) {
		for (k = 0; k < inifile_section_count(ini); k++) {
			if (strcmp(inifile_section(ini, k, NULL), needed[i]) == 0)
				break;
		}
		if (k == inifile_section_count(ini)) {
			diag_errx("%s: has no section [%s]", inifile_label(ini), needed[i]);
			errno = EINVAL;
			return -1;
		}
	}
	return 0;
}

/* A rule about two keys is reported at the line of the one that has to be put right. */
static int
refuse_key(const struct inifile *ini, const char *section, const char *key, const char *what)
{
	const struct inifile_entry *e;
	size_t i;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		if (strcmp(e->section, section) == 0 && strcmp(e->key, key) == 0)
			return settings_refuse(ini, e, what);
	}
	diag_errx("%s: [%s] has no %s: %s", inifile_label(ini), section, key, what);
	errno = EINVAL;
	return -1;
}

static int
is_without_content(enum order_authority authority)
{
	return authority == ORDER_PEN_REGISTER || authority == ORDER_TRAP_AND_TRACE || authority == ORDER_PEN_TRAP;
}

static int
check_whole(const struct inifile *ini, const struct order *o)
{
	if (o->not_after <= o->not_before)
		return refuse_key(ini, "order", "not_after", "is not after not_before");
	if (o->revision == 1 && o->previous[0] != '\0')
		return refuse_key(ini, "order", "previous", "revision 1 has none before it");
	if (o->revision > 1 && o->previous[0] == '\0')
		return refuse_key(ini, "order", "previous", "the hash of the revision before must be given");
	if (is_without_content(o->authority) && o->scope == ORDER_CONTENT)
		return refuse_key(ini, "capture", "scope", "this authority gives no content");
	if ((o->summary & ORDER_PACKETS) != 0 && o->scope == ORDER_CONTENT)
		return refuse_key(ini, "capture", "summary", "a report of every packet is for scopes of headers");
	if (o->records_days < o->payload_days)
		return refuse_key(ini, "delivery", "records_days", "records must stay as long as the payload");
	return 0;
}

struct order *
order_parse(const char *data, size_t n, const char *label)
{
	struct order *o = calloc(1, sizeof(*o));
	struct inifile *ini = NULL;
	int rc = -1;
	size_t i;

	if (n > ORDER_MAX_BYTES) {
		diag_errx("%s:1: an order of more than 64 KiB", label);
		errno = EINVAL;
		goto out;
	}
	if (o == NULL || digest_hex_of(data, n, o->sha256) == -1) {
		diag_errx("%s: out of memory", label);
		errno = ENOMEM;
		goto out;
	}
	o->quiet_after = ORDER_QUIET_UNSET;
	o->payload_days = PAYLOAD_DEFAULT;
	o->records_days = RECORDS_DEFAULT;
	ini = inifile_parse(data, n, label);
	if (ini == NULL || check_sections(ini) == -1)
		goto out;
	for (i = 0; i < inifile_section_count(ini); i++) {
		if (read_section(ini, i, o) == -1)
			goto out;
	}
	rc = check_whole(ini, o);
out:
	inifile_free(ini);
	if (rc == 0)
		return o;
	order_free(o);
	return NULL;
}
