#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "proof_internal.h"

/*
 * Files of leases that DHCP servers write.
 */

/* "4 2026/11/20 00:00:00", UTC; "epoch 1795132800" (of db-time-format local); "never". */
int64_t
proof_isc_time(const char *s)
{
	struct tm tm = {.tm_isdst = 0};
	long long seconds;

	if (s == NULL || strncmp(s, "never", 5) == 0)
		return INT64_MAX;
	if (sscanf(s, "epoch %lld", &seconds) == 1)
		return seconds;
	if (sscanf(s, "%*d %d/%d/%d %d:%d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
		&tm.tm_sec) != 6)
		return INT64_MIN;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm);
}

/* A block of a lease that is given shows who has it; one that is not, until when whoever had it did. */
static void
read_isc_block(struct reading *r, const char *p, const char *end)
{
	char starts[128], ends[128], mac[128], state[128];
	int64_t from = proof_isc_time(proof_value(p, end, "starts ", starts)),
		to = proof_isc_time(proof_value(p, end, "ends ", ends));
	int is_given = proof_value(p, end, "binding state ", state) == NULL || strcmp(state, "active") == 0;
	int is_subject = proof_value(p, end, "hardware ethernet ", mac) != NULL && proof_is_mac(r->order, mac);

	if (from == INT64_MIN || from == INT64_MAX || to == INT64_MIN) {
		r->is_unread = 1;
		return;
	}
	proof_cut(r, from, to, is_subject);
	if (is_given || !is_subject)
		proof_add(r, from, to, is_subject);
}

void
proof_read_isc(struct reading *r, const char *text)
{
	const char *p = text, *end;
	char head[80];

	(void)snprintf(head, sizeof(head), "lease %s {", r->address); /* has room */
	while ((p = strstr(p, head)) != NULL) {
		end = strstr(p, "\n}");
		if (end == NULL) {
			r->is_unread = 1;
			break;
		}
		end++;
		r->entry = p;
		r->entry_end = end + 1 + strspn(end + 1, "\n");
		read_isc_block(r, strchr(p, '\n') + 1, end);
		p = end;
	}
}

#define KEA_FIELDS 10 /* up to the state */
enum kea_field {
	KEA_ADDRESS,
	KEA_MAC,
	KEA_CLIENT_ID,
	KEA_LIFETIME,
	KEA_EXPIRE,
	KEA_STATE = KEA_FIELDS - 1
};

/* The fields of a row, those that are missing empty. */
static void
kea_split(const char *p, const char *end, char fields[KEA_FIELDS][64])
{
	const char *stop;
	size_t i;

	memset(fields, 0, KEA_FIELDS * sizeof(fields[0]));
	for (i = 0; i < KEA_FIELDS && p <= end; i++, p = stop + 1) {
		for (stop = p; stop < end && *stop != ',' && *stop != '\r'; stop++)
			;
		(void)snprintf(fields[i], sizeof(fields[i]), "%.*s", (int)(stop - p), p); /* longer is none of ours */
	}
}

static int
kea_number(const char *s, long long *out)
{
	char *end;

	*out = strtoll(s, &end, 10);
	return end != s && *end == '\0' ? 0 : -1;
}

/* address,hwaddr,client_id,valid_lifetime,expire,...,state.  A lifetime of 0, or reclaimed: over.  Declined: nobody's. */
static void
read_kea_row(struct reading *r, char fields[KEA_FIELDS][64])
{
	int is_subject = fields[KEA_MAC][0] != '\0' && proof_is_mac(r->order, fields[KEA_MAC]);
	const char *state = fields[KEA_STATE];
	long long lifetime, expire;

	if (kea_number(fields[KEA_LIFETIME], &lifetime) == -1 || kea_number(fields[KEA_EXPIRE], &expire) == -1 ||
	    lifetime < 0 || strlen(state) > 1 || strspn(state, "012") != strlen(state)) {
		r->is_unread = 1;
		return;
	}
	if (lifetime == 0 || state[0] == '2')
		proof_cut(r, expire, expire, is_subject);
	else
		proof_add(r, expire - lifetime, expire, is_subject && state[0] != '1');
	/* As it was declined, whoever had it has it no more. */
	if (state[0] == '1')
		proof_cut(r, expire - lifetime, expire - lifetime, 1);
}

void
proof_read_kea(struct reading *r, const char *text)
{
	char fields[KEA_FIELDS][64];
	const char *p = text, *end;

	for (; *p != '\0'; p = r->entry_end) {
		end = p + strcspn(p, "\n");
		r->entry = p;
		r->entry_end = end + (*end == '\n');
		kea_split(p, end, fields);
		if (strcmp(fields[KEA_ADDRESS], "address") == 0 && strcmp(fields[KEA_MAC], "duid") == 0)
			r->is_unread = 1; /* of IPv6 the columns are others */
		if (strcmp(fields[KEA_ADDRESS], r->address) == 0)
			read_kea_row(r, fields);
	}
}
