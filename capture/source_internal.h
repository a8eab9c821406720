#ifndef SOURCE_INTERNAL_H
#define SOURCE_INTERNAL_H

#include <pcap/pcap.h>

#include "nic.h"
#include "source.h"

#define SOURCE_MAGIC_BYTES 4

/* A frame that libpcap has given and nobody was handed yet. */
struct kept {
	int is_there;
	stamp_t time;
	uint32_t caplen, len;
	uint8_t *data; /* room for the longest, made when first needed */
};

struct source {
	pcap_t *pcap;      /* NULL once source_leave() was called */
	const char *label; /* interface or file, borrowed */
	int nano;          /* what is handed out has nanoseconds */
	int nano_stamps;   /* what libpcap gives in tv_usec */
	/* Frames stamped in [before, after) are left out until one of another time has come; STAMP_NONE: none is. */
	stamp_t before, after;
	stamp_t opened; /* boottime of `after` */
	stamp_t since;
	struct source_counts counts;
	struct nic *nic; /* NULL for a file */
	source_frame_fn *frame;
	void *cookie;
	/* of a ring */
	uint64_t room;      /* bytes */
	stamp_t hold;       /* nothing stamped from then on is handed out */
	struct kept kept;   /* the first that was not */
	uint64_t hold_lost; /* counts.lost when that began */
	/* from a file */
	int fd;       /* -1 for a ring */
	char *buffer; /* of the stream that libpcap reads */
	struct digest *digest;
	char magic[SOURCE_MAGIC_BYTES];
	size_t magic_len, magic_done;
	int is_pcap;  /* whose seconds have 32 bits, and no sign */
	int may_wait; /* it is no regular file */
	source_wait_fn *wait;
	void *wait_cookie;
	int has_given_up;
};

/* source_live.c: add what the kernel counted since the last look.  Return 0, or -1 with errno set. */
int source_fetch_statistics(struct source *);

#endif
