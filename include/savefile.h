#ifndef SAVEFILE_H
#define SAVEFILE_H

#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

/*
 * The pcap savefile as we write it (pcap-savefile(5), draft-ietf-opsawg-pcap): version 2.4, the byte order of the host
 * that is little-endian on every supported machine, micro or nano magic, no thiszone.  Only this form is a slice;
 * everything else that libpcap reads (swapped, pcapng, modified) is a source, not a slice.
 */
#define SAVEFILE_HEADER_BYTES 24
#define SAVEFILE_RECORD_BYTES 16
#define SAVEFILE_MAX_CAPLEN (512 * 1024)

/* Fill the file header / a record header. */
void savefile_header(uint8_t[SAVEFILE_HEADER_BYTES], uint32_t, uint32_t, int);          /* link type, snaplen, nano */
void savefile_record(uint8_t[SAVEFILE_RECORD_BYTES], stamp_t, uint32_t, uint32_t, int); /* time, caplen, len, nano */

struct savefile_scan {
	uint32_t linktype, snaplen;
	int nano;
	uint64_t frames, bytes, truncated_frames; /* of the valid prefix */
	uint64_t valid_bytes; /* length of the longest valid prefix, header included; 0 if the header itself is bad */
	uint64_t last_bytes;  /* of it the last record */
	uint64_t file_bytes;
	stamp_t first_frame, last_frame; /* smallest and largest time stamp; STAMP_NONE if empty */
};

/**
 * savefile_scan(fd, not_before, not_after, scan):
 * Walk the file from its start and find its longest prefix of whole, plausible records: caplen <= len,
 * caplen <= min(snaplen, SAVEFILE_MAX_CAPLEN), len > 0, the fraction in range, the time within [not_before, not_after)
 * (STAMP_NONE: any).  A zero-filled tail is not packets.  Reads with pread in blocks, at most 1 MiB of memory.
 * Return 0, or -1 with errno set on I/O errors only; what is wrong with the file shows as valid_bytes < file_bytes.
 */
int savefile_scan(int, stamp_t, stamp_t, struct savefile_scan *);

#endif
