#include <sys/mman.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "savefile.h"

#include "matcher.h"
#include "source.h"

#include "require.h"

/*
 * Input: a capture file.  It is read as a source is, by libpcap, each frame judged; and walked as a part is that is to
 * be recovered.  Where it is wholly what we write ourselves, both have to see the same frames; what the walk calls valid
 * has to be so for itself; a hash is of every byte.
 */
struct sight {
	struct matcher *matcher; /* NULL where its link type is not followed */
	uint64_t frames, bytes;
	stamp_t first, last;
	unsigned sum;
};

static int
give_up(void *cookie)
{
	return 1;
}

static int
file_of(const uint8_t *data, size_t n)
{
	int fd = memfd_create("input", MFD_CLOEXEC);

	require(fd != -1 && (n == 0 || pwrite(fd, data, n, 0) == (ssize_t)n));
	return fd;
}

static void
see(void *cookie, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct sight *s = cookie;
	struct match out[1];
	uint32_t i;

	for (i = 0; i < caplen; i++)
		s->sum += data[i];
	if (s->matcher != NULL)
		(void)matcher_frame(s->matcher, data, caplen, len, time, out);
	if (s->frames++ == 0)
		s->first = s->last = time;
	s->bytes += caplen;
	s->first = time < s->first ? time : s->first;
	s->last = time > s->last ? time : s->last;
}

/* Whatever order there is, here is one. */
static struct matcher *
judge_of(uint32_t linktype)
{
	static struct order_prefix all[2] = {{.family = 4, .bits = 1}, {.family = 6, .bits = 3}};
	static struct order order;
	const struct order *orders[] = {&order};

	order.prefixes = all;
	order.prefix_count = 2;
	order.scope = ORDER_HEADERS;
	return matcher_supports(linktype) ? matcher_new(orders, 1, linktype) : NULL;
}

/* Return what the last source_read said, or -2 if the file is no capture file. */
static int
read_as_source(const uint8_t *data, size_t n, struct sight *sight)
{
	char told[DIGEST_HEX], hex[DIGEST_HEX];
	struct source_counts counts;
	struct source *s;
	int status, rc;

	memset(sight, 0, sizeof(*sight));
	s = source_open_file(file_of(data, n), "input", give_up, NULL, &status);
	if (s == NULL) {
		require(status == 65);
		return -2;
	}
	sight->matcher = judge_of(source_linktype(s));
	require(source_snaplen(s) > 0 && source_snaplen(s) <= SAVEFILE_MAX_CAPLEN && source_fd(s) == -1);
	while ((rc = source_read(s, 64, see, sight)) > 0)
		continue;
	source_count(s, &counts);
	require(counts.seen == sight->frames && counts.handed == sight->frames && counts.lost == 0);
	if (rc == 0) {
		require(source_digest(s, told) == 0 && digest_hex_of(data, n, hex) == 0);
		require(strcmp(told, hex) == 0);
	}
	matcher_free(sight->matcher);
	source_close(s);
	return rc;
}

static void
check_prefix(const uint8_t *data, const struct savefile_scan *whole)
{
	struct savefile_scan again;
	int fd = file_of(data, whole->valid_bytes);

	require(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &again) == 0);
	require(again.valid_bytes == whole->valid_bytes && again.file_bytes == again.valid_bytes);
	require(again.frames == whole->frames && again.bytes == whole->bytes);
	require(again.valid_bytes == SAVEFILE_HEADER_BYTES + again.frames * SAVEFILE_RECORD_BYTES + again.bytes);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct savefile_scan scan;
	struct sight sight;
	int fd, rc;

	be_silent();
	fd = file_of(input, n);
	require(savefile_scan(fd, STAMP_NONE, STAMP_NONE, &scan) == 0);
	(void)close(fd);
	require(scan.file_bytes == n && scan.valid_bytes <= n);
	if (scan.valid_bytes > 0)
		check_prefix(input, &scan);
	rc = read_as_source(input, n, &sight);
	if (scan.valid_bytes == n && n > 0) {
		require(rc == 0 && sight.frames == scan.frames && sight.bytes == scan.bytes);
		require(scan.frames == 0 || (sight.first == scan.first_frame && sight.last == scan.last_frame));
	}
	return 0;
}
