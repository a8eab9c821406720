#include <arpa/inet.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "inifile.h"
#include "slice.h"

#include "access_internal.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define BUILTIN_LABEL "t1-ias.profile"

/* Our words for what is no kind of event. */
static const char *const words[ACCESS_ELEMENTS] = {
    [ACCESS_E_EVENTS] = "events",
    [ACCESS_E_CASE] = "case",
    [ACCESS_E_CONTENT] = "content",
    [ACCESS_E_IAP] = "iap",
    [ACCESS_E_TIME] = "time",
    [ACCESS_E_SESSION] = "session",
    [ACCESS_E_IP] = "ip",
    [ACCESS_E_ADDRESS] = "address",
    [ACCESS_E_METHOD] = "method",
    [ACCESS_E_PREFIX] = "prefix",
    [ACCESS_E_UNTIL] = "until",
    [ACCESS_E_BEGINNING] = "beginning",
    [ACCESS_E_REASON] = "reason",
    [ACCESS_E_EVIDENCE] = "evidence",
};

static const char *
word_of(unsigned element)
{
	return element < ACCESS_KINDS ? access_kind_text(element) : words[element];
}

static int
is_name(const char *s)
{
	size_t n = strspn(s, LETTERS "0123456789-_.");

	return n > 0 && n < ACCESS_NAME_ROOM && s[n] == '\0' && strchr(LETTERS, s[0]) != NULL;
}

static int
refuse(const char *label, unsigned line, const char *what)
{
	diag_warnx("%s:%u: %s", label, line, what);
	errno = EINVAL;
	return -1;
}

/* Where does the name of an entry belong?  NULL: it is none of ours. */
static char *
place_of(struct access_map *map, const char *key)
{
	unsigned e;

	if (strcmp(key, "profile") == 0)
		return map->profile;
	for (e = 0; e < ACCESS_ELEMENTS && strcmp(key, word_of(e)) != 0; e++)
		;
	return e < ACCESS_ELEMENTS ? map->names[e] : NULL;
}

static int
take_entries(const struct inifile *ini, const char *label, struct access_map *map)
{
	const struct inifile_entry *e;
	char *place;
	size_t i;

	for (i = 0; i < inifile_count(ini); i++) {
		e = inifile_entry(ini, i);
		place = strcmp(e->section, "elements") == 0 ? place_of(map, e->key) : NULL;
		if (place == NULL)
			return refuse(label, e->line, "not a word of casetap-events(5)");
		if (!is_name(e->value))
			return refuse(label, e->line, "not a name of an element");
		memcpy(place, e->value, strlen(e->value) + 1);
	}
	/* It was told as a reason once. */
	if (map->names[ACCESS_E_BEGINNING][0] == '\0')
		memcpy(map->names[ACCESS_E_BEGINNING], map->names[ACCESS_E_REASON], sizeof(map->names[0]));
	for (i = 0; i < ACCESS_ELEMENTS && map->names[i][0] != '\0'; i++)
		;
	if (i == ACCESS_ELEMENTS && map->profile[0] != '\0')
		return 0;
	diag_warnx("%s: no name for %s", label, i == ACCESS_ELEMENTS ? "profile" : word_of((unsigned)i));
	errno = EINVAL;
	return -1;
}

int
access_map_parse(const char *data, size_t n, const char *label, struct access_map *map)
{
	struct inifile *ini = inifile_parse(data, n, label);
	int rc;

	if (ini == NULL)
		return -1;
	memset(map, 0, sizeof(*map));
	rc = take_entries(ini, label, map);
	inifile_free(ini);
	return rc;
}

/* What is put in was judged to hold no mark-up, but for a session's. */
static int
put_escaped(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<' || *s == '>' || *s == '&')
			(void)buf_puts(out, *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : "&amp;");
		else
			(void)buf_putc(out, *s);
	}
	return buf_failed(out) ? -1 : 0;
}

static void
put(struct buf *out, const char *indent, const char *name, const char *text)
{
	(void)buf_printf(out, "%s<%s>", indent, name);
	(void)put_escaped(out, text);
	(void)buf_printf(out, "</%s>\n", name);
}

static void
put_address(struct buf *out, const struct access_event *e, const struct access_map *m)
{
	char text[INET6_ADDRSTRLEN], bits[8];

	(void)buf_printf(out, "    <%s>\n", m->names[ACCESS_E_IP]);
	if (e->family != 0) {
		(void)inet_ntop(e->family == 4 ? AF_INET : AF_INET6, e->addr, text, sizeof(text)); /* has room */
		put(out, "      ", m->names[ACCESS_E_ADDRESS], text);
	}
	put(out, "      ", m->names[ACCESS_E_METHOD], e->method);
	if (e->family != 0) {
		(void)snprintf(bits, sizeof(bits), "%u", e->bits);
		put(out, "      ", m->names[ACCESS_E_PREFIX], bits);
	}
	(void)buf_printf(out, "    </%s>\n", m->names[ACCESS_E_IP]);
}

/* What tells how something began or went on says why nothing. */
static unsigned
reason_of(const struct access_event *e)
{
	switch (e->kind) {
	case ACCESS_SESSION_START:
	case ACCESS_ESTABLISHED:
	case ACCESS_ASSIGNED:
	case ACCESS_RENEWED:
	case ACCESS_DELEGATED:
		return ACCESS_E_BEGINNING;
	default:
		return ACCESS_E_REASON;
	}
}

static void
put_event(struct buf *out, const struct access_event *e, const struct slice_head *h, const struct access_map *m)
{
	char text[STAMP_TEXT], content[24];

	(void)snprintf(content, sizeof(content), "%ju", (uintmax_t)h->content_id);
	(void)buf_printf(out, "  <%s>\n", m->names[e->kind]);
	put(out, "    ", m->names[ACCESS_E_CASE], h->case_id);
	put(out, "    ", m->names[ACCESS_E_IAP], h->iap);
	put(out, "    ", m->names[ACCESS_E_TIME], stamp_format_micro(text, e->time));
	put(out, "    ", m->names[ACCESS_E_CONTENT], content);
	if (e->session[0] != '\0')
		put(out, "    ", m->names[ACCESS_E_SESSION], e->session);
	put_address(out, e, m);
	if (e->until != STAMP_NONE)
		put(out, "    ", m->names[ACCESS_E_UNTIL], stamp_format_micro(text, e->until));
	if (e->reason[0] != '\0')
		put(out, "    ", m->names[reason_of(e)], e->reason);
	if (e->sha256[0] != '\0')
		put(out, "    ", m->names[ACCESS_E_EVIDENCE], e->sha256);
	(void)buf_printf(out, "  </%s>\n", m->names[e->kind]);
}

static int
builtin(struct access_map *map)
{
	size_t n;
	const char *text = access_profile(&n);

	return access_map_parse(text, n, BUILTIN_LABEL, map);
}

int
access_xml(const struct access_list *l, const struct slice_head *h, const struct access_map *map, struct buf *out)
{
	struct access_map own;
	size_t i;

	if (map == NULL) {
		if (builtin(&own) == -1)
			return -1;
		map = &own;
	}
	(void)buf_puts(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	(void)buf_printf(
	    out, "<%s xmlns=\"" ACCESS_NAMESPACE "\" profile=\"%s\"", map->names[ACCESS_E_EVENTS], map->profile);
	(void)buf_printf(
	    out, " sequence=\"%ju\" complete=\"%s\">\n", (uintmax_t)h->seq, l->is_incomplete ? "false" : "true");
	for (i = 0; i < l->count; i++)
		put_event(out, &l->at[i], h, map);
	(void)buf_printf(out, "</%s>\n", map->names[ACCESS_E_EVENTS]);
	if (!buf_failed(out))
		return 0;
	errno = ENOMEM;
	return -1;
}

int
access_map_is_builtin(const char *text, size_t n)
{
	size_t own;
	const char *profile = access_profile(&own);

	return n == own && memcmp(text, profile, n) == 0;
}
