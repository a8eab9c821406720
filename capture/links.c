#include <sys/ioctl.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"
#include "text.h"

#include "links.h"

int
links_open(struct links *l, const char *const *names, size_t count)
{
	size_t i;

	memset(l, 0, sizeof(*l));
	/* Any socket answers questions about interfaces; this kind can reach no network. */
	l->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (l->fd == -1) {
		diag_err("interfaces");
		return -1;
	}
	for (i = 0; i < count && i < CONF_INTERFACES_MAX; i++)
		l->at[l->count++].name = names[i];
	return 0;
}

void
links_close(struct links *l)
{
	if (l->fd != -1)
		(void)close(l->fd); /* nothing went through it */
	l->fd = -1;
}

/* Is there a carrier?  What the driver says is so at once; the kernel's own flag follows up to a second later. */
static int
has_carrier(const struct links *l, struct ifreq *request)
{
	struct ethtool_value value = {ETHTOOL_GLINK, 0};
	int running = (request->ifr_flags & IFF_RUNNING) != 0;

	request->ifr_data = (char *)&value;
	return ioctl(l->fd, SIOCETHTOOL, request) == 0 ? value.data != 0 : running;
}

/* How often it went down.  Where that can not be read now, it stays what it was: that is no sign of another time. */
static void
count_downs(const char *name, uint64_t *downs)
{
	char path[64], text[32];
	uint64_t now;
	ssize_t n = -1;
	int fd;

	/* An interface's name has at most 15 characters and no slash. */
	(void)snprintf(path, sizeof(path), "/sys/class/net/%s/carrier_down_count", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	n = read(fd, text, sizeof(text) - 1);
	(void)close(fd); /* only read from */
	if (n < 1)
		return;
	text[text[n - 1] == '\n' ? n - 1 : n] = '\0';
	if (text_u64(text, 0, UINT64_MAX, &now) == 0)
		*downs = now;
}

static void
look(const struct links *l, struct link *at)
{
	struct ifreq request;

	at->index = at->up = 0;
	/* First: what comes between the two shows in this look or in the next. */
	count_downs(at->name, &at->downs);
	memset(&request, 0, sizeof(request));
	if (strlen(at->name) >= sizeof(request.ifr_name))
		return;
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", at->name); /* it fits */
	if (ioctl(l->fd, SIOCGIFINDEX, &request) == -1)
		return;
	at->index = request.ifr_ifindex;
	if (ioctl(l->fd, SIOCGIFFLAGS, &request) == 0)
		at->up = (request.ifr_flags & IFF_UP) != 0 && has_carrier(l, &request);
}

int
links_look(struct links *l)
{
	struct link before;
	int changed = 0;
	size_t i;

	l->has_flapped = 0;
	for (i = 0; i < l->count; i++) {
		before = l->at[i];
		look(l, &l->at[i]);
		changed |= before.index != l->at[i].index || before.up != l->at[i].up;
		l->has_flapped |=
		    before.index == l->at[i].index && before.up && l->at[i].up && before.downs != l->at[i].downs;
	}
	return changed || l->has_flapped;
}

size_t
links_present(const struct links *l)
{
	size_t i, n = 0;

	for (i = 0; i < l->count; i++)
		n += l->at[i].index != 0;
	return n;
}

int
links_is_down(const struct links *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		if (!l->at[i].up)
			return 1;
	}
	return 0;
}
