#include <sys/stat.h>

#include <sysexits.h>

#include "anew.h"
#include "asked.h"
#include "collect.h"
#include "custody.h"
#include "cutlog.h"
#include "fsio.h"
#include "requests.h"
#include "scratch.h"
#include "signedhead.h"
#include "spool.h"
#include "steps.h"
#include "text.h"

#include "findings.h"
#include "verify_records.h"

#define CASE "LI-1"
#define OTHER "LI-2"
#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */
#define LOG "records/" CASE "/custody.jsonl"
#define HEAD "records/" CASE "/custody.head"
#define REQUESTS "requests/cases/"

/*
 * Custody logs that are begun anew.  The station has two approvals to ask for, of distinct roles; each test begins with a
 * log of three lines, which the journal still has.
 */
static struct sign_key *alice, *carol, *bob, *alice_too; /* who has two keys, with two roles */
static struct sign_key *station;
static struct sign_key *root;
static struct keyring *keyring;
static struct custody_known known; /* of the log before it is lost */

static stamp_t clock_now = T0;

static stamp_t
now(void)
{
	return clock_now;
}

static void
start(struct packager *p)
{
	memset(p, 0, sizeof(*p));
	p->now = now;
	p->keyring = keyring;
	p->statefd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	p->journalfd = fsio_mkdirs(p->statefd, "journal/packager", 0755);
	p->journal = journal_open(p->journalfd, "packager", "packager");
	assert_non_null(p->journal);
}

static void
stop(struct packager *p)
{
	journal_close(p->journal);
	(void)close(p->journalfd);
	(void)close(p->statefd);
	free(p->cut);
	free(p->held);
}

/* What a run of the packager does with it.  Return its exit code. */
static int
run(void)
{
	struct packager p;

	start(&p);
	cutlog_find(&p);
	collect_run(&p);
	asked_run(&p);
	collect_run(&p);
	stop(&p);
	return p.status;
}

static void
run_once(void *cookie)
{
	(void)cookie;
	(void)run();
}

static int
case_fd(void)
{
	return open(scratch_path("records/" CASE), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
is_cut(struct custody_known *k)
{
	int fd = case_fd(), rc = custody_is_cut(&(struct custody_case){fd, CASE, keyring}, k);

	assert_int_equal(close(fd), 0);
	return rc;
}

/* What the log says of its beginning, and how many lines it has in all.  1, or 0 if there is none or it has its line 1. */
static int
begun(struct custody_begun *b, uint64_t *lines)
{
	int fd = case_fd(), rc = custody_begun_load(fd, b);
	struct custody *c = custody_open(fd, 0);

	assert_non_null(c);
	*lines = custody_lines(c);
	assert_int_equal(custody_begun(c) != NULL, rc);
	custody_close(c);
	assert_int_equal(close(fd), 0);
	return rc;
}

static size_t
count(const char *path, const char *word)
{
	struct buf text = BUF_INIT;
	const char *at;
	size_t n = 0;

	assert_int_equal(fsio_load_path(scratch_path(path), 1 << 20, &text), 0);
	for (at = text.data; at != NULL && (at = strstr(at, word)) != NULL; at++)
		n++;
	buf_free(&text);
	return n;
}

static int told = -1; /* up to which line something is left, as a request tells; -1: it does not */

static const char *event = "order-accepted"; /* of each line of the log */

static const char *reason = "disk failed"; /* what is asked for the same loss once more is asked in other words */

static void
put_request(const char *name, const char *case_id, const struct custody_known *k)
{
	struct request r = {.act = REQUEST_BEGIN, .issued = T0, .lines = k->lines};
	struct buf text = BUF_INIT;
	char path[128];

	(void)snprintf(r.reason, sizeof(r.reason), "%s", reason);
	r.has_left = told != -1;
	r.left = r.has_left ? (uint64_t)told : 0;
	r.left_until = T0;
	(void)snprintf(r.case_id, sizeof(r.case_id), "%s", case_id);
	memcpy(r.head, k->head, sizeof(r.head));
	assert_int_equal(request_write(&r, &text), 0);
	(void)snprintf(path, sizeof(path), REQUESTS CASE "/%s.request", name);
	scratch_puts(path, text.data);
	buf_free(&text);
}

static void
approve(const char *name, const char *who, const struct sign_key *key)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char path[128];

	(void)snprintf(path, sizeof(path), REQUESTS CASE "/%s.request", name);
	assert_int_equal(fsio_load_path(scratch_path(path), 1 << 16, &text), 0);
	assert_int_equal(sign_make(key, text.data, text.len, "approved", &sig), 0);
	(void)snprintf(path, sizeof(path), REQUESTS CASE "/%s.request.%s.minisig", name, who);
	scratch_puts(path, sig.data);
	buf_free(&text);
	buf_free(&sig);
}

/* A request that as many have approved as are needed. */
static void
ask(const char *name, const char *case_id, const struct custody_known *k)
{
	put_request(name, case_id, k);
	approve(name, "alice", alice);
	approve(name, "bob", bob);
}

struct kept {
	const char *end;
	size_t count;
};

static int
on_kept(void *cookie, const char *name)
{
	struct kept *k = cookie;

	k->count += text_ends_with(name, k->end);
	return 0;
}

static void
copy(const char *from, const char *to)
{
	struct buf text = BUF_INIT;

	assert_int_equal(fsio_load_path(scratch_path(from), 1 << 20, &text), 0);
	scratch_puts(to, text.data);
	buf_free(&text);
}

/* How many files with that end are kept of requests? */
static size_t
kept(const char *end)
{
	struct kept k = {end, 0};
	int fd = open(scratch_path("records/" CASE "/requests"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(fsio_list(fd, on_kept, &k), 0);
	assert_int_equal(close(fd), 0);
	return k.count;
}

static int
set_up(void **state)
{
	static const char *const folders[] = {
	    "records", "records/" CASE, "requests", "requests/cases", REQUESTS CASE};
	struct packager p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(scratch_path(folders[i]), 0750), 0);
	start(&p);
	for (i = 0; i < 3; i++)
		assert_int_equal(journal_write(p.journal, CASE, event, NULL, NULL), 0);
	stop(&p);
	assert_int_equal(run(), 0);
	assert_int_equal(is_cut(&known), 0);
	assert_int_equal(known.lines, 3);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	reason = "disk failed";
	event = "order-accepted";
	scratch_remove("outbox");
	scratch_remove("receipts");
	scratch_remove("spool");
	scratch_remove("records");
	scratch_remove("requests");
	scratch_remove("journal");
	return 0;
}

static void
a_lost_log_goes_on_where_it_ended_once_enough_have_approved(void **state)
{
	struct custody_begun b;
	struct custody_known k;
	uint64_t lines;

	(void)state;
	scratch_puts(LOG, "{\"what\":\"is left\"}\n");
	put_request("0000000001", CASE, &known);
	approve("0000000001", "alice", alice);
	approve("0000000001", "alice-again", alice);
	approve("0000000001", "alice-too", alice_too);
	approve("0000000001", "carol", carol); /* in the same role */
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(count(LOG, "is left"), 1);
	approve("0000000001", "bob", bob);
	assert_int_equal(run(), EX_DATAERR); /* which was found before */
	assert_int_equal(run(), 0);
	assert_int_equal(is_cut(&k), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_int_equal(b.lines, 3);
	assert_string_equal(b.head, known.head);
	assert_true(b.at == T0);
	/* Its beginning, all that the journal has, and the act. */
	assert_int_equal(lines, 3 + 1 + 3 + 1);
	assert_int_equal(count(LOG, "\"event\":\"order-accepted\""), 3);
	assert_int_equal(count(LOG, "\"event\":\"begin-anew\""), 1);
	assert_int_equal(count(LOG, "\"approvers\":\"alice bob\""), 2);
	assert_int_equal(kept(".minisig"), 2);
	assert_int_equal(count("records/" CASE "/custody-0000000003.lost", "is left"), 1);
}

static void
it_is_begun_for_the_loss_that_was_approved_and_no_other(void **state)
{
	struct custody_known other = known, k;
	struct custody_begun b;
	uint64_t lines;

	(void)state;
	/* What is whole is not begun anew, nor later by a request that was for a whole one. */
	ask("0000000001", CASE, &known);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(begun(&b, &lines), 0);
	assert_int_equal(kept(".request"), 1);
	assert_int_equal(kept(".minisig"), 0);
	scratch_remove(LOG);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0), -1);
	/* Nor by one that is about other lines, or another case. */
	other.lines = 2;
	ask("0000000002", CASE, &other);
	other = k;
	other.head[0] = other.head[0] == '0' ? '1' : '0';
	ask("0000000003", CASE, &other);
	ask("0000000004", OTHER, &k);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0), -1);
	assert_int_equal(count("journal/packager/packager.jsonl", "begin-anew-refused"), 3);
}

/* Nobody approved the loss of lines that are there: only of those that the request says are left. */
static void
a_log_of_which_more_is_there_than_was_told_is_not_begun_anew(void **state)
{
	struct custody_known two = known;
	struct custody_begun b;
	struct custody_left left;
	uint64_t lines;
	char *end, at[STAMP_TEXT], time[STAMP_TEXT + 16];
	struct buf text = BUF_INIT;
	int fd = case_fd();

	(void)state;
	assert_int_equal(custody_left(fd, &known, &left), 0);
	assert_int_equal(left.lines, 3);
	assert_int_equal(left.is_known, 1);
	assert_true(left.until != STAMP_NONE);
	(void)snprintf(time, sizeof(time), "\"time\":\"%s\"", stamp_format(at, left.until));
	assert_true(count(LOG, time) >= 1);
	two.head[0] = two.head[0] == '0' ? '1' : '0';
	assert_int_equal(custody_left(fd, &two, &left), 0);
	assert_int_equal(left.is_known, 0);
	/* Its third line goes. */
	assert_int_equal(fsio_load_path(scratch_path(LOG), 1 << 16, &text), 0);
	end = strchr(strchr(text.data, '\n') + 1, '\n');
	end[1] = '\0';
	scratch_puts(LOG, text.data);
	assert_int_equal(custody_left(fd, &known, &left), 0);
	assert_int_equal(left.lines, 2);
	assert_int_equal(left.is_known, 0);
	told = 1;
	ask("0000000001", CASE, &known);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(count(LOG, "\"event\":\"order-accepted\""), 2);
	assert_int_equal(count("journal/packager/packager.jsonl", "begin-anew-refused"), 1);
	assert_int_equal(
	    count("journal/packager/packager.jsonl", "more of it is there than who approved was told of"), 1);
	told = 2;
	ask("0000000002", CASE, &known);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	told = -1;
	/* What follows a line that was changed is not left. */
	end = strstr(text.data, "\"order-accepted\"");
	end[1] = 'O';
	scratch_puts(LOG, text.data);
	assert_int_equal(custody_left(fd, &known, &left), 0);
	assert_int_equal(left.lines, 1);
	scratch_remove(LOG);
	assert_int_equal(custody_left(fd, &known, &left), 0);
	assert_int_equal(left.lines, 0);
	assert_int_equal(close(fd), 0);
	buf_free(&text);
}

/* What is begun before it was asked for is tampering to the verifier. */
static void
it_is_not_begun_by_a_clock_from_before_the_request(void **state)
{
	struct custody_begun b;
	uint64_t lines;

	(void)state;
	scratch_remove(LOG);
	ask("0000000001", CASE, &known);
	clock_now = T0 - STAMP_DAY;
	(void)run();
	assert_int_equal(faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0), -1);
	clock_now = T0;
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_true(b.at == T0);
}

/* All that is known of it is there, but nothing can be added: that is lost, too. */
static void
a_log_whose_chain_is_broken_is_lost(void **state)
{
	struct custody_begun b;
	struct buf text = BUF_INIT;
	uint64_t lines;

	(void)state;
	assert_int_equal(fsio_load_path(scratch_path(LOG), 1 << 16, &text), 0);
	assert_int_equal(buf_puts(&text, "{\"what\":\"is left\"}\n"), 0);
	scratch_puts(LOG, text.data);
	buf_free(&text);
	put_request("0000000001", CASE, &known);
	approve("0000000001", "alice", alice);
	approve("0000000001", "bob", bob);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_int_equal(b.lines, 3);
	assert_int_equal(count("records/" CASE "/custody-0000000003.lost", "is left"), 1);
}

static void
a_log_begun_anew_may_be_lost_again(void **state)
{
	struct custody_known k;
	struct custody_begun b;
	uint64_t lines;

	(void)state;
	scratch_remove(LOG);
	ask("0000000001", CASE, &known);
	(void)run();
	assert_int_equal(run(), 0);
	scratch_remove(LOG);
	(void)run(); /* what was followed is done with */
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(k.lines, 8);
	ask("0000000002", CASE, &k);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_int_equal(b.lines, 8);
	assert_string_equal(b.head, k.head);
	assert_int_equal(count(LOG, "\"event\":\"begin-anew\""), 2);
}

/* Other leavings are there by that name, as of a log that was put back and lost again: nothing stands still for it. */
static void
what_is_left_of_a_log_takes_no_name_that_is_taken(void **state)
{
	struct custody_begun b;
	uint64_t lines;

	(void)state;
	scratch_puts("records/" CASE "/custody-0000000003.lost", "before");
	scratch_puts("records/" CASE "/custody-0000000003-2.lost", "before");
	scratch_puts(LOG, "{\"what\":\"is left\"}\n");
	ask("0000000001", CASE, &known);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_int_equal(count("records/" CASE "/custody-0000000003.lost", "before"), 1);
	assert_int_equal(count("records/" CASE "/custody-0000000003-2.lost", "before"), 1);
	assert_int_equal(count("records/" CASE "/custody-0000000003-3.lost", "is left"), 1);
}

/* Is a log cut that was begun on what has this text? */
static int
begun_on(const char *text, struct custody_begun *b, int fd)
{
	struct custody_known k;
	char path[256];

	(void)mkdir(scratch_path("records/" CASE "/requests"), 0750); /* may be there */
	assert_int_equal(digest_hex_of(text, strlen(text), b->request), 0);
	(void)snprintf(path, sizeof(path), "records/" CASE "/requests/%s.request", b->request);
	scratch_puts(path, text);
	scratch_remove(LOG);
	assert_int_equal(custody_begin(fd, CASE, b, "none", "nobody"), 0);
	return custody_is_cut(&(struct custody_case){fd, CASE, keyring}, &k);
}

static void
without_the_request_beside_it_a_log_that_begins_later_is_one_that_was_cut(void **state)
{
	struct custody_begun b = {.lines = 3, .at = T0};
	struct custody_known k, other = known;
	struct buf text = BUF_INIT;
	int fd = case_fd();
	char *at;

	(void)state;
	copy(HEAD, "head");
	memcpy(b.head, known.head, sizeof(b.head));
	memcpy(b.request, known.head, sizeof(b.request));
	scratch_remove(LOG);
	scratch_remove(HEAD);
	assert_int_equal(custody_begin(fd, CASE, &b, "none", "nobody"), 0);
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(custody_begin(fd, CASE, &b, "none", "nobody"), -1);
	assert_int_equal(errno, EEXIST);
	/* Nor is it one with another there: of that hash, but for another loss, or no request at all. */
	assert_int_equal(begun_on("no request\n", &b, fd), 1);
	other.lines = 4;
	put_request("0000000001", CASE, &other);
	assert_int_equal(fsio_load_path(scratch_path(REQUESTS CASE "/0000000001.request"), 1 << 16, &text), 0);
	assert_int_equal(begun_on(text.data, &b, fd), 1);
	buf_free(&text);
	other = known;
	other.head[0] = other.head[0] == '0' ? '1' : '0';
	put_request("0000000001", CASE, &other);
	assert_int_equal(fsio_load_path(scratch_path(REQUESTS CASE "/0000000001.request"), 1 << 16, &text), 0);
	assert_int_equal(begun_on(text.data, &b, fd), 1);
	buf_free(&text);
	put_request("0000000001", CASE, &known);
	assert_int_equal(fsio_load_path(scratch_path(REQUESTS CASE "/0000000001.request"), 1 << 16, &text), 0);
	assert_int_equal(begun_on(text.data, &b, fd), 0);
	buf_free(&text);
	/* What was remembered of the lost one is no more than it says itself, unless it is of another line there. */
	copy("head", HEAD);
	assert_int_equal(is_cut(&k), 0);
	assert_int_equal(fsio_load_path(scratch_path("head"), 1 << 16, &text), 0);
	at = strstr(text.data, known.head);
	assert_non_null(at);
	*at = *at == '0' ? '1' : '0';
	scratch_puts(HEAD, text.data);
	buf_free(&text);
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(close(fd), 0);
}

/* Killed at each step, and run again until it is done: the log has one beginning, and each line of the journals once. */
static void
killed_anywhere_it_is_begun_once_and_whole(void **state)
{
	struct custody_begun b;
	uint64_t lines;
	long n;
	int done = 0;

	for (n = 0; !done; n++) {
		if (n > 0) {
			tear_down(state);
			set_up(state);
		}
		scratch_puts(LOG, "{\"what\":\"is left\"}\n");
		ask("0000000001", CASE, &known);
		done = steps_run(n, run_once, NULL);
		/* Nothing says that it was begun before it was: what is restored then was not lost. */
		if (count("journal/packager/packager.jsonl", "\"event\":\"begin-anew\"") > 0)
			assert_int_equal(count(LOG, "custody-begun-anew"), 1);
		(void)run();
		(void)run();
		assert_int_equal(run(), 0);
		assert_int_equal(begun(&b, &lines), 1);
		assert_int_equal(b.lines, 3);
		assert_int_equal(count(LOG, "custody-begun-anew"), 1);
		assert_int_equal(count(LOG, "\"event\":\"order-accepted\""), 3);
		assert_int_equal(count(LOG, "\"event\":\"begin-anew\""), 1);
		assert_int_equal(lines, 8);
		assert_int_equal(count("journal/packager/packager.jsonl", "begin-anew-refused"), 0);
		assert_int_equal(count("records/" CASE "/custody-0000000003.lost", "is left"), 1);
	}
	assert_true(n > 20);
}

/* What casetap-verify says of a copy of the records. */
static int
judged(void)
{
	char folder[512];
	struct verify_dir dir = {.tar = NULL};
	struct verify_place place = {.case_id = CASE, .folder = folder, .label = folder};
	struct verify_walk walk = VERIFY_WALK_INIT;
	struct verify_run run = {.walk = &walk};
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	int status;

	result = run.result = verify_result_new(T0 + STAMP_DAY);
	run.keys = keys;
	dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(verify_keys_load(keys, &dir, "keyring.txt", "keyring", result), 0);
	assert_int_equal(verify_keys_settle(keys, result), 0);
	assert_int_equal(close(dir.fd), 0);
	(void)snprintf(folder, sizeof(folder), "%s", scratch_path("records/" CASE));
	assert_int_equal(verify_records(&run, &place), 0);
	status = verify_result_status(result);
	verify_keys_free(keys);
	return status;
}

/*
 * Who copies the case while its log is begun anew has what is true: that it is lost (11), or that nobody vouches yet for
 * the new one (11); and tampering (12) only where what is left of the old one says so itself, as it did before.
 */
static void
a_copy_from_between_any_two_steps_is_no_tampering(void **state)
{
	static const char *const left[] = {NULL, "", "{\"what\":\"is left\"}\n"};
	size_t i, gaps;
	long n;
	int done, status;

	for (i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
		for (n = 0, gaps = 0, done = 0; !done; n++) {
			tear_down(state);
			set_up(state);
			scratch_remove(LOG);
			if (left[i] != NULL)
				scratch_puts(LOG, left[i]);
			ask("0000000001", CASE, &known);
			done = steps_run(n, run_once, NULL);
			status = judged();
			if (faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0) == 0 && count(LOG, "is left") > 0)
				assert_int_equal(status, VERIFY_TAMPERED);
			else
				assert_int_equal(status, VERIFY_INCOMPLETE);
			gaps += said("custody.jsonl", "its lines up to 3 are lost");
			verify_result_free(result);
			/* And so has who copies it once the next run has finished that. */
			(void)run();
			assert_int_equal(run(), 0);
			assert_int_equal(judged(), VERIFY_INCOMPLETE);
			assert_true(said("custody.jsonl", "approved by alice, bob"));
			assert_false(said(".done", ""));
			verify_result_free(result);
		}
		assert_true(n > 20 && gaps > 5 && gaps < (size_t)n);
	}
}

/* What is kept begins the log that it was kept for, and no other that is lost later. */
static void
what_is_kept_of_a_beginning_that_did_not_come_begins_nothing_else(void **state)
{
	struct custody_known k;
	struct custody_begun b;
	struct packager p;
	uint64_t lines;
	long n;

	for (n = 0;; n++) {
		tear_down(state);
		set_up(state);
		copy(LOG, "whole");
		scratch_remove(LOG);
		ask("0000000001", CASE, &known);
		assert_int_equal(steps_run(n, run_once, NULL), 0);
		if (faccessat(AT_FDCWD, scratch_path("records/" CASE "/requests"), F_OK, 0) == 0 &&
		    kept(".request") == 1)
			break;
	}
	/* The backup is found, and goes on; then it is lost once more, when it has a line more. */
	assert_int_equal(faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0), -1);
	copy("whole", LOG);
	start(&p);
	assert_int_equal(journal_write(p.journal, CASE, event, NULL, NULL), 0);
	stop(&p);
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 0);
	assert_int_equal(lines, 4);
	scratch_remove(LOG);
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(k.lines, 4);
	assert_int_equal(faccessat(AT_FDCWD, scratch_path(LOG), F_OK, 0), -1);
}

/* The stream tells of the log as it was at the last sealing, whatever becomes of custody.head. */
static void
put_stream(void)
{
	char text[256];

	assert_int_equal(mkdir(scratch_path("records/" CASE "/tower"), 0750), 0);
	(void)snprintf(text, sizeof(text), "{\"custody_lines\":%u,\"custody_head\":\"%s\"}\n", (unsigned)known.lines,
	    known.head);
	scratch_puts("records/" CASE "/tower/stream.json", text);
}

static int
is_there(const char *path)
{
	return faccessat(AT_FDCWD, scratch_path(path), F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What was approved once is known by the same lines as what is lost now, and begins it no second time. */
static void
a_second_loss_that_looks_like_the_first_is_approved_anew(void **state)
{
	struct custody_begun first, b;
	struct custody_known k;
	uint64_t lines;
	long n;
	int done = 0;

	for (n = 0; !done; n++) {
		tear_down(state);
		set_up(state);
		put_stream();
		scratch_remove(LOG);
		ask("0000000001", CASE, &known);
		done = steps_run(n, run_once, NULL);
		(void)run();
		assert_int_equal(run(), 0);
		assert_int_equal(begun(&first, &lines), 1);
		assert_int_equal(kept(".done"), 1);
		scratch_remove(LOG);
		scratch_remove(HEAD);
		assert_int_equal(run(), EX_DATAERR);
		assert_int_equal(run(), EX_DATAERR);
		assert_false(is_there(LOG));
		assert_int_equal(is_cut(&k), 1);
		assert_int_equal(k.lines, known.lines);
	}
	assert_true(n > 20);
	reason = "again";
	ask("0000000002", CASE, &k);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_string_not_equal(b.request, first.request);
	assert_int_equal(kept(".done"), 2);
}

/* Also where the mark is not there, as of a run from before there were any. */
static void
a_broken_log_that_was_begun_anew_is_begun_anew_on_the_next_word(void **state)
{
	static const char *const broken[] = {"{\"what\":\"is left\"}\n", NULL};
	struct custody_begun first, b;
	struct buf text = BUF_INIT;
	char mark[256];
	uint64_t lines;
	unsigned i;

	for (i = 0; i < 4; i++) {
		tear_down(state);
		set_up(state);
		put_stream();
		scratch_remove(LOG);
		ask("0000000001", CASE, &known);
		(void)run();
		assert_int_equal(run(), 0);
		assert_int_equal(begun(&first, &lines), 1);
		assert_int_equal(fsio_load_path(scratch_path(LOG), 1 << 16, &text), 0);
		if (broken[i % 2] != NULL)
			assert_int_equal(buf_puts(&text, broken[i % 2]), 0);
		else
			text.data[0] = '!'; /* nor does it say any more on whose word it was begun */
		scratch_puts(LOG, text.data);
		buf_free(&text);
		scratch_remove(HEAD);
		(void)snprintf(mark, sizeof(mark), "records/" CASE "/requests/%s.request.done", first.request);
		if (i >= 2)
			scratch_remove(mark);
		(void)run(); /* a chain is looked at when something is to be added */
		assert_true(is_there(mark));
		assert_false(is_there("records/" CASE "/custody-0000000003.lost"));
		reason = "again";
		ask("0000000002", CASE, &known);
		(void)run();
		assert_int_equal(run(), 0);
		assert_int_equal(begun(&b, &lines), 1);
		assert_string_not_equal(b.request, first.request);
		assert_true(is_there("records/" CASE "/custody-0000000003.lost"));
	}
}

static void
put_hold(const char *path)
{
	struct request r = {.act = REQUEST_HOLD, .issued = T0, .reason = "a trial"};
	struct buf text = BUF_INIT;

	(void)snprintf(r.case_id, sizeof(r.case_id), CASE);
	assert_int_equal(request_write(&r, &text), 0);
	scratch_puts(path, text.data);
	buf_free(&text);
}

/* No name is free for what is left. */
static void
take_names(void)
{
	char path[128];
	unsigned i;

	scratch_puts("records/" CASE "/custody-0000000003.lost", "before");
	for (i = 2; i <= 100; i++) {
		(void)snprintf(path, sizeof(path), "records/" CASE "/custody-0000000003-%u.lost", i);
		scratch_puts(path, "before");
	}
}

/* Whether a beginning that a killed run left is finished now, or can not be. */
static void
what_waits_behind_a_beginning_that_was_left_is_followed_in_the_same_run(void **state)
{
	long n;
	int fails;

	for (fails = 0; fails < 2; fails++) {
		for (n = 0;; n++) {
			tear_down(state);
			set_up(state);
			scratch_puts(LOG, "{\"what\":\"is left\"}\n");
			ask("0000000001", CASE, &known);
			assert_int_equal(steps_run(n, run_once, NULL), 0);
			if (is_there("records/" CASE "/requests") && kept(".request") == 1)
				break;
		}
		assert_int_equal(count(LOG, "is left"), 1);
		put_hold(REQUESTS CASE "/0000000002.request");
		if (fails)
			take_names();
		assert_int_not_equal(run(), 0);
		assert_int_equal(kept(".request"), 2);
		assert_int_equal(kept(".done"), !fails);
		assert_int_equal(run(), fails ? EX_DATAERR : 0);
	}
}

/*
 * Nothing tells of a log that is broken but itself: it goes on from where its chain ends.  That is written down before it
 * is set aside, or a run that is killed then would leave a case without a past.
 */
static void
a_broken_log_of_which_nothing_tells_goes_on_where_its_chain_ends(void **state)
{
	struct buf text = BUF_INIT;
	struct custody_begun b;
	uint64_t lines;
	int done = 0;
	long n;

	/* Behind the first steps, which are its own, they are those that the tests above go through one by one. */
	for (n = 0; !done; n += n < 12 ? 1 : 3) {
		tear_down(state);
		set_up(state);
		assert_int_equal(fsio_load_path(scratch_path(LOG), 1 << 16, &text), 0);
		assert_int_equal(buf_puts(&text, "{\"what\":\"is left\"}\n"), 0);
		scratch_puts(LOG, text.data);
		buf_free(&text);
		scratch_remove(HEAD);
		ask("0000000001", CASE, &known);
		done = steps_run(n, run_once, NULL);
		(void)run();
		assert_int_equal(run(), 0);
		assert_int_equal(begun(&b, &lines), 1);
		assert_int_equal(b.lines, 3);
		assert_string_equal(b.head, known.head);
		assert_int_equal(count(LOG, "custody-begun-anew"), 1);
		assert_int_equal(count("records/" CASE "/custody-0000000003.lost", "is left"), 1);
	}
	assert_true(n > 20);
}

static void
put_trace(const char *folder, const char *name, const char *text)
{
	char path[160];
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int made = fsio_mkdirs(fd, folder, 0750);

	assert_true(made != -1);
	assert_int_equal(close(made), 0);
	assert_int_equal(close(fd), 0);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	scratch_puts(path, text);
}

/* A number that was taken and sealed. */
static void
empty_spool(void)
{
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct spool *s = spool_open(fd, CASE, "tower-7", SPOOL_LIVE, 1);
	const struct slice_head head = {.case_id = CASE,
	    .iap = "tower-7",
	    .content_id = 1,
	    .revision = 1,
	    .from = T0,
	    .to = T0 + STAMP_SECOND,
	    .accepted = {T0, CUSTODY_NONE},
	    .order_sha256 = CUSTODY_NONE,
	    .config_sha256 = CUSTODY_NONE,
	    .program = "casetap-capture 0.1.0",
	    .build = "cc"};
	struct gap_record gap = {.head = head, .reason = "down-time", .written = T0 + STAMP_SECOND};

	assert_non_null(s);
	assert_int_equal(spool_claim(s), 0);
	assert_int_equal(spool_commit_gap(s, &gap), 0);
	assert_int_equal(spool_remove(s, 1), 0);
	spool_close(s);
	assert_int_equal(close(fd), 0);
}

/* Is it begun, for those lines, with all gone that tells of it but its chain, and the log broken behind it? */
static int
is_begun_for(const struct custody_known *k)
{
	struct custody_begun b;
	struct buf text = BUF_INIT;
	int fd = case_fd(), rc;

	assert_int_equal(fsio_load_path(scratch_path(LOG), 1 << 16, &text), 0);
	assert_int_equal(buf_puts(&text, "{\"what\":\"is left\"}\n"), 0);
	scratch_puts(LOG, text.data);
	buf_free(&text);
	scratch_remove(HEAD);
	ask("0000000001", CASE, k);
	(void)run();
	rc = custody_begun_load(fd, &b);
	assert_int_equal(close(fd), 0);
	if (rc == 0) {
		assert_int_equal(count(LOG, "is left"), 1);
		assert_int_equal(count("journal/packager/packager.jsonl", "nothing tells how far it went"), 1);
	}
	return rc;
}

/* What was signed of the lines behind would be of lines that are others now: tampering, to who has it. */
static void
a_broken_log_is_not_begun_anew_where_something_was_sealed_that_may_tell_of_more(void **state)
{
	static const struct {
		const char *folder, *name;
		int is_begun;
	} traces[] = {
	    {"outbox/" OTHER "/tower-7/2026-11-20", "LI-2_tower-7_0000000002.tar", 1},
	    {"outbox/" CASE "/tower-7/2026-11-20", ".LI-1_tower-7_0000000001.tar.tmp", 1},
	    {"records/" CASE "/tower-7", "lock", 1},
	    {"records/" CASE "/tower-7", "LI-1_tower-7_0000000001.tags.tar", 0},
	    {"records/" CASE "/tower-7", "0000000001.intent", 0},
	    {"records/" CASE "/tower-7", "stream.json", 0},
	    {"records/" CASE, "LI-1.purge.txt", 0},
	    {"outbox/" CASE "/tower-7/2026-11-20", "LI-1_tower-7_0000000007.tar", 0},
	    {"records/" CASE, "custody-2026-11.head", 0},
	    {"records/" CASE, "custody-2026-11.head.minisig", 0},
	    {"receipts/" CASE "/tower-7", "LI-1_tower-7_0000000007.tar.lea.receipt", 0},
	};
	struct packager p;
	size_t i;

	for (i = 0; i < sizeof(traces) / sizeof(traces[0]); i++) {
		put_trace(traces[i].folder, traces[i].name, "{}\n");
		assert_int_equal(is_begun_for(&known), traces[i].is_begun);
		tear_down(state);
		set_up(state);
	}
	empty_spool();
	assert_int_equal(is_begun_for(&known), 0);
	/* The log says so itself, or the journal. */
	tear_down(state);
	event = "seal";
	set_up(state);
	assert_int_equal(is_begun_for(&known), 0);
	tear_down(state);
	set_up(state);
	start(&p);
	assert_int_equal(journal_write(p.journal, CASE, "ledger", NULL, NULL), 0);
	stop(&p);
	assert_int_equal(is_begun_for(&known), 0);
}

/* What one stream tells says nothing of another's packages. */
static void
each_stream_that_sealed_something_must_tell_of_the_log(void **state)
{
	struct custody_known two = known;
	char text[160];

	(void)state;
	two.lines = 2;
	(void)snprintf(text, sizeof(text), "{\"custody_lines\":2,\"custody_head\":\"%s\"}\n", two.head);
	put_trace("records/" CASE "/tower-7", "stream.json", text);
	put_trace("outbox/" CASE "/tower-7/2026-11-20", "LI-1_tower-7_0000000001.tar", "x");
	put_trace("outbox/" CASE "/tower-8/2026-11-20", "LI-1_tower-8_0000000001.tar", "x");
	assert_int_equal(is_begun_for(&two), 0);
	tear_down(state);
	set_up(state);
	put_trace("records/" CASE "/tower-7", "stream.json", text);
	put_trace("outbox/" CASE "/tower-7/2026-11-20", "LI-1_tower-7_0000000001.tar", "x");
	assert_int_equal(is_begun_for(&two), 1);
}

/* The month's head, as the station signed it. */
static void
put_signed_head(const struct custody_known *k)
{
	struct signedhead h = {.case_id = CASE, .at = T0, .lines = k->lines};
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[SIGNEDHEAD_COMMENT_ROOM];

	(void)signedhead_month(h.month, h.at);
	memcpy(h.head, k->head, sizeof(h.head));
	assert_int_equal(signedhead_write(&h, &text), 0);
	assert_int_equal(sign_make(station, text.data, text.len, signedhead_comment(comment, &h), &sig), 0);
	scratch_puts("records/" CASE "/custody-2026-11.head", text.data);
	scratch_puts("records/" CASE "/custody-2026-11.head.minisig", sig.data);
	buf_free(&text);
	buf_free(&sig);
}

/* What is lost is no less than that: a new log that began before it would put other lines in the place of those. */
static void
a_log_is_lost_up_to_the_head_that_was_signed(void **state)
{
	struct custody_known k;
	struct custody_begun b;
	uint64_t lines;

	(void)state;
	k = known;
	k.lines = 2;
	put_signed_head(&known);
	scratch_remove(LOG);
	scratch_remove(HEAD);
	ask("0000000001", CASE, &k); /* for less */
	assert_int_equal(run(), EX_DATAERR);
	assert_int_equal(is_cut(&k), 1);
	assert_int_equal(k.lines, 3);
	reason = "again";
	ask("0000000002", CASE, &k);
	(void)run();
	assert_int_equal(run(), 0);
	assert_int_equal(begun(&b, &lines), 1);
	assert_int_equal(b.lines, 3);
	assert_int_equal(judged(), VERIFY_INCOMPLETE);
	assert_true(said("custody.jsonl", "its lines up to 3 are lost"));
	verify_result_free(result);
}

static void
put_keyring(const char *text)
{
	struct buf sig = BUF_INIT;

	assert_int_equal(sign_make(root, text, strlen(text), "root", &sig), 0);
	scratch_puts("keyring.txt", text);
	scratch_puts("keyring.txt.minisig", sig.data);
	buf_free(&sig);
}

static int
make_keyring(void **state)
{
	char text[1024], pub[5][SIGN_KEY_TEXT];

	if (scratch_setup(state) == -1 || sign_init() == -1)
		return -1;
	steps_without_sync();
	alice = sign_key_generate();
	bob = sign_key_generate();
	carol = sign_key_generate();
	alice_too = sign_key_generate();
	station = sign_key_generate();
	sign_pub_format(sign_key_pub(alice), pub[0]);
	sign_pub_format(sign_key_pub(bob), pub[1]);
	sign_pub_format(sign_key_pub(carol), pub[2]);
	sign_pub_format(sign_key_pub(alice_too), pub[3]);
	sign_pub_format(sign_key_pub(station), pub[4]);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 2\n"
	    "approver: %s name=alice role=legal\napprover: %s name=bob role=technical\n"
	    "approver: %s name=carol role=legal\napprover: %s name=alice role=technical\n"
	    "station: %s name=tower\n",
	    pub[0], pub[1], pub[2], pub[3], pub[4]);
	keyring = keyring_parse(text, strlen(text), "keyring");
	root = sign_key_generate();
	put_keyring(text);
	return keyring == NULL ? -1 : 0;
}

static int
drop_keyring(void **state)
{
	keyring_free(keyring);
	sign_key_free(root);
	sign_key_free(alice);
	sign_key_free(bob);
	sign_key_free(carol);
	sign_key_free(alice_too);
	sign_key_free(station);
	return scratch_teardown(state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		a_lost_log_goes_on_where_it_ended_once_enough_have_approved, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		it_is_begun_for_the_loss_that_was_approved_and_no_other, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_log_of_which_more_is_there_than_was_told_is_not_begun_anew, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(it_is_not_begun_by_a_clock_from_before_the_request, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_log_whose_chain_is_broken_is_lost, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_log_begun_anew_may_be_lost_again, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(what_is_left_of_a_log_takes_no_name_that_is_taken, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		without_the_request_beside_it_a_log_that_begins_later_is_one_that_was_cut, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(killed_anywhere_it_is_begun_once_and_whole, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_copy_from_between_any_two_steps_is_no_tampering, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_is_kept_of_a_beginning_that_did_not_come_begins_nothing_else, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_second_loss_that_looks_like_the_first_is_approved_anew, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_broken_log_that_was_begun_anew_is_begun_anew_on_the_next_word, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		what_waits_behind_a_beginning_that_was_left_is_followed_in_the_same_run, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_broken_log_of_which_nothing_tells_goes_on_where_its_chain_ends, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		a_broken_log_is_not_begun_anew_where_something_was_sealed_that_may_tell_of_more, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(
		each_stream_that_sealed_something_must_tell_of_the_log, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(a_log_is_lost_up_to_the_head_that_was_signed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, make_keyring, drop_keyring);
}
