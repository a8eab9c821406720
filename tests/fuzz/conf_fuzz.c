#include <sys/stat.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"

#include "require.h"

/* Configuration is read from a file only; it lies in memory. */
static char path[] = "/dev/shm/casetap-conf-fuzz-XXXXXX";
static int fd = -1;

static void
drop(void)
{
	(void)unlink(path); /* whatever became of it */
}

static void
prepare(void)
{
	if (fd != -1)
		return;
	be_silent();
	fd = mkstemp(path);
	require(fd != -1 && fchmod(fd, 0600) == 0 && atexit(drop) == 0);
}

/* What is taken is in range, and every name in it is found again. */
static void
check(const struct conf *c)
{
	size_t i;

	require(c->station != NULL && c->state_dir[0] == '/' && c->orders_dir[0] == '/' && c->keyring[0] == '/' &&
		c->root[0] == '/' && strstr(c->state_dir, "/../") == NULL);
	require(c->iap_count <= CONF_IAPS_MAX && c->destination_count <= CONF_DESTINATIONS_MAX &&
		c->tunnel_count <= CONF_TUNNELS_MAX);
	for (i = 0; i < c->iap_count; i++) {
		require(c->iaps[i].slice_seconds > 0 && 86400 % c->iaps[i].slice_seconds == 0);
		require(c->iaps[i].interface_count <= CONF_INTERFACES_MAX && c->iaps[i].snaplen > 0);
		require(conf_find_iap(c, c->iaps[i].name) == &c->iaps[i]);
	}
	for (i = 0; i < c->destination_count; i++) {
		require(c->destinations[i].url != NULL && strchr(c->destinations[i].name, '/') == NULL);
		require(conf_find_destination(c, c->destinations[i].name) == &c->destinations[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t n)
{
	struct conf *c;
	int status = 0;

	prepare();
	require(ftruncate(fd, 0) == 0 && pwrite(fd, input, n, 0) == (ssize_t)n);
	c = conf_load(path, &status);
	require(c != NULL || status == 78 || status == 77);
	if (c != NULL)
		check(c);
	conf_free(c);
	return 0;
}
