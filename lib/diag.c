#include <sys/mman.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "shortage.h"
#include "text.h"

#include "diag.h"

/* A line is written in one piece, so that lines of two processes do not mix (pipes promise that up to 4096 bytes). */
#define LINE_BYTES 4096
#define REASON_BYTES 128
#define ID_BYTES sizeof(" [xxxxxxxx]")

static const char *program_name = "casetap";
static int verbosity;
static int output = STDERR_FILENO;
static int to_journal;
static atomic_int has_error;

/* Is fd the stream that systemd made for this service?  The variable alone is inherited by shells and terminals. */
static int
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char ours[64];
	struct stat st;

	if (stream == NULL || fstat(fd, &st) == -1)
		return 0;
	(void)snprintf(ours, sizeof(ours), "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(stream, ours) == 0;
}

/* Were one of 0 to 2 closed, the next file opened would get its number, and our diagnostics. */
static void
open_standard_descriptors(void)
{
	int fd, got;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		got = open("/dev/null", O_RDWR);
		if (got == -1)
			got = memfd_create("null", 0);
		if (got != fd)
			_exit(EX_OSERR);
	}
}

void
diag_init(const char *program, int verbose)
{
	static const char *const hostile[] = {"LOCPATH", "NLSPATH", "LANGUAGE", "TZDIR"};
	size_t i;

	open_standard_descriptors();
	program_name = program;
	verbosity = verbose;
	to_journal = is_journal(output);
	(void)umask(027);
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
		(void)unsetenv(hostile[i]); /* fails for a name with "=" only */
	(void)setenv("TZ", "UTC0", 1); /* without memory the old one stays, which only foreign libraries look at */
	tzset();
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		(void)setlocale(LC_ALL, "C");
	(void)signal(SIGPIPE, SIG_IGN); /* both are valid signals */
	(void)signal(SIGXFSZ, SIG_IGN);
}

void
diag_capture(int fd)
{
	output = fd == -1 ? STDERR_FILENO : fd;
	to_journal = is_journal(output);
}

/* FNV-1a of what is the same whatever the line names. */
static uint32_t
message_id(const char *format)
{
	uint32_t h = 2166136261U;

	for (; *format != '\0'; format++)
		h = (h ^ (uint8_t)*format) * 16777619U;
	return h;
}

static void __attribute__((format(printf, 3, 0))) say(int priority, int error, const char *format, va_list ap)
{
	char raw[LINE_BYTES], line[LINE_BYTES], reason[REASON_BYTES];
	size_t used = 0, room = sizeof(line) - REASON_BYTES - ID_BYTES - sizeof(": \n");
	int saved = errno, n;

	/* Whoever had no memory, the C library or the kernel, it was for lack of that that something was not seen. */
	if (error == ENOMEM)
		shortage_note();
	if (priority <= LOG_ERR)
		has_error = 1;
	n = vsnprintf(raw, sizeof(raw), format, ap);
	if (n < 0)
		(void)snprintf(raw, sizeof(raw), "%s", format);
	if (to_journal)
		used += (size_t)snprintf(line, sizeof(line), "<%d>", priority);
	(void)text_escape(line + used, room / 4, program_name, strlen(program_name));
	used += strlen(line + used);
	memcpy(line + used, ": ", 2);
	used += 2;
	(void)text_escape(line + used, room - used, raw, strlen(raw));
	used += strlen(line + used);
	if (error != 0)
		used += (size_t)snprintf(
		    line + used, sizeof(line) - used, ": %s", strerror_r(error, reason, sizeof(reason)));
	if (to_journal)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " [%08x]", message_id(format));
	line[used++] = '\n';
	/* There is nowhere to report a failure to report. */
	(void)!write(output, line, used);
	errno = saved;
}

#define SAY(priority, error)                          \
	do {                                          \
		va_list ap;                           \
                                                      \
		va_start(ap, format);                 \
		say((priority), (error), format, ap); \
		va_end(ap);                           \
	} while (0)

int
diag_has_error(void)
{
	return has_error;
}

void
diag_err(const char *format, ...)
{
	SAY(LOG_ERR, errno);
}

void
diag_errx(const char *format, ...)
{
	SAY(LOG_ERR, 0);
}

void
diag_warn(const char *format, ...)
{
	SAY(LOG_WARNING, errno);
}

void
diag_warnx(const char *format, ...)
{
	SAY(LOG_WARNING, 0);
}

void
diag_notice(const char *format, ...)
{
	SAY(LOG_NOTICE, 0);
}

void
diag_debug(const char *format, ...)
{
	if (verbosity > 0)
		SAY(LOG_DEBUG, 0);
}
