#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bootid.h"
#include "fsio.h"
#include "names.h"

#include "recover_part.h"

#define COPY_BYTES ((size_t)256 * 1024)
#define PAGE ((uint64_t)4096) /* of a file: it is written as one */

static int
copy_data(int from, int to)
{
	uint8_t *block = malloc(COPY_BYTES);
	ssize_t n = -1;

	if (block == NULL)
		return -1;
	if (lseek(from, 0, SEEK_SET) == -1)
		goto out;
	while ((n = fsio_read(from, block, COPY_BYTES)) > 0)
		if (fsio_write(to, block, (size_t)n) == -1) {
			n = -1;
			break;
		}
out:
	free(block);
	return n == -1 ? -1 : 0;
}

/*
 * Keep the part as it was found: a synced copy under its own name, before the part is cut.  At every instant one of the
 * two holds the original bytes.
 */
static int
keep_raw(int dirfd, int part, uint64_t seq)
{
	char raw[NAMES_FILE_ROOM], tmp[NAMES_FILE_ROOM + 8];
	int fd, saved;

	names_seq_file(raw, seq, ".raw");
	if (faccessat(dirfd, raw, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	(void)snprintf(tmp, sizeof(tmp), ".%s.tmp", raw); /* within its room */
	if (fsio_remove(dirfd, tmp) == -1)
		return -1;
	fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd == -1)
		return -1;
	if (copy_data(part, fd) == -1 || fsync(fd) == -1) {
		saved = errno;
		(void)close(fd); /* what it holds does not count */
		errno = saved;
		return -1;
	}
	if (close(fd) == -1)
		return -1;
	return fsio_publish(dirfd, tmp, raw);
}

/* Cut the part to its valid prefix; one whose header is not what was written becomes an empty savefile. */
static int
cut(int part, const struct slice_record *draft, struct savefile_scan *scan)
{
	uint8_t header[SAVEFILE_HEADER_BYTES];

	if (ftruncate(part, (off_t)scan->valid_bytes) == -1)
		return -1;
	if (scan->valid_bytes == 0) {
		savefile_header(header, draft->linktype, draft->snaplen, draft->nano);
		if (lseek(part, 0, SEEK_SET) == -1 || fsio_write(part, header, sizeof(header)) == -1)
			return -1;
		scan->valid_bytes = sizeof(header);
	}
	scan->file_bytes = scan->valid_bytes;
	return 0;
}

static int
is_header_of(const struct savefile_scan *scan, const struct slice_record *draft)
{
	return scan->valid_bytes > 0 && scan->linktype == draft->linktype && scan->snaplen == draft->snaplen &&
	       scan->nano == draft->nano;
}

static int
is_zero(const uint8_t *at, size_t n)
{
	while (n > 0 && at[n - 1] == 0)
		n--;
	return n == 0;
}

/* Has the machine run on since the part was begun?  Then the kernel still has every page that was written. */
static int
is_same_boot(const struct slice_record *draft)
{
	char now[BOOTID_ROOM];

	return bootid_read(now) == 0 && strcmp(draft->open.boot_id, now) == 0;
}

/*
 * After a power cut a file can be as long as it was made, and pages of it were never written.  The last record may begin in
 * one that was and reach into one that was not: its header says a length of which not all is what was captured, whether
 * zeros follow or nothing, for what is written at a time ends with a record.  It is one of those if it is zero from the
 * beginning of the last page that it reaches into.  A frame that ends so by itself is not told from it; one that lies
 * within a page has its header there, which was written.
 * Return 1 or 0, or -1 with errno set.
 */
static int
is_torn(int part, const struct slice_record *draft, const struct savefile_scan *scan)
{
	const uint64_t start = scan->valid_bytes - scan->last_bytes, page = (scan->valid_bytes - 1) / PAGE * PAGE;
	uint8_t at[PAGE + SAVEFILE_RECORD_BYTES];
	ssize_t got;

	if (scan->frames == 0 || page <= start || (scan->valid_bytes == scan->file_bytes && is_same_boot(draft)))
		return 0;
	/* The record's bytes from the last beginning of a page on, and what stands where the next one would. */
	got = pread(part, at, (size_t)(scan->valid_bytes - page) + SAVEFILE_RECORD_BYTES, (off_t)page);
	return got == -1 ? -1 : is_zero(at, (size_t)got);
}

int
recover_mend(int dirfd, int part, const struct slice_record *draft, struct savefile_scan *scan)
{
	int torn;

	if (savefile_scan(part, draft->first_frame, draft->last_frame, scan) == -1)
		return -1;
	if (!is_header_of(scan, draft)) {
		scan->valid_bytes = scan->last_bytes = scan->frames = scan->bytes = scan->truncated_frames = 0;
		scan->first_frame = scan->last_frame = STAMP_NONE;
	}
	torn = is_torn(part, draft, scan);
	if (torn == -1)
		return -1;
	if (scan->valid_bytes == scan->file_bytes && scan->valid_bytes > 0 && !torn)
		return 0;
	/* An empty part, killed between its creation and its header, has nothing to keep. */
	if (scan->file_bytes > 0 && keep_raw(dirfd, part, draft->head.seq) == -1)
		return -1;
	if (torn)
		scan->valid_bytes -= scan->last_bytes;
	if (cut(part, draft, scan) == -1)
		return -1;
	return torn ? savefile_scan(part, draft->first_frame, draft->last_frame, scan) : 0;
}
