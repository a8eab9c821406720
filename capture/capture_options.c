#include <string.h>

#include "diag.h"
#include "names.h"

#include "capture_options.h"
#include "program.h"

static int
add_interface(void *cookie, const char *name)
{
	struct capture_options *o = cookie;

	if (o->interface_count == CONF_INTERFACES_MAX) {
		diag_errx("-i: at most %d interfaces", CONF_INTERFACES_MAX);
		return -1;
	}
	o->interfaces[o->interface_count++] = name;
	return 0;
}

enum options_result
capture_options_parse(struct capture_options *o, int argc, char **argv)
{
	const struct options_row rows[] = {
	    {"config", "FILE", "configuration, default " OPTIONS_DEFAULT_CONFIG, .value = &o->config},
	    {"check", NULL, "judge configuration, keyring and orders, say what would be in force, and exit",
		.on = &o->check},
	    {"self-test", NULL, "make frames of every subject in force, say which would not be captured, and exit",
		.on = &o->self_test},
	    {"inject", "NAME", "with --self-test: send them out of this interface, and look for them on the rings",
		.value = &o->inject},
	    {"iap", "NAME", "the access point to be, where the configuration has several", .value = &o->iap},
	    {"interface", "NAME", "capture here instead of on the configuration's interfaces; may be repeated", 'i',
		.take = add_interface, .cookie = o},
	    {"read", "FILE", "apply the orders to a capture file (pcap or pcapng; - is standard input)", 'r',
		.value = &o->file},
	    {"verbose", NULL, "say more", 'v', .on = &o->verbose},
	    {.name = NULL},
	};
	const struct options options = {.program = PROGRAM_NAME,
	    .synopsis =
		"[--config FILE] [--check | --self-test [--inject NAME]] [--iap NAME] [-v] [-i INTERFACE ... | -r FILE]",
	    .rows = rows};
	enum options_result result;

	memset(o, 0, sizeof(*o));
	o->config = OPTIONS_DEFAULT_CONFIG;
	result = options_parse(&options, argc, argv, NULL);
	if (result != OPTIONS_RUN)
		return result;
	if (o->file != NULL && o->interface_count > 0) {
		diag_errx("-i and -r exclude each other");
		return OPTIONS_BAD;
	}
	if (o->self_test && (o->check || o->file != NULL)) {
		diag_errx("--self-test is for live capture, and alone: not with --check or -r");
		return OPTIONS_BAD;
	}
	if (o->inject != NULL && !o->self_test) {
		diag_errx("--inject is for --self-test only: casetap-capture sends nothing");
		return OPTIONS_BAD;
	}
	if (o->iap != NULL && !names_is_iap(o->iap)) {
		diag_errx("--iap: not the name of an access point");
		return OPTIONS_BAD;
	}
	return OPTIONS_RUN;
}
