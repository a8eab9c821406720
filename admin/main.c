#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "diag.h"
#include "shortage.h"
#include "sign.h"

#include "command.h"

/*
 * What a person types.  casetap only writes orders, keyrings and requests, which the other programs judge by themselves,
 * and reads what they wrote: nothing here captures, seals, sends or deletes.
 */
static const struct {
	const char *name;
	int (*run)(int, char **);
	const char *help;
} commands[] = {
    {"init", command_init, "make a complete installation"},
    {"keyring", command_keyring, "show | add | revoke | sign | import: who may sign what"},
    {"order", command_order, "new | edit | check | approve | install | list | show | extend | revoke"},
    {"status", command_status, "every case at a glance; one line says if all is well"},
    {"doctor", command_doctor, "clock, interfaces, disk, permissions, keys, destinations: and what to do"},
    {"log", command_log, "the custody log of a case, its chain checked"},
    {"hold", command_hold, "keep everything of a case, whatever is over"},
    {"release", command_release, "end the holds of a case; an approver signs"},
    {"purge", command_purge, "ask for the deletion of what may be deleted; an approver signs"},
    {"attach", command_attach, "put a file among the records of a case"},
    {"bind", command_bind, "an address of a subject that moves, for a time and with its proof; an approver signs"},
    {"reset", command_reset, "let an access point begin anew whose memory is lost; an approver signs"},
    {"clock", command_clock, "how well the kernel says that its clock is kept"},
    {"certify", command_certify, "the certification of an interception, to print and to sign"},
};

/*
 * A report that did not arrive, or lacks what was not seen, is a failure, whatever else went well.  What was found wrong
 * before memory ran out stays what it is: a broken chain is one.
 */
static int
flush(int status)
{
	if (shortage_seen()) {
		diag_errx("out of memory: not all was looked at, and what was said need not be so");
		if (status == EX_OK || !shortage_came_after_error())
			status = EX_OSERR;
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	diag_err("standard output");
	return status == EX_OK ? EX_IOERR : status;
}

static int
help(FILE *to, int status)
{
	fprintf(to, "usage: casetap COMMAND [--config FILE] ...\n");
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(to, "casetap COMMAND --help says more; casetap(8) says all.\n");
	return status;
}

int
main(int argc, char **argv)
{
	diag_init("casetap", 0);
	if (sign_init() == -1)
		return EX_OSERR;
	if (argc < 2)
		return help(stderr, EX_USAGE);
	if (strcmp(argv[1], "--version") == 0)
		return flush(printf("casetap %s\n", CASETAP_VERSION) < 0 ? EX_IOERR : EX_OK);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return flush(help(stdout, EX_OK));
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
		if (strcmp(argv[1], commands[i].name) == 0)
			return flush(commands[i].run(argc - 2, argv + 2));
	diag_errx("unknown command %s: casetap --help lists them", argv[1]);
	return EX_USAGE;
}
