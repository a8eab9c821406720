#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "custody.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"
#include "names.h"
#include "text.h"

#include "args.h"
#include "begin.h"
#include "command.h"
#include "site.h"
#include "wholelog.h"

#define SYNOPSIS                                                  \
	"log CASE [--json] [--from T] [--to T] [--type EVENT] | " \
	"--begin-anew --reason TEXT [--key KEY]"

static const struct args_option options[] = {
    SITE_OPTION,
    {"json", NULL, "the lines as they are kept"},
    {"from", "T", "only what was done at T or later, RFC 3339 with offset"},
    {"to", "T", "only what was done before T"},
    {"type", "EVENT", "only this event, as casetap-journal(5) has it; may be repeated"},
    {"begin-anew", NULL, "ask that a log which was lost, and of which there is no backup, be begun anew"},
    {"reason", "TEXT", "why, with --begin-anew"},
    {"key", "KEY", "an approver's secret key, with --begin-anew; without it the request waits for signatures"},
    {NULL, NULL, NULL},
};

/* Which lines are shown, and how. */
struct showing {
	const struct args *args;
	stamp_t from, to; /* STAMP_NONE: no bound */
	uint64_t shown;
};

static int
is_of_type(const struct showing *s, const char *event)
{
	size_t i, n = args_times(s->args, "type");

	for (i = 0; i < n && event != NULL; i++)
		if (strcmp(args_nth(s->args, "type", i), event) == 0)
			return 1;
	return n == 0;
}

/* What has no readable time is shown, lest it be overlooked. */
static int
is_shown(struct showing *s, const struct json *line)
{
	const struct json *entry = json_get_object(line, "entry");
	stamp_t at;

	if (!is_of_type(s, json_get_string(entry, "event")))
		return 0;
	if (json_get_stamp(entry, "time", &at) == 0 &&
	    ((s->from != STAMP_NONE && at < s->from) || (s->to != STAMP_NONE && at >= s->to)))
		return 0;
	s->shown++;
	return 1;
}

static const char *
or_dash(const char *s)
{
	return s == NULL ? "-" : s;
}

static int
print_raw(void *cookie, uint64_t n, const struct json *line)
{
	struct buf text = BUF_INIT;
	int rc = -1;

	(void)n;
	if (!is_shown(cookie, line))
		return 0;
	if (json_write(line, &text) == 0 && printf("%s\n", text.data) >= 0)
		rc = 0;
	buf_free(&text);
	return rc;
}

/* One line for people: when, who, what, about which object. */
static int
print_line(void *cookie, uint64_t n, const struct json *line)
{
	const struct json *entry = json_get_object(line, "entry"), *detail = json_get(entry, "detail");
	struct buf more = BUF_INIT;
	char shown[4096], object[17], event[33], who[2][21] = {"-", "-"};
	static const char *const whos[] = {"uid", "login_uid"};
	const char *name;
	int64_t uid;
	int rc;

	if (!is_shown(cookie, line))
		return 0;
	for (size_t i = 0; i < sizeof whos / sizeof whos[0]; i++) {
		if (json_get_integer(entry, whos[i], &uid) == 0)
			(void)snprintf(who[i], sizeof who[i], "%lld", (long long)uid); /* has room */
	}
	if (detail != NULL && json_text(detail) != NULL)
		(void)buf_puts(&more, json_text(detail));
	else if (detail != NULL)
		(void)json_write(detail, &more);
	name = or_dash(json_get_string(entry, "object"));
	(void)text_escape(object, sizeof object, name, strlen(name));
	name = or_dash(json_get_string(entry, "event"));
	(void)text_escape(event, sizeof event, name, strlen(name));
	rc = printf("%6llu  %.19sZ  %-18s %5s/%-5s %-16s %-16s %s\n", (unsigned long long)n,
	    or_dash(json_get_string(entry, "time")), or_dash(json_get_string(line, "source")), who[0], who[1], event,
	    object, text_escape(shown, sizeof shown, more.data == NULL ? "" : more.data, more.len));
	buf_free(&more);
	return rc < 0 ? -1 : 0;
}

static int
show_log(const struct site *site, const char *case_id, struct showing *s)
{
	struct custody *custody = NULL;
	const struct custody_begun *begun;
	char path[NAMES_CASE_ROOM + 16];
	int dirfd, status = EX_DATAERR, raw = args_get(s->args, "json") != NULL;

	(void)snprintf(path, sizeof path, "records/%s", case_id);
	dirfd = fsio_opendirat(site->statefd, path);
	if (dirfd == -1) {
		diag_err("case %s has no records yet", case_id);
		return errno == EACCES ? EX_NOPERM : EX_NOINPUT;
	}
	custody = custody_open(dirfd, 0);
	if (custody == NULL)
		goto out;
	status = EX_IOERR;
	if (!raw && printf("%6s  %-20s  %-18s %11s %-16s %-16s %s\n", "LINE", "TIME", "PROGRAM", "UID/LOGIN", "EVENT",
			"OBJECT", "DETAIL") < 0)
		goto out;
	if (custody_each(custody, raw ? print_raw : print_line, s) != 0)
		goto out;
	status = wholelog_check(&(struct custody_case){dirfd, case_id, site->keyring}, path);
	if (status != EX_OK)
		goto out;
	status = EX_IOERR;
	begun = custody_begun(custody);
	if (!raw && s->shown != custody_lines(custody) - (begun == NULL ? 0 : begun->lines) &&
	    printf("%llu of them shown; ", (unsigned long long)s->shown) < 0)
		goto out;
	if (!raw && begun != NULL &&
	    printf("lines 1 to %llu are lost: begun anew on request %.16s; from there on ",
		(unsigned long long)begun->lines, begun->request) < 0)
		goto out;
	if (!raw && printf("chain intact, %llu lines, head %s\n", (unsigned long long)custody_lines(custody),
			custody_head(custody)) < 0)
		goto out;
	status = EX_OK;
out:
	custody_close(custody);
	(void)close(dirfd); /* a folder */
	return status;
}

/* Read a bound of time.  Return 0, or -1 after one diag line. */
static int
read_bound(const struct args *args, const char *name, stamp_t *out)
{
	const char *value = args_get(args, name);

	*out = STAMP_NONE;
	if (value == NULL || stamp_parse(value, out) == 0)
		return 0;
	diag_errx("--%s: must be a time as 2026-11-20T00:00:00Z", name);
	return -1;
}

int
command_log(int argc, char **argv)
{
	struct args args;
	struct showing s = {.args = &args};
	struct site site;
	const char *case_id;
	int status;

	if (args_parse(&args, options, argc, argv) == -1)
		return EX_USAGE;
	if (args_get(&args, "help") != NULL) {
		args_help(SYNOPSIS, options);
		return EX_OK;
	}
	case_id = args_word(&args, 0);
	if (args_words(&args) != 1 || !names_is_case(case_id)) {
		diag_errx("usage: casetap " SYNOPSIS);
		return EX_USAGE;
	}
	if (read_bound(&args, "from", &s.from) == -1 || read_bound(&args, "to", &s.to) == -1)
		return EX_USAGE;
	status = site_open(&site, &args);
	if (status == EX_OK && args_get(&args, "begin-anew") != NULL)
		status = begin_ask(&site, case_id, args_get(&args, "reason"), args_get(&args, "key"));
	else if (status == EX_OK)
		status = show_log(&site, case_id, &s);
	site_close(&site);
	return status;
}
