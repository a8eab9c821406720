#ifndef READER_H
#define READER_H

#include "clockstate.h"
#include "conf.h"
#include "digest.h"

/*
 * The process that sees frames.  It is forked by the keeper, opens its rings, gives up every privilege for good, and only
 * then reads its first frame.  What it is to capture it learns through the channel; what it did it tells through it.
 */
struct reader_config {
	int statefd;
	const char *spool; /* absolute path: all that a reader may write to */
	const struct conf_iap *iap;
	const char *interfaces[CONF_INTERFACES_MAX]; /* those that are there */
	size_t interface_count;                      /* 0: read the file */
	int filefd;                                  /* a capture file, or -1 */
	const char *file_label, *file_name;          /* as given; base name */
	const char *config_sha256;
	const struct conf_tunnel *tunnels;
	size_t tunnel_count;
	struct clockstate_source *clock; /* borrowed; NULL: the kernel */
	const char *clock_folder;        /* where its file lies; NULL: the kernel */
	int links_down;                  /* an interface is missing or down from the start */
	int is_again;                    /* a recovery beside a reader, of what was not put in order before */
};

/**
 * reader_main(config, fd):
 * Be the reader, with ${fd} as its end of the channel, until told to stop, the last case has ended, the file is read, or
 * the keeper is gone (then everything is closed within a second).
 * Return the exit code: 0; 65 the file is no capture file or damaged; 69 an interface is gone; 71; 74 something could not
 * be stored; 77 no CAP_NET_RAW; 78 link types that differ or can not be judged.
 */
int reader_main(const struct reader_config *, int);

/**
 * recovery_main(config, fd):
 * Be a reader without a ring that puts the streams in order after a crash (recover.h) and tells what it did.
 * Return the exit code: 0, or 74 if a stream could not be put in order.
 */
int recovery_main(const struct reader_config *, int);

#endif
