#include <sysexits.h>

#include "keeper_internal.h"
#include "scratch.h"

/*
 * A keeper whose keyring is replaced by another, which can not be taken at once.
 */
#define UP ((stamp_t)5000 * STAMP_SECOND)

static struct conf conf;
static struct keeper k;
static char rings[2]; /* two keyrings: the one in force, and the new one */
static unsigned changes, loads;
static int load_status;                  /* why the next can not be loaded; 0: it can */
static int remember_error, docket_error; /* errno of the next that fail; 0: none does */
static int orders_error;

unsigned __wrap_watch_look(struct watch *, stamp_t);
struct keyring *__wrap_keyring_load(const char *, const char *, int *);
int __wrap_keyring_remember(int, const struct keyring *);
void __wrap_keyring_free(struct keyring *);
uint64_t __wrap_keyring_version(const struct keyring *);
const char *__wrap_keyring_sha256(const struct keyring *);
int __wrap_docket_take_keyring(struct docket *, const struct keyring *);
int __wrap_docket_load(struct docket *, const struct conf *, const struct keyring *, stamp_t);
void __wrap_docket_lose_all(struct docket *);
int __wrap_keeper_given_is_due(const struct keeper *);
void __wrap_keeper_load_given(struct keeper *);
void __wrap_keeper_kept_find(struct keeper *);

unsigned
__wrap_watch_look(struct watch *w, stamp_t now)
{
	unsigned had = changes;

	(void)w;
	(void)now;
	changes = 0;
	return had;
}

struct keyring *
__wrap_keyring_load(const char *path, const char *root, int *status)
{
	(void)path;
	(void)root;
	loads++;
	*status = load_status;
	return load_status == 0 ? (struct keyring *)&rings[1] : NULL;
}

int
__wrap_keyring_remember(int dirfd, const struct keyring *keyring)
{
	(void)dirfd;
	(void)keyring;
	errno = remember_error;
	return remember_error == 0 ? 0 : -1;
}

void
__wrap_keyring_free(struct keyring *keyring)
{
	(void)keyring;
}

uint64_t
__wrap_keyring_version(const struct keyring *keyring)
{
	return keyring == (struct keyring *)&rings[1] ? 2 : 1;
}

const char *
__wrap_keyring_sha256(const struct keyring *keyring)
{
	return keyring == (struct keyring *)&rings[1] ? "2" : "1";
}

int
__wrap_docket_take_keyring(struct docket *d, const struct keyring *keyring)
{
	(void)d;
	(void)keyring;
	errno = docket_error;
	return docket_error == 0 ? 0 : -1;
}

int
__wrap_docket_load(struct docket *d, const struct conf *c, const struct keyring *keyring, stamp_t now)
{
	(void)d;
	(void)c;
	(void)keyring;
	(void)now;
	errno = orders_error;
	return orders_error == 0 ? 0 : -1;
}

void
__wrap_docket_lose_all(struct docket *d)
{
	(void)d;
}

int
__wrap_keeper_given_is_due(const struct keeper *keeper)
{
	(void)keeper;
	return 0;
}

void
__wrap_keeper_load_given(struct keeper *keeper)
{
	(void)keeper;
}

void
__wrap_keeper_kept_find(struct keeper *keeper)
{
	(void)keeper;
}

static int
setup(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	k.conf = &conf;
	k.filefd = k.journalfd = -1;
	k.reading.boottime = UP;
	k.keyring = (struct keyring *)&rings[0];
	changes = loads = 0;
	load_status = remember_error = docket_error = orders_error = 0;
	return 0;
}

/* So many seconds later. */
static void
look(unsigned seconds)
{
	k.reading.boottime += seconds * STAMP_SECOND;
	scratch_listen();
	keeper_look_at_files(&k, 0);
	scratch_heard();
}

static int
is_new(void)
{
	return k.keyring == (struct keyring *)&rings[1];
}

static void
keyring_that_could_not_be_taken_for_now_is_tried_again(void **state)
{
	static const struct {
		int status, remember, docket, orders;
	} ways[] = {{EX_IOERR, 0, 0, 0}, {EX_OSERR, 0, 0, 0}, {0, ENOSPC, 0, 0}, {0, EWOULDBLOCK, 0, 0},
	    {0, 0, ENOSPC, 0}, {0, 0, EIO, EIO}};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		(void)setup(state);
		load_status = ways[i].status;
		remember_error = ways[i].remember;
		docket_error = ways[i].docket;
		orders_error = ways[i].orders;
		changes = WATCH_KEYRING | WATCH_ORDERS;
		look(0);
		assert_false(is_new());
		look(1);
		assert_int_equal(loads, 1); /* in no hurry: each is a line */
		look(60);
		assert_int_equal(loads, 2);
		load_status = remember_error = docket_error = orders_error = 0;
		look(60);
		assert_true(is_new());
		look(60);
		assert_int_equal(loads, 3); /* and that is it */
	}
}

static void
keyring_is_loaded_once_however_long_the_orders_can_not_be(void **state)
{
	unsigned i;

	(void)state;
	orders_error = EIO;
	changes = WATCH_ORDERS;
	for (i = 0; i < 60; i++) {
		look(1);
		changes = i == 30 ? WATCH_KEYRING : 0;
	}
	assert_int_equal(loads, 1);
	assert_true(is_new());
}

static void
keyring_that_is_bad_is_not_tried_again(void **state)
{
	static const struct {
		int status, remember, docket;
	} ways[] = {{EX_CONFIG, 0, 0}, {EX_NOINPUT, 0, 0}, {EX_NOPERM, 0, 0}, {0, ESTALE, 0}, {0, EBADMSG, 0},
	    {0, 0, ESTALE}};
	size_t i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		(void)setup(state);
		load_status = ways[i].status;
		remember_error = ways[i].remember;
		docket_error = ways[i].docket;
		changes = WATCH_KEYRING;
		look(0);
		look(60);
		assert_false(is_new());
		assert_int_equal(loads, 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(keyring_that_could_not_be_taken_for_now_is_tried_again, setup),
	    cmocka_unit_test_setup(keyring_is_loaded_once_however_long_the_orders_can_not_be, setup),
	    cmocka_unit_test_setup(keyring_that_is_bad_is_not_tried_again, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
