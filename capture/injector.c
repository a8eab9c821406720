#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "diag.h"

#include "craft.h"
#include "kfilter.h"
#include "source.h"

#include "injector.h"

#define LINK_ETHERNET 1
#define READ_MAX 1024 /* frames of a ring at one look */
#define TRIES 50
#define PAUSE_MS 2

struct injector {
	int out;
	struct source *rings[CONF_INTERFACES_MAX];
	int arrivals[CONF_INTERFACES_MAX];
	size_t count;
	injector_fn *fn;
	void *cookie;
};

/* Only frames with a MAC address of the self-test's own: those of nobody else are seen. */
static int
take_own(int fd)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CRAFT_MAC_PREFIX, 2, 0),
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 6),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CRAFT_MAC_PREFIX, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog prog = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog));
}

/* A packet socket on ${interface}: to send from, or to see what arrives of the self-test's. */
static int
open_socket(const char *interface, int is_arrival)
{
	struct sockaddr_ll ll = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
	int saved, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd == -1)
		return -1;
	if (ll.sll_ifindex == 0)
		goto fail;
	if (is_arrival) {
		ll.sll_protocol = htons(ETH_P_ALL);
		if (take_own(fd) == -1)
			goto fail;
	}
	if (bind(fd, (struct sockaddr *)&ll, sizeof(ll)) == 0)
		return fd;
fail:
	saved = errno;
	(void)close(fd); /* nothing was sent */
	errno = saved;
	return -1;
}

static int
status_of(int error)
{
	if (error == EPERM || error == EACCES)
		return EX_NOPERM;
	return error == ENODEV || error == ENXIO || error == ENETDOWN ? EX_UNAVAILABLE : EX_OSERR;
}

static int
open_interface(struct injector *in, const struct injector_config *c, const char *interface, int *status)
{
	const struct source_ring ring = {interface, c->iap->ring_bytes, c->iap->snaplen, 0};
	size_t i = in->count;

	in->rings[i] = source_open_ring(&ring, status);
	if (in->rings[i] == NULL)
		return -1;
	in->count++;
	if (source_linktype(in->rings[i]) != LINK_ETHERNET) {
		diag_errx("%s: has no Ethernet frames: the self-test makes no others", interface);
		*status = EX_CONFIG;
		return -1;
	}
	if (source_filter(in->rings[i], c->filter) == -1)
		diag_warn("%s: no kernel filter (net.core.optmem_max): every frame is looked at", interface);
	in->arrivals[i] = open_socket(interface, 1);
	if (in->arrivals[i] != -1)
		return 0;
	*status = status_of(errno);
	diag_err("%s", interface);
	return -1;
}

struct injector *
injector_open(const struct injector_config *c, int *status)
{
	struct injector *in = calloc(1, sizeof(*in));
	size_t i;

	*status = EX_OSERR;
	if (in == NULL) {
		diag_err("self-test");
		return NULL;
	}
	for (i = 0; i < CONF_INTERFACES_MAX; i++)
		in->arrivals[i] = -1;
	in->out = open_socket(c->out, 0);
	if (in->out == -1) {
		*status = status_of(errno);
		diag_err("%s", c->out);
		goto fail;
	}
	for (i = 0; i < c->count; i++) {
		if (open_interface(in, c, c->interfaces[i], status) == -1)
			goto fail;
	}
	*status = EX_OK;
	return in;
fail:
	injector_close(in);
	return NULL;
}

void
injector_close(struct injector *in)
{
	size_t i;

	if (in == NULL)
		return;
	for (i = 0; i < CONF_INTERFACES_MAX; i++) {
		source_close(in->rings[i]);
		if (in->arrivals[i] != -1)
			(void)close(in->arrivals[i]); /* only read from */
	}
	if (in->out != -1)
		(void)close(in->out); /* what was sent is on its way */
	free(in);
}

int
injector_send(struct injector *in, const uint8_t *data, uint32_t n)
{
	struct pollfd none = {-1, 0, 0};
	int i;

	for (i = 0; i < TRIES; i++) {
		if (send(in->out, data, n, 0) == (ssize_t)n)
			return 0;
		if (errno != ENOBUFS && errno != EAGAIN && errno != EINTR)
			return -1;
		(void)poll(&none, 1, PAUSE_MS); /* the queue drains by itself */
	}
	return -1;
}

static void
on_ring(void *cookie, stamp_t time, const uint8_t *data, uint32_t caplen, uint32_t len)
{
	struct injector *in = cookie;

	(void)time;
	in->fn(in->cookie, 1, data, caplen, len);
}

void
injector_look(struct injector *in, injector_fn *fn, void *cookie)
{
	uint8_t data[CRAFT_ROOM + 64];
	ssize_t n;
	size_t i;

	in->fn = fn;
	in->cookie = cookie;
	for (i = 0; i < in->count; i++) {
		while ((n = recv(in->arrivals[i], data, sizeof(data), 0)) > 0)
			fn(cookie, 0, data, (uint32_t)n, (uint32_t)n);
		(void)source_read(in->rings[i], READ_MAX, on_ring, in); /* reported there; what is missing shows */
	}
}
