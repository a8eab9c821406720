#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "diag.h"
#include "fsio.h"
#include "savefile.h"

#include "kfilter.h"
#include "nic.h"

#include "source.h"

#define SETTLE_NS 2000000L /* longer than a frame is on its way between its time stamp and the filter */
#define MAGIC_BYTES 4
#define MAGIC_NANO UINT32_C(0xa1b23c4d)
#define MAGIC_PCAPNG UINT32_C(0x0a0d0d0a)
#define BLOCK_BYTES ((size_t)64 * 1024)
#define BUFFER_BYTES ((size_t)256 * 1024)
#define WAIT_MS 100

struct source {
	pcap_t *pcap;
	const char *label; /* interface or file, borrowed */
	int nano;          /* what is handed out has nanoseconds */
	int nano_stamps;   /* what libpcap gives in tv_usec */
	stamp_t after;     /* frames stamped before are left out */
	stamp_t since;
	struct source_counts counts;
	struct nic *nic; /* NULL for a file */
	source_frame_fn *frame;
	void *cookie;
	/* from a file */
	int fd;       /* -1 for a ring */
	char *buffer; /* of the stream that libpcap reads */
	struct digest *digest;
	char magic[MAGIC_BYTES];
	size_t magic_len, magic_done;
	int is_pcap;  /* whose seconds have 32 bits, and no sign */
	int may_wait; /* it is no regular file */
	source_wait_fn *wait;
	void *wait_cookie;
	int has_given_up;
};

static void
settle(void)
{
	const struct timespec pause = {0, SETTLE_NS};

	(void)nanosleep(&pause, NULL); /* a signal only makes the next line come earlier */
}

/* A kernel filter that takes nothing.  Set directly: pcap_setfilter would lose frames uncounted. */
static int
take_nothing(struct source *s)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	struct sock_fprog prog = {1, code};

	return setsockopt(pcap_fileno(s->pcap), SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* Take everything: our own matcher decides. */
static int
take_all(struct source *s)
{
	int unused = 0, fd = pcap_fileno(s->pcap);

	return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof(unused)) == 0 || errno == ENOENT ? 0 : -1;
}

static int
fetch_statistics(struct source *s)
{
	struct tpacket_stats_v3 st;
	socklen_t n = sizeof(st);

	memset(&st, 0, sizeof(st));
	if (getsockopt(pcap_fileno(s->pcap), SOL_PACKET, PACKET_STATISTICS, &st, &n) == -1)
		return -1;
	s->counts.seen += st.tp_packets;
	s->counts.lost += st.tp_drops;
	return 0;
}

/*
 * Find a moment from which on counters and frames agree.  Between bind and ring some frames are counted and never seen:
 * so the door is shut, the counters are cleared, and it is opened again; what is in the ring by then is older than `after`.
 */
static int
begin(struct source *s)
{
	if (take_nothing(s) == -1)
		return -1;
	settle();
	if (fetch_statistics(s) == -1)
		return -1;
	memset(&s->counts, 0, sizeof(s->counts));
	s->after = stamp_now();
	settle();
	nic_begin(s->nic);
	if (take_all(s) == -1)
		return -1;
	s->since = stamp_now();
	return 0;
}

static int
configure(struct source *s, const struct source_ring *ring)
{
	int bytes = ring->bytes > INT_MAX ? INT_MAX : (int)ring->bytes;
	int precision = ring->nano ? PCAP_TSTAMP_PRECISION_NANO : PCAP_TSTAMP_PRECISION_MICRO;

	return pcap_set_snaplen(s->pcap, (int)ring->snaplen) != 0 || pcap_set_promisc(s->pcap, 1) != 0 ||
		       pcap_set_timeout(s->pcap, SOURCE_RING_MS) != 0 || pcap_set_buffer_size(s->pcap, bytes) != 0 ||
		       pcap_set_tstamp_precision(s->pcap, precision) != 0
		   ? -1
		   : 0;
}

/* Activate, and say once what went wrong.  Return an exit code. */
static int
activate(struct source *s)
{
	char error[PCAP_ERRBUF_SIZE];
	int rc = pcap_activate(s->pcap);

	switch (rc) {
	case PCAP_ERROR_PERM_DENIED:
	case PCAP_ERROR_PROMISC_PERM_DENIED:
		diag_errx("%s: no packet socket: needs CAP_NET_RAW", s->label);
		return EX_NOPERM;
	case PCAP_ERROR_NO_SUCH_DEVICE:
	case PCAP_ERROR_IFACE_NOT_UP:
		diag_warnx("%s: %s", s->label, pcap_statustostr(rc));
		return EX_UNAVAILABLE;
	default:
		break;
	}
	if (rc < 0) {
		diag_errx("%s: %s: %s", s->label, pcap_statustostr(rc), pcap_geterr(s->pcap));
		return EX_OSERR;
	}
	if (rc > 0)
		diag_warnx("%s: %s", s->label, pcap_statustostr(rc));
	if (pcap_setnonblock(s->pcap, 1, error) == -1) {
		diag_errx("%s: %s", s->label, error);
		return EX_OSERR;
	}
	return EX_OK;
}

struct source *
source_open_ring(const struct source_ring *ring, int *status)
{
	char error[PCAP_ERRBUF_SIZE] = "out of memory";
	struct source *s = calloc(1, sizeof(*s));

	*status = EX_OSERR;
	if (s != NULL) {
		s->fd = -1;
		s->label = ring->interface;
		s->nano = s->nano_stamps = ring->nano;
		s->pcap = pcap_create(ring->interface, error);
	}
	if (s == NULL || s->pcap == NULL || configure(s, ring) == -1) {
		diag_errx("%s: %s", ring->interface, error);
		goto fail;
	}
	*status = activate(s);
	if (*status != EX_OK)
		goto fail;
	s->nic = nic_open(ring->interface); /* without it, nobody counts what the interface drops */
	if (begin(s) == -1) {
		*status = EX_OSERR;
		diag_err("%s: packet socket", ring->interface);
		goto fail;
	}
	return s;
fail:
	source_close(s);
	return NULL;
}

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

void
source_close(struct source *s)
{
	int saved = errno;

	if (s == NULL)
		return;
	if (s->pcap != NULL)
		pcap_close(s->pcap);
	if (s->fd != -1)
		(void)close(s->fd); /* only read from */
	nic_close(s->nic);
	digest_free(s->digest);
	free(s->buffer);
	free(s);
	errno = saved;
}

void
source_on_wait(struct source *s, source_wait_fn *wait, void *cookie)
{
	s->wait = wait;
	s->wait_cookie = cookie;
}

int
source_fd(const struct source *s)
{
	return s->fd != -1 ? -1 : pcap_get_selectable_fd(s->pcap);
}

uint32_t
source_linktype(const struct source *s)
{
	int dlt = pcap_datalink(s->pcap);

	/* In a file raw IP is 101 on every system, while the number that libpcap gives is the system's own. */
	return dlt == DLT_RAW ? 101 : (uint32_t)dlt;
}

uint32_t
source_snaplen(const struct source *s)
{
	int snaplen = pcap_snapshot(s->pcap);

	return snaplen > 0 && snaplen < SAVEFILE_MAX_CAPLEN ? (uint32_t)snaplen : SAVEFILE_MAX_CAPLEN;
}

int
source_nano(const struct source *s)
{
	return s->nano;
}

stamp_t
source_since(const struct source *s)
{
	return s->since;
}

static void
on_frame(u_char *cookie, const struct pcap_pkthdr *h, const u_char *data)
{
	struct source *s = (struct source *)(void *)cookie;
	stamp_t t, fraction = s->nano_stamps ? h->ts.tv_usec : (stamp_t)h->ts.tv_usec * 1000, seconds = h->ts.tv_sec;

	/* libpcap takes a pcap file's seconds for signed: from 2038 on they would be in 1901. */
	if (s->is_pcap && seconds < 0)
		seconds += INT64_C(1) << 32;
	/* A file may say anything: what is no time of ours belongs to no order's window. */
	if (__builtin_mul_overflow(seconds, STAMP_SECOND, &t) || __builtin_add_overflow(t, fraction, &t))
		t = INT64_MAX - 1; /* an end behind the last frame can still be told */
	if (t < s->after)
		return;
	s->counts.handed++;
	s->frame(s->cookie, t, data, h->caplen, h->len);
}

int
source_read(struct source *s, int max, source_frame_fn *frame, void *cookie)
{
	int n;

	s->frame = frame;
	s->cookie = cookie;
	n = pcap_dispatch(s->pcap, max, on_frame, (u_char *)s);
	if (n >= 0 || s->has_given_up)
		return n >= 0 ? n : 0; /* what was cut off was not wanted any more */
	diag_warnx("%s: %s", s->label, pcap_geterr(s->pcap));
	return -1;
}

void
source_count(struct source *s, struct source_counts *counts)
{
	if (s->fd != -1)
		s->counts.seen = s->counts.handed;
	else if (fetch_statistics(s) == -1)
		diag_debug("%s: no statistics: %s", s->label,
		    strerror(errno)); /* the interface is gone: so are its counters */
	nic_count(s->nic, &s->counts.received, &s->counts.missed);
	*counts = s->counts;
}

int
source_filter(struct source *s, const struct kfilter *filter)
{
	return filter == NULL ? take_all(s) : kfilter_attach(filter, pcap_fileno(s->pcap));
}

void
source_shut(struct source *s)
{
	if (s->fd == -1 && take_nothing(s) == -1)
		diag_warn("%s: packet socket", s->label);
	else if (s->fd == -1)
		settle();
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
