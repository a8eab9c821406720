#include <sys/types.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "names.h"
#include "text.h"

#include "guide.h"

struct question {
	const char *option;
	const char *text;
	const char *otherwise; /* what an empty answer means; NULL: there has to be one; "": the option is left out */
	int (*is_good)(const char *);
	const char *wants; /* said where it is not good */
	void (*hint)(void);
};

static int
is_name(const char *s)
{
	return s[0] != '\0' && text_is_printable(s, strlen(s));
}

static int
is_path(const char *s)
{
	return s[0] == '/' && is_name(s);
}

static int
is_interface(const char *s)
{
	return if_nametoindex(s) != 0;
}

static int
is_seconds(const char *s)
{
	unsigned n;
	char rest;

	return sscanf(s, "%5u%c", &n, &rest) == 1 && n > 0 && 86400 % n == 0;
}

static int
is_url(const char *s)
{
	static const char *const schemes[] = {"sftp://", "https://", "file:///"};

	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
		if (strncmp(s, schemes[i], strlen(schemes[i])) == 0)
			return is_name(s);
	return 0;
}

/* An interface that has an address does other work: a mirror port has none. */
static int
has_address(const struct ifaddrs *all, const char *name)
{
	for (const struct ifaddrs *a = all; a != NULL; a = a->ifa_next)
		if (strcmp(a->ifa_name, name) == 0 && a->ifa_addr != NULL && a->ifa_addr->sa_family == AF_INET)
			return 1;
	return 0;
}

static void
show_interfaces(void)
{
	struct if_nameindex *list = if_nameindex();
	struct ifaddrs *addresses = NULL;

	if (list == NULL || getifaddrs(&addresses) == -1)
		goto out; /* a help that is not there: the answer is checked all the same */
	for (const struct if_nameindex *i = list; i->if_index != 0; i++)
		if (strcmp(i->if_name, "lo") != 0)
			printf("    %-15s %s\n", i->if_name,
			    has_address(addresses, i->if_name) ? "has an address: this machine's own traffic"
							       : "no address, as a mirror port");
	freeifaddrs(addresses);
out:
	if (list != NULL)
		if_freenameindex(list);
}

static const struct question questions[] = {
    {"config", "Folder for the configuration, keys and orders", "/etc/casetap", is_path, "an absolute path", NULL},
    {"state", "Folder for what is captured and sealed", "/var/lib/casetap", is_path, "an absolute path", NULL},
    {"name", "The ISP, as every package will name it", NULL, is_name, "one line of printable ASCII", NULL},
    {"iap", "Name of this access point", NULL, names_is_iap, "up to 15 letters, digits and -", NULL},
    {"interface", "Interface to capture on", NULL, is_interface, "an interface of this machine", show_interfaces},
    {"slice-seconds", "Seconds in a slice", "300", is_seconds, "a number that divides a day", NULL},
    {"destination-name", "The agency that packages go to; empty: add it later", "", names_is_destination,
	"letters, digits and -", NULL},
    {"destination-url", "Where it takes them (sftp://, https:// or file:///)", NULL, is_url,
	"a URL of one of these kinds", NULL},
};
_Static_assert(sizeof questions / sizeof questions[0] == GUIDE_QUESTIONS, "an answer each");

int
guide_is_wanted(const struct args *args)
{
	static const char *const needed[] = {"config", "state", "name", "iap"};

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		if (args_get(args, needed[i]) == NULL)
			return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
	return 0;
}

/* One line without its end and its outer blanks, or -1 where nobody answers any more. */
static int
read_line(char line[GUIDE_ROOM])
{
	size_t n;

	(void)fflush(stdout); /* a prompt that is not seen shows itself */
	if (fgets(line, GUIDE_ROOM, stdin) == NULL) {
		printf("\n");
		diag_errx("no answer: nothing is made");
		return -1;
	}
	n = strlen(line);
	if (n > 0 && line[n - 1] != '\n') /* cut: the rest is no answer to the next question */
		for (int c; (c = getchar()) != EOF && c != '\n';)
			;
	while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == ' ' || line[n - 1] == '\r'))
		line[--n] = '\0';
	n = strspn(line, " ");
	memmove(line, line + n, strlen(line + n) + 1);
	return 0;
}

static int
ask_one(const struct question *q, char answer[GUIDE_ROOM])
{
	if (q->hint != NULL)
		q->hint();
	for (;;) {
		if (q->otherwise != NULL && q->otherwise[0] != '\0')
			printf("%s [%s]: ", q->text, q->otherwise);
		else
			printf("%s: ", q->text);
		if (read_line(answer) == -1)
			return -1;
		if (answer[0] == '\0' && q->otherwise != NULL) {
			(void)snprintf(answer, GUIDE_ROOM, "%s", q->otherwise); /* has room */
			return 0;
		}
		if (q->is_good(answer))
			return 0;
		printf("  That has to be %s.\n", q->wants);
	}
}

int
guide_ask(struct guide *g, struct args *args)
{
	char line[GUIDE_ROOM];

	printf(
	    "A new installation.  An empty answer takes what stands in brackets; nothing is made before the last one.\n\n");
	for (size_t i = 0; i < GUIDE_QUESTIONS; i++) {
		const struct question *q = &questions[i];

		if (args_get(args, q->option) != NULL ||
		    (strcmp(q->option, "destination-url") == 0 && args_get(args, "destination-name") == NULL))
			continue;
		if (ask_one(q, g->answers[i]) == -1)
			return -1;
		if (g->answers[i][0] != '\0' && args_add(args, q->option, g->answers[i]) == -1)
			return -1;
	}
	printf("\n");
	for (size_t i = 0; i < GUIDE_QUESTIONS; i++) {
		const char *value = args_get(args, questions[i].option);

		if (value != NULL)
			printf("  %-18s %s\n", questions[i].option, value);
	}
	printf("\nMake it? [y/N] ");
	if (read_line(line) == -1)
		return -1;
	if (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
		return 0;
	diag_errx("not confirmed: nothing is made");
	return -1;
}
