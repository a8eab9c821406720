#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "finish.h"
#include "keeper_internal.h"
#include "scratch.h"

/*
 * When a keeper, whose recovery is behind it, sends a mender after streams that are not in order.
 */
#define UP ((stamp_t)5000 * STAMP_SECOND)
#define LONG (120 * STAMP_SECOND)

static struct docket_case only;
static struct keeper k;
static unsigned forks;

size_t __wrap_docket_count(const struct docket *);
struct docket_case *__wrap_docket_case(struct docket *, size_t);
int __wrap_keeper_fork(struct keeper *, struct child *, enum child_kind);
int __wrap_finish_stream(int, const struct finish *, struct gap_record *);
int __wrap_kill(pid_t, int);
pid_t __wrap_waitpid(pid_t, int *, int);

size_t
__wrap_docket_count(const struct docket *d)
{
	(void)d;
	return 1;
}

struct docket_case *
__wrap_docket_case(struct docket *d, size_t i)
{
	(void)d;
	(void)i;
	return &only;
}

int
__wrap_keeper_fork(struct keeper *keeper, struct child *child, enum child_kind kind)
{
	(void)keeper;
	(void)child;
	assert_int_equal(kind, CHILD_MENDER);
	forks++;
	return -1; /* so that none is waited for */
}

static int finish_errno;

int
__wrap_finish_stream(int statefd, const struct finish *f, struct gap_record *gap)
{
	(void)statefd;
	(void)f;
	memset(gap, 0, sizeof(*gap));
	errno = finish_errno;
	return finish_errno == 0 ? 0 : -1;
}

static unsigned kills;
static int is_asleep; /* in the disk: it does not die yet */

int
__wrap_kill(pid_t pid, int signo)
{
	assert_int_equal(pid, 77);
	assert_int_equal(signo, SIGKILL);
	kills++;
	return 0;
}

pid_t
__wrap_waitpid(pid_t pid, int *status, int options)
{
	(void)status;
	assert_int_equal(pid, 77);
	assert_true(options == WNOHANG || !is_asleep);
	return is_asleep ? 0 : pid;
}

/* Does one come for the case, in the end? */
static int
is_sent(enum duty duty, int trouble, int finish_error)
{
	memset(&only, 0, sizeof(only));
	only.duty = duty;
	only.trouble = trouble;
	only.finish_error = finish_error;
	memset(&k, 0, sizeof(k));
	k.filefd = -1;
	k.has_recovered = 1;
	k.reading.boottime = UP;
	forks = 0;
	keeper_mend(&k);
	assert_int_equal(forks, 0);
	k.reading.boottime += LONG;
	keeper_mend(&k);
	return forks == 1;
}

static void
stream_that_is_not_in_order_is_mended_while_its_case_is_in_force(void **state)
{
	(void)state;
	assert_true(is_sent(DUTY_IN_FORCE, EBADMSG, 0));
	assert_false(is_sent(DUTY_IN_FORCE, ENOSPC, 0));
	assert_false(is_sent(DUTY_NOT_YET, EBADMSG, 0));
	(void)is_sent(DUTY_IN_FORCE, 0, 0);
	only.is_capturing = 1;
	only.trouble = EBADMSG;
	k.reading.boottime += LONG;
	keeper_mend(&k);
	assert_int_equal(forks, 0);
}

static void
stream_whose_end_waits_for_recovery_is_mended_too(void **state)
{
	(void)state;
	assert_true(is_sent(DUTY_EXPIRED, 0, EBUSY));
	assert_true(is_sent(DUTY_REVOKED, EBADMSG, EBUSY));
	/* A reader is still at it, or the disk is full: that is tried again by itself. */
	assert_false(is_sent(DUTY_EXPIRED, 0, EWOULDBLOCK));
	assert_false(is_sent(DUTY_REVOKED, 0, ENOSPC));
	(void)is_sent(DUTY_EXPIRED, 0, 0);
	only.finish_error = EBUSY;
	only.finished = 1;
	keeper_mend(&k);
	k.reading.boottime += LONG;
	keeper_mend(&k);
	assert_int_equal(forks, 0);
}

static void
recovery_that_takes_long_goes_on_beside_a_reader(void **state)
{
	struct channel *ch = (struct channel *)&only; /* not looked into */

	(void)state;
	memset(&k, 0, sizeof(k));
	k.filefd = -1;
	k.reader_started = UP;
	k.child = (struct child){.kind = CHILD_RECOVERY, .pid = 77, .ch = ch};
	k.reading.boottime = UP + STAMP_SECOND;
	keeper_mend_beside(&k);
	assert_int_equal(k.child.kind, CHILD_RECOVERY);
	assert_false(k.has_recovered);
	k.reading.boottime = UP + 3 * STAMP_SECOND;
	keeper_mend_beside(&k);
	assert_int_equal(k.child.kind, CHILD_NONE);
	assert_int_equal(k.mender.kind, CHILD_MENDER);
	assert_int_equal(k.mender.pid, 77);
	assert_ptr_equal(k.mender.ch, ch);
	assert_true(k.has_recovered);
	/* A stop does not wait for it; what is read of a file does. */
	k.mender.kind = CHILD_NONE;
	k.child.kind = CHILD_RECOVERY;
	k.reading.boottime = UP;
	k.filefd = 1;
	k.is_stopping = 1;
	keeper_mend_beside(&k);
	assert_int_equal(k.child.kind, CHILD_RECOVERY);
	k.filefd = -1;
	k.has_recovered = 0;
	keeper_mend_beside(&k);
	assert_int_equal(k.child.kind, CHILD_NONE);
	/* Nor is it the time to say that all is ready. */
	assert_false(k.has_recovered);
}

static void
end_that_a_mender_has_not_come_to_is_no_trouble(void **state)
{
	static const struct conf_iap iap;
	static struct conf conf;

	(void)state;
	memset(&only, 0, sizeof(only));
	only.duty = DUTY_EXPIRED;
	memset(&k, 0, sizeof(k));
	k.filefd = -1;
	k.iap = &iap;
	k.conf = &conf;
	k.has_recovered = 1;
	k.reading.boottime = UP;
	k.mender.kind = CHILD_MENDER;
	finish_errno = EBUSY;
	scratch_listen();
	keeper_finish_streams(&k);
	scratch_heard();
	assert_string_equal(scratch_said, "");
	assert_int_equal(only.finish_error, 0);
	/* Once it is gone the stream is left for people, and that is said. */
	k.mender.kind = CHILD_NONE;
	keeper_finish_streams(&k);
	assert_int_equal(only.finish_error, 0); /* a moment later */
	k.reading.boottime += LONG;
	scratch_listen();
	keeper_finish_streams(&k);
	scratch_heard();
	scratch_expect("end of the stream");
	assert_int_equal(only.finish_error, EBUSY);
	/* Another trouble is said beside a mender, too. */
	k.mender.kind = CHILD_MENDER;
	finish_errno = ENOSPC;
	k.reading.boottime += LONG;
	scratch_listen();
	keeper_finish_streams(&k);
	scratch_heard();
	scratch_expect("end of the stream");
	k.reading.boottime += LONG;
	finish_errno = 0;
	keeper_finish_streams(&k);
	assert_true(only.finished && only.finish_error == 0);
}

static void
mender_that_a_disk_holds_does_not_hold_the_keeper(void **state)
{
	(void)state;
	memset(&k, 0, sizeof(k));
	assert_int_equal(keeper_mend_stop(&k, WNOHANG), 1);
	k.mender.kind = CHILD_MENDER;
	k.mender.pid = 77;
	kills = 0;
	is_asleep = 1;
	assert_int_equal(keeper_mend_stop(&k, WNOHANG), 0);
	assert_int_equal(keeper_mend_stop(&k, WNOHANG), 0);
	assert_int_equal(k.mender.kind, CHILD_MENDER);
	is_asleep = 0;
	assert_int_equal(keeper_mend_stop(&k, 0), 1);
	assert_int_equal(k.mender.kind, CHILD_NONE);
	assert_int_equal(kills, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stream_that_is_not_in_order_is_mended_while_its_case_is_in_force),
	    cmocka_unit_test(stream_whose_end_waits_for_recovery_is_mended_too),
	    cmocka_unit_test(recovery_that_takes_long_goes_on_beside_a_reader),
	    cmocka_unit_test(end_that_a_mender_has_not_come_to_is_no_trouble),
	    cmocka_unit_test(mender_that_a_disk_holds_does_not_hold_the_keeper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
