#include <sys/stat.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"
#include "fsio.h"

#include "source_internal.h"

#define MAGIC_NANO UINT32_C(0xa1b23c4d)
#define MAGIC_PCAPNG UINT32_C(0x0a0d0d0a)
#define BLOCK_BYTES ((size_t)64 * 1024)
#define BUFFER_BYTES ((size_t)256 * 1024)
#define WAIT_MS 100

/* Wait until the file has something to give, or its end.  Return 0, or -1 if nobody wants it any more. */
static int
await(struct source *s)
{
	struct pollfd fd = {s->fd, POLLIN, 0};

	while (s->may_wait && !s->has_given_up && poll(&fd, 1, WAIT_MS) != 1)
		s->has_given_up = s->wait(s->wait_cookie) != 0;
	return s->has_given_up ? -1 : 0;
}

/* Everything that libpcap reads is hashed on its way. */
static ssize_t
read_file(void *cookie, char *out, size_t n)
{
	struct source *s = cookie;
	ssize_t got;

	if (s->magic_done < s->magic_len) {
		if (n > s->magic_len - s->magic_done)
			n = s->magic_len - s->magic_done;
		memcpy(out, s->magic + s->magic_done, n);
		s->magic_done += n;
		return (ssize_t)n;
	}
	if (await(s) == -1)
		return 0;
	do
		got = read(s->fd, out, n);
	while (got == -1 && errno == EINTR);
	if (got > 0)
		digest_add(s->digest, out, (size_t)got);
	return got;
}

/* A file whose stamps are finer than a microsecond, or may be, gives slices that are. */
static void
read_magic(struct source *s)
{
	ssize_t n = await(s) == -1 ? 0 : fsio_read(s->fd, s->magic, sizeof(s->magic));
	uint32_t magic = 0;

	if (n <= 0)
		return; /* libpcap will say so */
	s->magic_len = (size_t)n;
	digest_add(s->digest, s->magic, s->magic_len);
	if (s->magic_len == sizeof(magic))
		memcpy(&magic, s->magic, sizeof(magic));
	s->is_pcap = magic != MAGIC_PCAPNG;
	s->nano = magic == MAGIC_NANO || magic == __builtin_bswap32(MAGIC_NANO) || magic == MAGIC_PCAPNG;
}

struct source *
source_open_file(int fd, const char *label, source_wait_fn *wait, void *cookie, int *status)
{
	const cookie_io_functions_t functions = {.read = read_file};
	char error[PCAP_ERRBUF_SIZE];
	struct source *s = calloc(1, sizeof(*s));
	FILE *file = NULL;
	struct stat st;

	*status = EX_OSERR;
	if (s == NULL) {
		(void)close(fd); /* only read from */
		goto fail;
	}
	s->fd = fd;
	s->hold = INT64_MAX;
	s->label = label;
	s->nano_stamps = 1;
	s->may_wait = fstat(fd, &st) == 0 && !S_ISREG(st.st_mode);
	source_on_wait(s, wait, cookie);
	s->after = s->since = STAMP_NONE;
	s->digest = digest_new();
	s->buffer = malloc(BUFFER_BYTES);
	if (s->digest == NULL || s->buffer == NULL)
		goto fail;
	read_magic(s);
	file = fopencookie(s, "r", functions);
	if (file == NULL)
		goto fail;
	/* A buffer of its own: of a size alone glibc takes no notice. */
	(void)setvbuf(file, s->buffer, _IOFBF, BUFFER_BYTES); /* the usual buffer does as well, at more calls */
	s->pcap = pcap_fopen_offline_with_tstamp_precision(file, PCAP_TSTAMP_PRECISION_NANO, error);
	if (s->pcap == NULL) {
		(void)fclose(file); /* only read from */
		*status = s->has_given_up ? EX_OK : EX_DATAERR;
		if (!s->has_given_up)
			diag_errx("%s: not a capture file: %s", label, error);
		source_close(s);
		return NULL;
	}
	*status = EX_OK;
	return s;
fail:
	diag_err("%s", label);
	source_close(s);
	return NULL;
}

int
source_digest(struct source *s, char hex[DIGEST_HEX])
{
	char *block = malloc(BLOCK_BYTES);
	ssize_t n;
	int rc = -1;

	if (block == NULL)
		return -1;
	do
		n = read_file(s, block, BLOCK_BYTES);
	while (n > 0);
	if (s->has_given_up)
		errno = EINTR;
	else if (n == 0) {
		digest_take_hex(s->digest, hex);
		rc = 0;
	}
	free(block);
	return rc;
}
