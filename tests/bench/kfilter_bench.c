#include <sys/ioctl.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pcap/pcap.h>

#include "kfilter.h"

/*
 * What does a frame of nobody's cost in the kernel?  Frames go in through a tap in a network namespace of our own, past
 * SOCKETS packet sockets with the filter; what that takes longer than with one that takes nothing is the filter's.  The
 * candidates take turns, round after round.  Every frame is of a neighbour, an address within the subjects' range.
 */
#define SOCKETS 4
#define ROUNDS 9
#define FRAMES 8192 /* different ones */
#define PASSES 20
#define NETWORK 0xc6330000U /* 198.51.0.0, of whose addresses every 13th is a subject's */
#define STEP 13
#define FRAME_SIZE 64
#define N_MAX 1000

static uint8_t frames[FRAMES][FRAME_SIZE];
static int sockets[SOCKETS], tap;

struct candidate {
	const char *name;
	size_t n;
	struct sock_filter *program;
	size_t count;
	double build_ms, cost[ROUNDS], goal;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t) == -1)
		err(1, "clock");
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint32_t
dice(uint32_t sides)
{
	static uint64_t state = 7;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)((state >> 33) % sides);
}

static void
put32(uint8_t *at, uint32_t v)
{
	v = htonl(v);
	memcpy(at, &v, sizeof(v));
}

static void
make_frames(void)
{
	uint32_t neighbour, stranger;
	size_t i;

	for (i = 0; i < FRAMES; i++) {
		uint8_t *f = frames[i];

		neighbour = NETWORK + dice(N_MAX) * STEP + 1 + dice(STEP - 1);
		stranger = 0x01000000U + dice(0x7fffffff);
		memset(f, 2, 12);
		f[12] = 8;
		f[14] = 0x45;
		f[17] = FRAME_SIZE - 14;
		f[22] = 64;
		f[23] = 17;
		put32(f + 26, i % 2 ? neighbour : stranger);
		put32(f + 30, i % 2 ? stranger : neighbour);
	}
}

static void
set_up(void)
{
	struct sockaddr_ll at;
	struct ifreq request;
	int fd, i;

	if (unshare(CLONE_NEWNET) == -1)
		err(77, "a network namespace of our own needs root");
	tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	memset(&request, 0, sizeof(request));
	request.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (tap == -1 || ioctl(tap, TUNSETIFF, &request) == -1)
		err(77, "/dev/net/tun");
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	request.ifr_flags = IFF_UP | IFF_NOARP;
	if (fd == -1 || ioctl(fd, SIOCSIFFLAGS, &request) == -1 || ioctl(fd, SIOCGIFINDEX, &request) == -1)
		err(1, "%s", request.ifr_name);
	(void)close(fd); /* nothing went through it */
	memset(&at, 0, sizeof(at));
	at.sll_family = AF_PACKET;
	at.sll_protocol = htons(ETH_P_ALL);
	at.sll_ifindex = request.ifr_ifindex;
	for (i = 0; i < SOCKETS; i++) {
		sockets[i] = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
		if (sockets[i] == -1 || bind(sockets[i], (struct sockaddr *)&at, sizeof(at)) == -1)
			err(1, "packet socket");
	}
}

static double
run(struct sock_filter *program, size_t count)
{
	struct sock_fprog prog = {(unsigned short)count, program};
	double begin;
	size_t i, pass;

	for (i = 0; i < SOCKETS; i++) {
		if (setsockopt(sockets[i], SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) == -1)
			err(1, "%zu instructions", count);
	}
	begin = 0;
	for (pass = 0; pass <= PASSES; pass++) {
		if (pass == 1)
			begin = seconds(CLOCK_THREAD_CPUTIME_ID);
		for (i = 0; i < FRAMES; i++) {
			if (write(tap, frames[i], FRAME_SIZE) != FRAME_SIZE)
				err(1, "tap");
		}
	}
	return (seconds(CLOCK_THREAD_CPUTIME_ID) - begin) / FRAMES / PASSES * 1e9;
}

static void
build_tree(struct candidate *c)
{
	static struct order_prefix prefixes[N_MAX];
	struct order order;
	const struct order *orders[] = {&order};
	const struct sock_filter *program;
	struct kfilter *k;
	double begin;
	size_t i;

	memset(&order, 0, sizeof(order));
	order.prefixes = prefixes;
	for (i = 0; i < c->n; i++) {
		struct order_prefix *p = &prefixes[order.prefix_count++];

		p->family = 4;
		p->bits = 32;
		put32(p->addr, NETWORK + (uint32_t)(i * (N_MAX / c->n)) * STEP);
	}
	begin = seconds(CLOCK_MONOTONIC);
	k = kfilter_new(orders, 1, 1);
	c->build_ms = (seconds(CLOCK_MONOTONIC) - begin) * 1e3;
	if (k == NULL)
		err(1, "filter");
	program = kfilter_program(k, &c->count);
	c->program = calloc(c->count + 1, sizeof(*c->program));
	if (c->program == NULL || c->count == 0)
		errx(1, "%s", kfilter_text(k));
	memcpy(c->program, program, c->count * sizeof(*program));
	kfilter_free(k);
}

static void
build_pcap(struct candidate *c)
{
	pcap_t *p = pcap_open_dead(DLT_EN10MB, 262144);
	char *text = malloc(c->n * 40 + 1), *at = text;
	struct bpf_program bpf;
	double begin;
	size_t i;

	if (p == NULL || text == NULL)
		err(1, "libpcap");
	for (i = 0; i < c->n; i++) {
		uint32_t a = NETWORK + (uint32_t)(i * (N_MAX / c->n)) * STEP;

		at += sprintf(
		    at, "%shost %u.%u.%u.%u", i == 0 ? "" : " or ", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
	}
	begin = seconds(CLOCK_MONOTONIC);
	if (pcap_compile(p, &bpf, text, 1, PCAP_NETMASK_UNKNOWN) == -1)
		errx(1, "libpcap: %s", pcap_geterr(p));
	c->build_ms = (seconds(CLOCK_MONOTONIC) - begin) * 1e3;
	c->count = bpf.bf_len;
	c->program = (struct sock_filter *)(void *)bpf.bf_insns;
	free(text);
	pcap_close(p);
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
main(int argc, char **argv)
{
	struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
	struct candidate all[] = {{.name = "tree", .n = 1}, {.name = "tree", .n = 10},
	    {.name = "tree", .n = 100, .goal = 20}, {.name = "tree", .n = 1000, .goal = 100},
	    {.name = "libpcap", .n = 1}, {.name = "libpcap", .n = 10}, {.name = "libpcap", .n = 100}};
	size_t i, n = sizeof(all) / sizeof(all[0]);
	int round, missed = 0;
	double floor;

	make_frames();
	for (i = 0; i < n; i++)
		strcmp(all[i].name, "tree") == 0 ? build_tree(&all[i]) : build_pcap(&all[i]);
	set_up();
	for (round = 0; round < ROUNDS; round++) {
		floor = run(nothing, 1);
		for (i = 0; i < n; i++)
			all[i].cost[round] = (run(all[i].program, all[i].count) - floor) / SOCKETS;
	}
	printf("%-8s %5s %12s %9s %9s %6s\n", "filter", "hosts", "instructions", "built ms", "ns/frame", "goal");
	for (i = 0; i < n; i++) {
		qsort(all[i].cost, ROUNDS, sizeof(all[i].cost[0]), compare);
		printf("%-8s %5zu %12zu %9.2f %9.1f ", all[i].name, all[i].n, all[i].count, all[i].build_ms,
		    all[i].cost[ROUNDS / 2]);
		if (all[i].goal > 0)
			printf("<= %3.0f %s", all[i].goal, all[i].cost[ROUNDS / 2] <= all[i].goal ? "met" : "MISSED");
		printf("\n");
		missed |= all[i].goal > 0 && all[i].cost[ROUNDS / 2] > all[i].goal;
	}
	return missed;
}
