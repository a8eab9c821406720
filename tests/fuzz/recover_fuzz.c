#include "recover.h"
#include "require.h"
#include "streams.h"

/*
 * Input: what a crash left of three slices that were open side by side: for each a byte that says what lies in the folder,
 * then edits {kind, offset, offset, value} of its part; then edits of the state file; what is left over stands at the end
 * of the last part.  Whatever it is: the folder is put in order or left alone as a whole, a second time changes nothing,
 * what was found stands in the raw file, and nothing that the order's window does not hold is in a slice.
 */
#define SLICES 3
#define SLICE_NS (300 * STAMP_SECOND)
#define NOW (STREAMS_T0 + STAMP_DAY / 2)
#define PART_MAX 4096

enum {
	DO_LEAVE_PART = 1,  /* else it is gone */
	DO_PUBLISH = 2,     /* the record, if there is a part */
	DO_EDIT_RECORD = 4, /* which then tells of other bytes */
	DO_RAW = 8,         /* an earlier recovery had kept the part */
	DO_TEMPORARY = 16,  /* something was on its way to a name */
	DO_CUT = 32,        /* at an offset: the next two bytes */
	DO_GAP = 64         /* published in place of the slice */
};

struct input {
	const uint8_t *at;
	size_t n;
};

struct left {
	uint8_t bytes[PART_MAX];
	size_t n;
	int is_there;
};

static struct left left[SLICES];
static int is_clean;
static unsigned events;

static void
count_event(void *cookie, const char *case_id, uint64_t seq, const char *what)
{
	events++;
}

static uint8_t
next(struct input *in)
{
	if (in->n == 0)
		return 0;
	in->n--;
	return *in->at++;
}

static size_t
next16(struct input *in)
{
	size_t high = next(in);

	return high << 8 | next(in);
}

static void
overwrite(int dirfd, const char *name, const uint8_t *data, size_t n)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);

	require(fd != -1 && fsio_write(fd, data, n) == 0);
	(void)close(fd);
}

static void
edit(struct input *in, uint8_t *data, size_t n)
{
	unsigned edits = next(in) % 8;

	for (; edits > 0; edits--) {
		size_t at = next16(in);
		uint8_t value = next(in);

		if (n > 0)
			data[at % n] = value;
	}
}

static void
remember(int dirfd, const char *name, struct left *l)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd == -1 ? -1 : read(fd, l->bytes, sizeof(l->bytes));

	l->is_there = n != -1;
	l->n = n == -1 ? 0 : (size_t)n;
	if (fd != -1)
		(void)close(fd);
}

static void
publish(struct spool *s, struct input *in, const struct slice_record *draft, unsigned what)
{
	char name[NAMES_FILE_ROOM];
	struct slice_record r = *draft;
	struct savefile_scan scan;
	struct gap_record gap;
	int fd;

	if ((what & DO_GAP) != 0) {
		/* Nobody declares a gap while there is a part: such a folder is only to be left alone. */
		is_clean &= !left[draft->head.seq - 1].is_there;
		streams_gap(&gap, draft->head.from, draft->head.to);
		gap.head.seq = draft->head.seq;
		(void)spool_commit_gap(s, &gap);
		return;
	}
	fd = openat(spool_dirfd(s), names_seq_file(name, draft->head.seq, ".part"), O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return;
	/* A record is only ever of what was written. */
	if (savefile_scan(fd, STREAMS_T0, STREAMS_T0 + STAMP_DAY, &scan) == -1 ||
	    scan.valid_bytes != scan.file_bytes || scan.snaplen != draft->snaplen ||
	    scan.linktype != draft->linktype || scan.nano != draft->nano) {
		(void)close(fd);
		return;
	}
	streams_close(fd, &r);
	if ((what & DO_EDIT_RECORD) != 0)
		r.sha256[next(in) % 64] = '0';
	(void)spool_adopt(s, &r);
}

static void
leave(struct spool *s, struct input *in, unsigned i)
{
	const struct slice_record *draft = spool_open_draft(s, i);
	char name[NAMES_FILE_ROOM];
	unsigned what = next(in);

	names_seq_file(name, i + 1, ".part");
	remember(spool_dirfd(s), name, &left[i]);
	if ((what & DO_CUT) != 0)
		left[i].n = next16(in) % (left[i].n + 1);
	edit(in, left[i].bytes, left[i].n);
	if (i + 1 == SLICES && (what & DO_CUT) == 0)
		while (in->n > 64 && left[i].n < PART_MAX)
			left[i].bytes[left[i].n++] = next(in);
	left[i].is_there = (what & DO_LEAVE_PART) != 0;
	if (left[i].is_there)
		overwrite(spool_dirfd(s), name, left[i].bytes, left[i].n);
	else
		(void)unlinkat(spool_dirfd(s), name, 0);
	/* It is kept before the part is cut, and the part stays. */
	if (left[i].is_there && (what & DO_RAW) != 0)
		overwrite(spool_dirfd(s), names_seq_file(name, i + 1, ".raw"), left[i].bytes, left[i].n);
	if ((what & DO_TEMPORARY) != 0)
		overwrite(spool_dirfd(s), ".0000000001.raw.tmp", left[i].bytes, left[i].n);
	is_clean &= (what & DO_EDIT_RECORD) == 0;
	/* Records are published in the order of numbers: the first open one alone may have one. */
	if ((what & (DO_PUBLISH | DO_GAP)) != 0 && spool_head_seq(s) == i && draft != NULL)
		publish(s, in, draft, what);
}

static void
crash(struct input *in)
{
	struct spool *s = spool_open(streams_statefd, STREAMS_CASE, STREAMS_IAP, SPOOL_LIVE, 1);
	struct left state;
	struct slice_record r;
	unsigned i;
	int fd;

	require(s != NULL && spool_claim(s) == 0);
	for (i = 0; i < SLICES; i++) {
		stamp_t from = STREAMS_T0 + i * SLICE_NS;

		streams_draft(&r, from, from + SLICE_NS);
		require(spool_take(s, &r, &fd) == 0);
		streams_fill(fd, from, i + 1);
		(void)close(fd);
	}
	for (i = 0; i < SLICES; i++)
		leave(s, in, i);
	remember(spool_dirfd(s), "state", &state);
	if ((next(in) & 1) != 0) {
		edit(in, state.bytes, state.n);
		is_clean = 0;
		overwrite(spool_dirfd(s), "state", state.bytes, state.n);
	}
	spool_close(s);
}

/* Every frame of a slice lies in the window and stood in what was left; the original stands beside it. */
static void
check_slice(int dirfd, unsigned i)
{
	static struct left slice, raw;
	char name[NAMES_FILE_ROOM];
	struct savefile_scan scan;
	int fd;

	remember(dirfd, names_seq_file(name, i + 1, ".pcap"), &slice);
	if (!slice.is_there)
		return;
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);
	require(savefile_scan(fd, STREAMS_T0, STREAMS_T0 + STAMP_DAY, &scan) == 0);
	require(scan.valid_bytes == scan.file_bytes && scan.file_bytes >= SAVEFILE_HEADER_BYTES);
	(void)close(fd);
	if (scan.frames > 0)
		require(slice.n <= left[i].n && memcmp(slice.bytes, left[i].bytes, slice.n) == 0);
	remember(dirfd, names_seq_file(name, i + 1, ".raw"), &raw);
	if (slice.n != left[i].n && left[i].n > 0)
		require(raw.is_there && raw.n == left[i].n && memcmp(raw.bytes, left[i].bytes, raw.n) == 0);
}

static void
check_untouched(void)
{
	char path[256];
	unsigned i;
	int dirfd;

	(void)snprintf(path, sizeof(path), "spool/%s/%s", STREAMS_CASE, STREAMS_IAP);
	dirfd = openat(streams_statefd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(dirfd != -1);
	for (i = 0; i < SLICES; i++)
		check_slice(dirfd, i);
	(void)close(dirfd);
}

static void
clear_away(void)
{
	(void)scratch_teardown(NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct input in = {input, n};
	static int nowhere;
	int first;

	if (scratch_dir[0] == '\0') {
		(void)snprintf(scratch_dir, sizeof(scratch_dir), "/dev/shm/casetap-recover-fuzz-XXXXXX");
		require(mkdtemp(scratch_dir) != NULL);
		nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		require(atexit(clear_away) == 0);
	}
	(void)streams_set_up(NULL);
	diag_capture(nowhere);
	is_clean = 1;
	crash(&in);
	first = recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, count_event, NULL);
	check_untouched();
	if (is_clean) {
		require(first == 0);
		require(streams_check(STREAMS_CASE) == SLICES);
	}
	events = 0;
	require(recover_iap(&(struct recover_config){streams_statefd, STREAMS_IAP, NOW, NULL, 0}, count_event,
		    NULL) == first);
	if (first == 0)
		require(events == 0);
	check_untouched();
	(void)streams_tear_down(NULL);
	return 0;
}
