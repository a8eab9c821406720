#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "savefile.h"

#include "source_internal.h"

#define FRAME_ROOM 2048 /* of a ring's bytes, that a frame takes as a rule at most */
#define EARLY (STAMP_SECOND * SOURCE_RING_MS / 1000 * 2)

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
	free(s->kept.data);
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

/* Keep a copy of the first frame that is held.  Return 0, or -1 for want of room or memory: it is not held then. */
static int
keep(struct source *s, stamp_t t, const struct pcap_pkthdr *h, const u_char *data)
{
	struct kept *k = &s->kept;

	if (k->data == NULL)
		k->data = malloc(source_snaplen(s));
	if (k->is_there || k->data == NULL || h->caplen > source_snaplen(s))
		return -1;
	k->is_there = 1;
	k->time = t;
	k->caplen = h->caplen;
	k->len = h->len;
	memcpy(k->data, data, h->caplen);
	return 0;
}

/*
 * What a ring held before its door was opened is nobody's, and not counted.  All of it comes first: with the first frame of
 * another time, a later one as a rule, there is no more of it, and who sets the clock back then brings none of it back.
 */
static int
is_early(struct source *s, stamp_t t)
{
	if (s->after == STAMP_NONE)
		return 0;
	if (t >= s->before && t < s->after)
		return 1;
	s->after = STAMP_NONE;
	return 0;
}

/*
 * In a ring the next frame lies right behind this one, and another processor has written it: its headers, the ring's own
 * before them, are fetched while this one is looked at.  Where nothing lies there nothing is read, either.
 */
#define NEXT_HEADERS 192 /* bytes */
#define CACHE_LINE 64    /* another length only costs time */

static inline void
expect_next(const u_char *end)
{
	uintptr_t at = (uintptr_t)end; /* behind the ring's last frame it points nowhere, and nothing is fetched */
	size_t i;

	for (i = 0; i < NEXT_HEADERS; i += CACHE_LINE)
		__builtin_prefetch((const void *)(at + i));
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
	if (is_early(s, t))
		return;
	if (t >= s->hold && keep(s, t, h, data) == 0) {
		pcap_breakloop(s->pcap);
		return;
	}
	expect_next(data + h->caplen);
	s->counts.handed++;
	s->frame(s->cookie, t, data, h->caplen, h->len);
}

/* Hand out what was kept.  Return 1 if that was a frame, else 0. */
static int
hand_kept(struct source *s)
{
	struct kept *k = &s->kept;

	if (!k->is_there)
		return 0;
	k->is_there = 0;
	s->counts.handed++;
	s->frame(s->cookie, k->time, k->data, k->caplen, k->len);
	return 1;
}

int
source_read(struct source *s, int max, source_frame_fn *frame, void *cookie)
{
	uint64_t handed = s->counts.handed;
	int was_kept, n;

	s->frame = frame;
	s->cookie = cookie;
	if (source_is_held(s))
		return 0;
	was_kept = hand_kept(s);
	if (was_kept == max)
		return max;
	/* A break of the last call may show in this one. */
	do
		n = pcap_dispatch(s->pcap, max - was_kept, on_frame, (u_char *)s);
	while (n == PCAP_ERROR_BREAK && !s->kept.is_there);
	/* Every block of before has been handed out by now. */
	if (n == 0 && s->after != STAMP_NONE && stamp_boottime() - s->opened > EARLY)
		s->after = STAMP_NONE;
	/* What libpcap gave is not what was handed out. */
	if (n == PCAP_ERROR_BREAK || (n >= 0 && (was_kept || s->kept.is_there)))
		n = (int)(s->counts.handed - handed);
	if (n >= 0 || s->has_given_up)
		return n >= 0 ? n : 0; /* what was cut off was not wanted any more */
	diag_warnx("%s: %s", s->label, pcap_geterr(s->pcap));
	return -1;
}

void
source_hold(struct source *s, stamp_t from)
{
	s->hold = from;
	s->hold_lost = s->counts.lost;
}

int
source_is_held(const struct source *s)
{
	return s->kept.is_there && s->kept.time >= s->hold;
}

int
source_is_filling(struct source *s)
{
	if (s->fd != -1 || source_fetch_statistics(s) == -1)
		return 0;
	return s->counts.lost > s->hold_lost ||
	       (s->counts.seen - s->counts.lost - s->counts.handed) * FRAME_ROOM > s->room / 2;
}

void
source_count(struct source *s, struct source_counts *counts)
{
	if (s->fd != -1)
		s->counts.seen = s->counts.handed;
	else if (s->pcap != NULL && source_fetch_statistics(s) == -1)
		diag_debug("%s: no statistics: %s", s->label,
		    strerror(errno)); /* the interface is gone: so are its counters */
	nic_count(s->nic, &s->counts.received, &s->counts.missed);
	*counts = s->counts;
	counts->late = nic_late(s->nic);
	counts->room = s->room;
}
