#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "text.h"

#include "args.h"
#include "command.h"
#include "doctor.h"

static const struct args_option options[] = {
    SITE_OPTION,
    SITE_ORDERS_OPTION,
    {"quiet", NULL, "only what is not well"},
    {"offline", NULL, "open no connection to the destinations"},
    {NULL, NULL, NULL},
};

void
doctor_topic(struct doctor *d, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(d->topic, sizeof d->topic, format, ap); /* cut is fine: it is shown */
	va_end(ap);
}

static void __attribute__((format(printf, 3, 0)))
say(const struct doctor *d, const char *mark, const char *format, va_list ap)
{
	char raw[512], shown[1024], topic[sizeof d->topic * 4];

	(void)vsnprintf(raw, sizeof raw, format, ap); /* as above */
	printf("%-5s %-22s %s\n", mark, text_escape(topic, sizeof topic, d->topic, strlen(d->topic)),
	    text_escape(shown, sizeof shown, raw, strlen(raw)));
}

static void
advise(const char *advice)
{
	printf("%28s -> %s\n", "", advice);
}

void
doctor_well(const struct doctor *d, const char *format, ...)
{
	va_list ap;

	if (d->is_quiet)
		return;
	va_start(ap, format);
	say(d, "ok", format, ap);
	va_end(ap);
}

void
doctor_ill(struct doctor *d, const char *advice, const char *format, ...)
{
	va_list ap;

	d->findings++;
	va_start(ap, format);
	say(d, "look", format, ap);
	va_end(ap);
	advise(advice);
}

void
doctor_note(const struct doctor *d, const char *advice, const char *format, ...)
{
	va_list ap;

	if (d->is_quiet)
		return;
	va_start(ap, format);
	say(d, "note", format, ap);
	va_end(ap);
	advise(advice);
}

/* What casetap status finds is not said a second time in other words. */
static void
examine_status(struct doctor *d)
{
	const struct overview *v = d->overview;

	doctor_topic(d, "status");
	for (size_t i = 0; i < v->matter_count; i++)
		doctor_ill(d, "casetap status shows it beside everything else", "%s", v->matters[i]);
	if (v->matter_count == 0)
		doctor_well(d, "nothing to look at");
}

static int
examine(struct doctor *d, const struct args *args)
{
	d->is_quiet = args_get(args, "quiet") != NULL;
	doctor_machine(d);
	doctor_interfaces(d);
	doctor_access(d);
	doctor_unit(d);
	doctor_units(d);
	doctor_trust(d);
	examine_status(d);
	if (args_get(args, "offline") == NULL)
		doctor_reach(d);
	if (d->findings == 0)
		printf("all is well\n");
	else
		printf("%zu thing%s to look at\n", d->findings, d->findings == 1 ? "" : "s");
	return d->findings == 0 ? EX_OK : 1;
}

int
command_doctor(int argc, char **argv)
{
	struct overview *v = calloc(1, sizeof *v);
	struct doctor d = {.overview = v};
	struct args args;
	struct site site;
	int status;

	if (v == NULL) {
		diag_err("doctor");
		return EX_OSERR;
	}
	if (args_parse(&args, options, argc, argv) == -1 || !args_limit_words(&args, 0)) {
		free(v);
		return EX_USAGE;
	}
	if (args_get(&args, "help") != NULL) {
		args_help(
		    "doctor [--quiet] [--offline]: 0 if all is well, 1 if there is something to look at", options);
		free(v);
		return EX_OK;
	}
	d.site = &site;
	status = site_open(&site, &args);
	if (status == EX_OK)
		status = overview_load(v, &site);
	if (status == EX_OK)
		status = examine(&d, &args);
	overview_clear(v);
	free(v);
	site_close(&site);
	return status;
}
