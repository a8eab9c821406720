#include <sys/ioctl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "keeper_internal.h"
#include "links.h"
#include "scratch.h"

/*
 * What the keeper sees of an interface whose answers the test gives, and what it tells the reader of it.
 */
#define UP ((stamp_t)5000 * STAMP_SECOND)

static int number, is_up;
static const char *const name = "eth7";
static int is_unreadable;
static char said[64];

int __wrap_ioctl(int, unsigned long, void *);
int __real_open64(const char *, int, ...);
int __wrap_open64(const char *, int, ...);
void __wrap_keeper_send_link(struct keeper *, stamp_t, int);
void __wrap_keeper_stop_reader(struct keeper *, enum slice_rolled, const char *);

int
__wrap_ioctl(int fd, unsigned long request, void *data)
{
	struct ifreq *r = data;

	(void)fd;
	assert_string_equal(r->ifr_name, name);
	if (request == SIOCGIFINDEX)
		r->ifr_ifindex = number;
	else if (request == SIOCGIFFLAGS)
		r->ifr_flags = (short)(is_up ? IFF_UP | IFF_RUNNING : 0);
	else
		((struct ethtool_value *)(void *)r->ifr_data)->data = (unsigned)is_up;
	return number == 0 ? -1 : 0;
}

int
__wrap_open64(const char *path, int flags, ...)
{
	if (strcmp(path, "/sys/class/net/eth7/carrier_down_count") == 0 && is_unreadable)
		return -1;
	if (strcmp(path, "/sys/class/net/eth7/carrier_down_count") == 0)
		return __real_open64(scratch_path("downs"), flags);
	return __real_open64(path, flags, 0600);
}

void
__wrap_keeper_send_link(struct keeper *k, stamp_t at, int is_down)
{
	(void)k;
	(void)snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s%lld ", is_down ? "down " : "up ",
	    (long long)((at - UP) / STAMP_SECOND));
}

void
__wrap_keeper_stop_reader(struct keeper *k, enum slice_rolled rolled, const char *reason)
{
	(void)k;
	(void)rolled;
	(void)snprintf(said + strlen(said), sizeof(said) - strlen(said), "stop %s ", reason);
}

/* Let the interface have gone down so often. */
static void
set_downs(unsigned n)
{
	FILE *f = fopen(scratch_path("downs"), "w");

	assert_non_null(f);
	assert_true(fprintf(f, "%u\n", n) > 0);
	assert_int_equal(fclose(f), 0);
}

/* What is said at the next look, a second later? */
static const char *
look(struct keeper *k)
{
	said[0] = '\0';
	k->reading.realtime += STAMP_SECOND;
	keeper_look_at_links(k);
	return said;
}

static void
fault_045_interface_that_was_down_between_two_looks_was_down_all_the_same(void **state)
{
	struct keeper k;

	(void)state;
	memset(&k, 0, sizeof(k));
	k.filefd = -1;
	k.reading.realtime = UP;
	k.child.kind = CHILD_READER;
	k.child.links[0] = number = 7;
	is_up = 1;
	set_downs(3);
	assert_int_equal(links_open(&k.links, &name, 1), 0);
	assert_string_equal(look(&k), "up 1 ");
	assert_string_equal(look(&k), "");
	set_downs(4);
	assert_string_equal(look(&k), "down 2 up 3 ");
	assert_string_equal(look(&k), "");
	/* That the count could not be read once is no sign; what it says then is. */
	is_unreadable = 1;
	assert_string_equal(look(&k), "");
	is_unreadable = 0;
	assert_string_equal(look(&k), "");
	/* It is seen down, and seen up again. */
	set_downs(5);
	is_up = 0;
	assert_string_equal(look(&k), "down 6 ");
	is_up = 1;
	assert_string_equal(look(&k), "up 8 ");
	/* Another interface of that name has a count of its own, and rings. */
	set_downs(0);
	number = 8;
	assert_string_equal(look(&k), "stop link-down ");
	links_close(&k.links);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fault_045_interface_that_was_down_between_two_looks_was_down_all_the_same),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
