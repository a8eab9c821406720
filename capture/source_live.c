#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "diag.h"

#include "kfilter.h"

#include "source_internal.h"

#define SETTLE_NS 2000000L       /* longer than a frame is on its way between its time stamp and the filter */
#define BIND (STAMP_SECOND / 20) /* so old may be what a socket gets first */

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

int
source_fetch_statistics(struct source *s)
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
	if (source_fetch_statistics(s) == -1)
		return -1;
	memset(&s->counts, 0, sizeof(s->counts));
	s->after = stamp_now();
	s->opened = stamp_boottime();
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

/* libpcap makes a ring smaller that there is no memory for, and does not say so: the mapping does.  0: not to be told. */
static uint64_t
ring_size(const struct source *s)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long long from, to, inode;
	unsigned int major, minor;
	uint64_t size = 0;
	struct stat st;
	char line[512];

	if (maps == NULL)
		return 0;
	if (fstat(pcap_fileno(s->pcap), &st) == 0) {
		while (fgets(line, sizeof(line), maps) != NULL) {
			/* A file elsewhere may have the socket's number too. */
			if (sscanf(line, "%llx-%llx %*s %*s %x:%x %llu", &from, &to, &major, &minor, &inode) == 5 &&
			    inode == st.st_ino && makedev(major, minor) == st.st_dev)
				size += to - from;
		}
	}
	(void)fclose(maps); /* only read */
	return size;
}

/* What the ring became counts, whatever was asked for. */
static void
take_room(struct source *s, uint64_t asked)
{
	uint64_t size = ring_size(s);

	s->room = size == 0 ? asked : size;
	if (size != 0 && size < asked / 10 * 9)
		diag_warnx("%s: no memory for a ring of %llu bytes: it has %llu", s->label, (unsigned long long)asked,
		    (unsigned long long)size);
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

/*
 * Of what the machine sends to itself libpcap throws the copy on the way out away, after the kernel counted it: so the
 * kernel shall not make it.  One that can not (before Linux 4.20) counts each frame twice, as it did.
 */
static void
ignore_copies(const struct source *s)
{
	int on = 1;

	if (strcmp(s->label, "lo") == 0 &&
	    setsockopt(pcap_fileno(s->pcap), SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) == -1)
		diag_warn("%s: each frame is counted twice, and once as lost", s->label);
}

struct source *
source_open_ring(const struct source_ring *ring, int *status)
{
	char error[PCAP_ERRBUF_SIZE] = "out of memory";
	struct source *s = calloc(1, sizeof(*s));

	*status = EX_OSERR;
	if (s != NULL) {
		s->fd = -1;
		s->hold = INT64_MAX;
		s->label = ring->interface;
		s->nano = s->nano_stamps = ring->nano;
		s->pcap = pcap_create(ring->interface, error);
	}
	if (s == NULL || s->pcap == NULL || configure(s, ring) == -1) {
		diag_errx("%s: %s", ring->interface, error);
		goto fail;
	}
	s->before = stamp_now() - BIND;
	*status = activate(s);
	if (*status != EX_OK)
		goto fail;
	take_room(s, ring->bytes);
	ignore_copies(s);
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

int
source_filter(struct source *s, const struct kfilter *filter)
{
	return filter == NULL ? take_all(s) : kfilter_attach(filter, pcap_fileno(s->pcap));
}

void
source_leave(struct source *s)
{
	source_shut(s);
	if (source_fetch_statistics(s) == -1)
		diag_debug("%s: no statistics: %s", s->label, strerror(errno));
	pcap_close(s->pcap);
	s->pcap = NULL;
}

void
source_shut(struct source *s)
{
	if (s->pcap == NULL)
		return;
	if (s->fd == -1 && take_nothing(s) == -1)
		diag_warn("%s: packet socket", s->label);
	else if (s->fd == -1)
		settle();
}
