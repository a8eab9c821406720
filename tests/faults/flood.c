#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

/*
 * flood IFACE PPS SECONDS SIZE WEIGHT...: frames of 198.51.100.7, .8 and so on, each as many in turn as its weight, each
 * with the next number of its host in its payload.  PPS 0: as fast as it goes.  Prints how many of each host were sent.
 * What send.py does, a hundred times as fast.
 */
#define BATCH 64
#define HOSTS 8
#define HEADERS 42
#define SIZE_MAX_ 1514
#define NS 1000000000LL

struct flood {
	int fd;
	double pps;
	size_t size;
	unsigned weights[HOSTS];
	size_t hosts;
	size_t host; /* whose turn it is */
	unsigned turn;
	uint64_t sent[HOSTS], total;
	uint8_t frames[BATCH][SIZE_MAX_];
};

static int64_t
now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* can not fail for this clock */
	return ts.tv_sec * NS + ts.tv_nsec;
}

static void
make_frame(struct flood *f, uint8_t *p)
{
	static const uint8_t head[HEADERS] = {2, 0, 0, 0, 0, 0x22, 2, 0, 0, 0, 0, 0x11, 8, 0, 0x45, 0, 0, 0, 0, 0, 0,
	    0, 64, 17, 0, 0, 198, 51, 100, 7, 203, 0, 113, 9, 3, 0xe8, 7, 0xd0, 0, 0, 0, 0};
	size_t ip = f->size - 14, udp = ip - 20, i;
	uint32_t sum = 0;
	char number[32];

	memcpy(p, head, sizeof(head));
	p[16] = (uint8_t)(ip >> 8);
	p[17] = (uint8_t)ip;
	p[29] = (uint8_t)(7 + f->host);
	for (i = 14; i < 34; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	sum = ~((sum & 0xffff) + (sum >> 16));
	p[24] = (uint8_t)(sum >> 8);
	p[25] = (uint8_t)sum;
	p[38] = (uint8_t)(udp >> 8);
	p[39] = (uint8_t)udp;
	(void)snprintf(
	    number, sizeof(number), "%c%015llu", (char)('A' + f->host), (unsigned long long)f->sent[f->host]);
	memcpy(p + HEADERS, number, 16);
	f->sent[f->host]++;
	if (++f->turn >= f->weights[f->host]) {
		f->turn = 0;
		f->host = (f->host + 1) % f->hosts;
	}
}

static int
send_batch(struct flood *f)
{
	struct mmsghdr messages[BATCH];
	struct iovec at[BATCH];
	unsigned i, done;
	int n;

	memset(messages, 0, sizeof(messages));
	for (i = 0; i < BATCH; i++) {
		make_frame(f, f->frames[i]);
		at[i].iov_base = f->frames[i];
		at[i].iov_len = f->size;
		messages[i].msg_hdr.msg_iov = &at[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (done = 0; done < BATCH; done += (unsigned)n) {
		n = sendmmsg(f->fd, messages + done, BATCH - done, 0);
		if (n == -1 && (errno == ENOBUFS || errno == EINTR || errno == EAGAIN))
			n = 0;
		if (n == -1)
			return -1;
	}
	f->total += BATCH;
	return 0;
}

static int
run(struct flood *f, int64_t seconds)
{
	const struct timespec pause = {0, 200000};
	int64_t begin = now(), t;

	while ((t = now() - begin) < seconds * NS) {
		if (f->pps > 0 && (double)f->total > f->pps * (double)t / NS) {
			(void)nanosleep(&pause, NULL);
			continue;
		}
		if (send_batch(f) == -1)
			return -1;
	}
	return 0;
}

static int
open_interface(const char *name)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(name)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), one = 1;

	if (fd == -1 || address.sll_ifindex == 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) == -1)
		return -1;
	(void)setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)); /* only faster */
	return fd;
}

int
main(int argc, char **argv)
{
	static struct flood f;
	size_t i;

	if (argc < 6 || argc > 5 + HOSTS) {
		(void)fprintf(stderr, "usage: flood IFACE PPS SECONDS SIZE WEIGHT...\n");
		return EX_USAGE;
	}
	f.pps = strtod(argv[2], NULL);
	f.size = strtoul(argv[4], NULL, 10);
	if (f.size < HEADERS + 16 || f.size > SIZE_MAX_)
		return EX_USAGE;
	f.hosts = (size_t)argc - 5;
	for (i = 0; i < f.hosts; i++)
		f.weights[i] = (unsigned)strtoul(argv[5 + i], NULL, 10);
	f.fd = open_interface(argv[1]);
	if (f.fd == -1 || run(&f, strtol(argv[3], NULL, 10)) == -1) {
		(void)fprintf(stderr, "flood: %s: %s\n", argv[1], strerror(errno));
		return EX_OSERR;
	}
	for (i = 0; i < f.hosts; i++)
		(void)printf("%llu\n", (unsigned long long)f.sent[i]);
	return EX_OK;
}
