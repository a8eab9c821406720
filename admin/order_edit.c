#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "stamp.h"

#include "editor.h"
#include "order_verbs.h"

/*
 * An order that is written with an editor instead of a command line, which every user of the machine can read while the
 * command runs.
 */

/* What a new order needs, to be filled in.  Lines that stay as they are do not parse: none is forgotten. */
static int
put_template(const struct site *site, struct buf *out)
{
	char today[STAMP_TEXT];

	return buf_printf(out,
	    "# A new order, casetap-order(5).  Fill in what stands in <>; what is left empty is refused.\n"
	    "[order]\nformat = casetap-order/1\ncase_id = <ID, as the LEA assigned it>\ncontent_id = 1\n"
	    "lea = <the agency that obtained the order>\n"
	    "# title-iii, pen-register, trap-and-trace, pen-trap, fisa or other\nauthority = <>\n"
	    "order_number = <the court's number>\nissued_by = <the judge or magistrate>\n"
	    "presented_by = <the officer who presented it>\nresponsible = <the employee who is responsible>\n"
	    "# RFC 3339 with an offset: today is %s\nnot_before = <>\nnot_after = <>\nrevision = 1\n\n"
	    "[subject]\n# at least one of ipv4, ipv6 and mac; a list is separated by spaces\nipv4 = <>\n\n"
	    "[capture]\n# content, headers or headers-without-ports\nscope = content\n\n"
	    "[delivery]\nto = %s\n",
	    stamp_format_seconds(today, stamp_now()),
	    site->conf->destination_count == 1 ? site->conf->destinations[0].name
					       : "<a destination of casetap.conf>");
}

/* Ask on the terminal whether to go on with what was refused. */
static int
is_again(void)
{
	char answer[16];
	FILE *tty = fopen("/dev/tty", "r+e");
	int again = 0;

	if (tty == NULL)
		return 0;
	fprintf(tty, "casetap: edit it again? [Y/n] ");
	(void)fflush(tty); /* an answer that was not asked for is no answer */
	if (fgets(answer, sizeof answer, tty) != NULL)
		again = answer[0] != 'n' && answer[0] != 'N';
	(void)fclose(tty); /* a terminal */
	return again;
}

int
order_verb_edit(struct site *site, const struct args *args)
{
	const char *case_id = args_word(args, 0);
	const struct orderbook_case *c = NULL;
	struct buf text = BUF_INIT;
	int status = EX_OK;

	if (isatty(STDOUT_FILENO)) {
		diag_errx("usage: casetap order edit [CASE] >FILE");
		return EX_USAGE;
	}
	if (case_id != NULL)
		status = order_verb_next(site, case_id, args, &text, &c);
	else if (put_template(site, &text) == -1)
		status = EX_OSERR;
	while (status == EX_OK) {
		status = editor_run(&text, ORDER_MAX_BYTES);
		if (status != EX_OK)
			break;
		status = order_verb_print(site, &text, c == NULL ? NULL : c->order);
		if (status == EX_OK || !is_again())
			break;
		status = EX_OK;
	}
	buf_free(&text);
	return status;
}
