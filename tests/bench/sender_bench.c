#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * sender_bench IFACE FILE PPS FRAMES: send the first 20,000 frames of a pcap file over and over, FRAMES in all, at a rate
 * (0: flat out).  Prints how many frames a second went out, and what one cost the sender: on a veth pair that is where the
 * receiver's filter and the copy into its ring run, so a receiver that is too slow in the kernel shows as a lower rate.
 */
#define LOADED_MAX 20000
#define BATCH 64
#define HEADER 24
#define RECORD 16

struct frame {
	uint8_t *data;
	uint32_t len;
};

static struct frame frames[LOADED_MAX];
static size_t loaded;

static double
seconds(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) == -1)
		err(1, "clock");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double
cpu_seconds(void)
{
	struct rusage u;

	if (getrusage(RUSAGE_SELF, &u) == -1)
		err(1, "getrusage");
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void
load(const char *path)
{
	uint8_t header[HEADER];
	uint32_t record[RECORD / 4];
	FILE *f = fopen(path, "rb");

	if (f == NULL || fread(header, sizeof(header), 1, f) != 1)
		err(1, "%s", path);
	while (loaded < LOADED_MAX && fread(record, sizeof(record), 1, f) == 1) {
		struct frame *to = &frames[loaded++];

		to->len = record[2];
		to->data = malloc(to->len + 1);
		if (to->data == NULL || fread(to->data, to->len, 1, f) != 1)
			errx(1, "%s: torn", path);
	}
	(void)fclose(f); /* only read from */
	if (loaded == 0)
		errx(1, "%s: empty", path);
}

static int
open_socket(const char *interface)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0), on = 1, room = 8 << 20; /* protocol 0: it never receives */
	struct sockaddr_ll at;

	memset(&at, 0, sizeof(at));
	at.sll_family = AF_PACKET;
	at.sll_ifindex = (int)if_nametoindex(interface);
	if (fd == -1 || at.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1)
		err(1, "%s", interface);
	if (setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)) == -1)
		err(1, "%s", interface);
	return fd;
}

/* Send ${n} <= BATCH frames, the first of which is the ${at}th. */
static void
send_some(int fd, uint64_t at, unsigned n)
{
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	unsigned i, done = 0;
	int rc;

	memset(messages, 0, sizeof(messages));
	for (i = 0; i < n; i++) {
		struct frame *f = &frames[(at + i) % loaded];

		vectors[i].iov_base = f->data;
		vectors[i].iov_len = f->len;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (done < n) {
		rc = sendmmsg(fd, messages + done, n - done, 0);
		if (rc == -1 && errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			err(1, "send");
		done += rc > 0 ? (unsigned)rc : 0;
	}
}

int
main(int argc, char **argv)
{
	uint64_t count, sent, n;
	double pps, begin, took;
	int fd;

	if (argc != 5)
		errx(64, "usage: sender_bench IFACE FILE PPS FRAMES");
	load(argv[2]);
	pps = atof(argv[3]);
	count = strtoull(argv[4], NULL, 10);
	fd = open_socket(argv[1]);
	begin = seconds();
	for (sent = 0; sent < count; sent += n) {
		while (pps > 0 && seconds() < begin + (double)sent / pps)
			; /* spins: a sleep is too coarse */
		n = pps > 0 && pps < 20000.0 * BATCH ? 1 + (uint64_t)(pps / 20000) : BATCH;
		if (n > count - sent)
			n = count - sent;
		send_some(fd, sent, (unsigned)n);
	}
	took = seconds() - begin;
	printf("{\"sent\": %llu, \"pps\": %.0f, \"ns\": %.1f}\n", (unsigned long long)sent, (double)sent / took,
	    cpu_seconds() / (double)sent * 1e9);
	return 0;
}
