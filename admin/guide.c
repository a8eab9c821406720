#include <sys/types.h>

#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
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
	int (*is_doubted)(const char *); /* it says why; the same answer given again is taken all the same */
};

/* As casetap.conf has them. */
#define INTERFACES_MAX 8
#define DAY_SECONDS 86400

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

/* Copy the next of names with blanks between them, and move ${s} behind it.  Return 1, 0 at the end, -1: it is none. */
static int
next_interface(const char **s, char name[IF_NAMESIZE])
{
	size_t n;

	*s += strspn(*s, " ");
	n = strcspn(*s, " ");
	if (n == 0)
		return 0;
	if (n >= IF_NAMESIZE || memchr(*s, '/', n) != NULL || (*s)[0] == '.')
		return -1;
	memcpy(name, *s, n);
	name[n] = '\0';
	*s += n;
	return 1;
}

static int
are_interfaces(const char *s)
{
	char names[INTERFACES_MAX + 1][IF_NAMESIZE];
	size_t count = 0;
	int rc = is_name(s) ? 1 : -1;

	while (rc == 1 && (rc = next_interface(&s, names[count])) == 1) {
		for (size_t i = 0; i < count; i++)
			if (strcmp(names[i], names[count]) == 0)
				return 0;
		if (++count > INTERFACES_MAX)
			return 0;
	}
	return rc == 0 && count > 0;
}

/* A station may be prepared before its network card is in: one that is not here is as likely mistyped, though. */
static int
are_not_here(const char *s)
{
	char name[IF_NAMESIZE];
	int missing = 0;

	while (next_interface(&s, name) == 1) {
		if (if_nametoindex(name) != 0)
			continue;
		printf("  There is no %s on this machine now: give the same answer again to take it all the same.\n",
		    name);
		missing = 1;
	}
	return missing;
}

static int
is_seconds(const char *s)
{
	uint64_t n;

	return text_u64(s, 1, DAY_SECONDS, &n) == 0 && DAY_SECONDS % n == 0;
}

/* A server and a path, or a path alone. */
static int
is_url(const char *s)
{
	static const char *const schemes[] = {"sftp://", "https://"};
	static const char folder[] = "file:///";

	if (!is_name(s))
		return 0;
	for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
		size_t n = strlen(schemes[i]);

		if (strncmp(s, schemes[i], n) == 0)
			return s[n] != '/' && strchr(s + n, '/') != NULL;
	}
	return strncmp(s, folder, sizeof folder - 1) == 0 && s[sizeof folder - 1] != '\0';
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
    {"config", "Folder for the configuration, keys and orders", "/etc/casetap", is_path, "an absolute path", NULL,
	NULL},
    {"state", "Folder for what is captured and sealed", "/var/lib/casetap", is_path, "an absolute path", NULL, NULL},
    {"name", "The ISP, as every package will name it", NULL, is_name, "one line of printable ASCII", NULL, NULL},
    {"iap", "Name of this access point", NULL, names_is_iap, "up to 15 letters, digits and -", NULL, NULL},
    {"interface", "Interface to capture on, or up to 8 of them with blanks between", NULL, are_interfaces,
	"names of interfaces, each once", show_interfaces, are_not_here},
    {"slice-seconds", "Seconds in a slice", "300", is_seconds, "a number that divides a day", NULL, NULL},
    {"destination-name", "The agency that packages go to; empty: add it later", "", names_is_destination,
	"letters, digits and -", NULL, NULL},
    {"destination-url", "Where it takes them (sftp://, https:// or file:///)", NULL, is_url,
	"a URL of one of these kinds, with host and path", NULL, NULL},
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
	char doubted[GUIDE_ROOM] = "";

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
		if (!q->is_good(answer))
			printf("  That has to be %s.\n", q->wants);
		else if (q->is_doubted == NULL || strcmp(answer, doubted) == 0 || !q->is_doubted(answer))
			return 0;
		else
			memcpy(doubted, answer, sizeof doubted);
	}
}

/* Who has one already is told before he has answered everything. */
static int
is_there(const char *config)
{
	char path[GUIDE_ROOM + sizeof GUIDE_CONF + 1];

	if (config == NULL || snprintf(path, sizeof path, "%s/" GUIDE_CONF, config) >= (int)sizeof path ||
	    access(path, F_OK) == -1)
		return 0;
	diag_errx("%s is there already: an installation is never overwritten", path);
	return 1;
}

/* What will be made, in the words of the options. */
static void
show(const struct args *args)
{
	printf("\n");
	for (size_t i = 0; i < GUIDE_QUESTIONS; i++) {
		const char *value = args_get(args, questions[i].option);

		if (value != NULL)
			printf("  %-18s %s\n", questions[i].option, value);
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

		if (i == 1 && is_there(args_get(args, "config")))
			return EX_CANTCREAT;
		if (args_get(args, q->option) != NULL ||
		    (strcmp(q->option, "destination-url") == 0 && args_get(args, "destination-name") == NULL))
			continue;
		if (ask_one(q, g->answers[i]) == -1)
			return EX_USAGE;
		if (g->answers[i][0] != '\0' && args_add(args, q->option, g->answers[i]) == -1)
			return EX_USAGE;
	}
	show(args);
	printf("\nMake it? [y/N] ");
	if (read_line(line) == -1)
		return EX_USAGE;
	if (strcmp(line, "y") == 0 || strcmp(line, "yes") == 0)
		return EX_OK;
	diag_errx("not confirmed: nothing is made");
	return EX_USAGE;
}
