#include <sys/ioctl.h>
#include <sys/socket.h>

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/sockios.h>

#include "shortage.h"

#include "doctor.h"

/* One ioctl of ethtool.  Return 0, or -1 with errno set (EOPNOTSUPP: this driver has no such thing). */
static int
ask(int fd, const char *name, void *request)
{
	struct ifreq ifr;

	memset(&ifr, 0, sizeof ifr);
	(void)snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name); /* conf.c has seen to its length */
	ifr.ifr_data = request;
	return ioctl(fd, SIOCETHTOOL, &ifr);
}

/* Frames that were put together are longer than what was on the line, and are no original bytes. */
static void
examine_offloads(struct doctor *d, int fd, const char *name)
{
	struct ethtool_value gro = {.cmd = ETHTOOL_GGRO}, flags = {.cmd = ETHTOOL_GFLAGS};
	int has_gro = ask(fd, name, &gro) == 0 && gro.data != 0;
	int has_lro = ask(fd, name, &flags) == 0 && (flags.data & ETH_FLAG_LRO) != 0;

	if (has_gro || has_lro)
		doctor_ill(d,
		    "ethtool -K INTERFACE gro off lro off, at each boot: frames are put together before they are seen",
		    "%s%s%s on", has_gro ? "GRO" : "", has_gro && has_lro ? " and " : "", has_lro ? "LRO" : "");
	else
		doctor_well(d, "GRO and LRO are off");
}

static void
examine_ring(struct doctor *d, int fd, const char *name)
{
	struct ethtool_ringparam ring = {.cmd = ETHTOOL_GRINGPARAM};

	if (ask(fd, name, &ring) == -1 || ring.rx_max_pending == 0)
		return; /* a virtual interface has none */
	if (ring.rx_pending < ring.rx_max_pending)
		doctor_ill(d, "ethtool -G INTERFACE rx MAX, at each boot: a burst is lost in the interface",
		    "its receive ring has %u of %u places", ring.rx_pending, ring.rx_max_pending);
	else
		doctor_well(d, "its receive ring has all its %u places", ring.rx_pending);
}

/* An interface for capture has no business of its own on the line. */
static void
examine_addresses(struct doctor *d, const char *name)
{
	struct ifaddrs *all, *a;
	int has_address = 0;

	if (getifaddrs(&all) == -1) {
		if (errno == ENOMEM) /* it is only a hint, but what was not looked at is not well */
			shortage_note();
		return;
	}
	for (a = all; a != NULL; a = a->ifa_next) {
		if (strcmp(a->ifa_name, name) == 0 && a->ifa_addr != NULL &&
		    (a->ifa_addr->sa_family == AF_INET || a->ifa_addr->sa_family == AF_INET6))
			has_address = 1;
	}
	freeifaddrs(all);
	if (has_address && d->site->conf->tunnel_count == 0)
		doctor_ill(d,
		    "take it away (ip addr flush dev INTERFACE; sysctl net.ipv6.conf.INTERFACE.disable_ipv6=1): "
		    "it answers ARP, ND and ICMP",
		    "it has an address, and no [tunnel] needs one");
}

static void
examine_interface(struct doctor *d, int fd, const char *iap, const char *name)
{
	struct ifreq ifr;

	doctor_topic(d, "%s %s", iap, name);
	memset(&ifr, 0, sizeof ifr);
	(void)snprintf(ifr.ifr_name, sizeof ifr.ifr_name, "%s", name);
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) == -1) {
		doctor_ill(d, "ip link shows what there is; casetap.conf names it: interface",
		    "no such interface here: %s", strerror(errno));
		return;
	}
	if ((ifr.ifr_flags & IFF_UP) == 0)
		doctor_ill(d, "ip link set INTERFACE up, at each boot", "it is down");
	else if ((ifr.ifr_flags & IFF_RUNNING) == 0)
		doctor_ill(d, "look at the cable and the mirror port", "it is up and has no link");
	else
		doctor_well(d, "it is up and has a link");
	examine_offloads(d, fd, name);
	examine_ring(d, fd, name);
	examine_addresses(d, name);
}

void
doctor_interfaces(struct doctor *d)
{
	const struct conf *c = d->site->conf;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd == -1) {
		doctor_topic(d, "interfaces");
		doctor_ill(d, "run it where sockets are allowed", "can not be asked: %s", strerror(errno));
		return;
	}
	for (size_t i = 0; i < c->iap_count; i++) {
		for (size_t k = 0; k < c->iaps[i].interface_count; k++)
			examine_interface(d, fd, c->iaps[i].name, c->iaps[i].interfaces[k]);
	}
	(void)close(fd); /* nothing was written */
}
