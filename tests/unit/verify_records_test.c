#include "custody.h"
#include "fsio.h"
#include "scratch.h"
#include "signedhead.h"
#include "text.h"

#include "findings.h"
#include "verify_records_internal.h"

#define CASE "LI-1"

/* Of the keyring; those that came along, where the test says so. */
static const struct verify_versions *known;

/* Linked with --wrap=fsio_list: why no folder can be listed, or 0. */
static int list_errno;
static unsigned lists;

int __real_fsio_list(int, int (*)(void *, const char *), void *);
int __wrap_fsio_list(int, int (*)(void *, const char *), void *);

int
__wrap_fsio_list(int dirfd, int (*each)(void *, const char *), void *cookie)
{
	lists++;
	if (list_errno == 0)
		return __real_fsio_list(dirfd, each, cookie);
	errno = list_errno;
	return -1;
}

static const char *source = "packager"; /* of the lines that follow */

/* One more line of the log. */
static void
add_full_line(const char *time, const char *event, const char *object, const char *detail)
{
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC), n;
	struct custody *c = custody_open(fd, 1);
	char line[512];

	n = snprintf(line, sizeof(line),
	    "{\"n\":1,\"time\":\"%s\",\"case\":\"" CASE "\",\"event\":\"%s\",\"object\":%s,\"detail\":{%s}}", time,
	    event, object, detail);
	assert_non_null(c);
	assert_int_equal(custody_append(c, source, json_parse(line, (size_t)n, 8)), 0);
	assert_int_equal(custody_sync(c), 0);
	custody_close(c);
	assert_int_equal(close(fd), 0);
}

static void
add_line(const char *time, const char *event)
{
	add_full_line(time, event, "null", "");
}

/* A log of one line. */
static void
put_log(void)
{
	add_line("2026-11-21T00:00:00.000000000Z", "hold");
}

static void
that_folders_of_streams_can_not_be_listed_is_said_once(void **state)
{
	struct verify_place place = {.case_id = CASE};
	struct verify_run run = {.tsa_ca = NULL};
	struct verify_keys *keys;
	struct sign_key *root;
	char folder[512];
	size_t i, unreadable = 0;

	(void)state;
	put_log();
	assert_int_equal(sign_init(), 0);
	root = sign_key_generate();
	keys = verify_keys_new(sign_key_pub(root));
	result = verify_result_new(0);
	(void)snprintf(folder, sizeof(folder), "%s", scratch_path(""));
	place.folder = place.label = folder;
	run.keys = keys;
	run.result = result;
	assert_int_equal(verify_keys_settle(keys, result), 0);
	list_errno = EIO;
	assert_int_equal(verify_records(&run, &place), 0);
	list_errno = 0;
	assert_true(lists >= 2);
	assert_int_equal(verify_result_status(result), VERIFY_UNREADABLE);
	assert_true(said(folder, strerror(EIO)));
	for (i = 0; i < result->count; i++)
		unreadable += result->findings[i].code == VERIFY_UNREADABLE;
	assert_int_equal(unreadable, 1);
	list_errno = ENOMEM;
	assert_int_equal(verify_records(&run, &place), -1);
	list_errno = 0;
	verify_result_free(result);
	verify_keys_free(keys);
	sign_key_free(root);
}

/* A log of so many requests that were refused, none of which is kept: each words of its own, or all of one. */
static size_t
looks_for(size_t n, int is_one)
{
	struct verify_run run = {.tsa_ca = NULL};
	struct records r = {.run = &run, .label = CASE, .case_id = CASE, .word_count = n};
	size_t i;

	result = run.result = verify_result_new(0);
	r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	r.words = calloc(n, sizeof(*r.words));
	assert_non_null(r.words);
	for (i = 0; i < n; i++) {
		r.words[i].kind = RECORDS_REFUSED;
		r.words[i].object[0] = is_one ? 0 : (uint8_t)i;
		r.words[i].object[1] = is_one ? 0 : (uint8_t)(i >> 8);
	}
	assert_int_equal(records_requests(&r), 0);
	assert_int_equal(result->count, is_one ? 1 : n);
	assert_int_equal(close(r.dir.fd), 0);
	free(r.words);
	free(r.asked);
	verify_result_free(result);
	return r.looks;
}

static void
a_log_of_many_requests_costs_little_more_than_its_length(void **state)
{
	const size_t n = 8192; /* 2 to the 13th */

	(void)state;
	assert_in_range(looks_for(n, 0), n, n * 2 * (14 + 2)); /* twice: a search, the word, and the next */
	assert_in_range(looks_for(n, 1), n, n * 2 + 2 * 15);
}

#define T0 (STAMP_DAY * 20777) /* 2026-11-20 */
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* Packages hold revision 1, approved by a key that ends two days after T0, and say that it was accepted at T0. */
static void
put_order(struct verify_orders *orders, const struct sign_key *key)
{
	static const char text[] = "the order";
	struct package_order files[2];
	struct package_facts f;

	memset(files, 0, sizeof(files));
	memset(&f, 0, sizeof(f));
	strcpy(files[0].name, "1.order");
	assert_int_equal(buf_puts(&files[0].text, text), 0);
	strcpy(files[1].name, "1.order.carol.minisig");
	strcpy(f.slice.head.iap, "tower-7");
	assert_int_equal(sign_make(key, text, strlen(text), "approved", &files[1].text), 0);
	f.orders = files;
	f.order_count = 2;
	f.slice.head.revision = 1;
	f.slice.open.realtime = T0 + 9 * STAMP_DAY;
	f.slice.head.accepted = (struct order_acceptance){T0, HEX};
	assert_int_equal(digest_hex_of(text, strlen(text), f.slice.head.order_sha256), 0);
	assert_int_equal(verify_orders_package(orders, &f, "the day", result), 0);
	buf_free(&files[0].text);
	buf_free(&files[1].text);
}

static void
the_custody_log_contradicts_a_made_up_acceptance(void **state)
{
	static const struct {
		stamp_t logged[2];
		enum verify_code code;
		const char *what;
	} cases[] = {
	    {{T0 + STAMP_SECOND, T0 + STAMP_SECOND}, VERIFY_NOTE, NULL},
	    {{T0 + 5 * STAMP_DAY, T0}, VERIFY_NOTE, NULL},
	    {{T0 + STAMP_DAY, T0 + 5 * STAMP_DAY}, VERIFY_NOTE,
		"but at 2026-11-21T00:00:00Z, as the custody log says"},
	    {{T0 + 5 * STAMP_DAY, T0 + 6 * STAMP_DAY}, VERIFY_TAMPERED,
		"it had not the approvals that it needed then"},
	};
	char pub[SIGN_KEY_TEXT], text[256], hex[DIGEST_HEX];
	struct sign_key *carol;
	struct keyring *keyring;
	size_t i, k;

	(void)state;
	assert_int_equal(sign_init(), 0);
	carol = sign_key_generate();
	sign_pub_format(sign_key_pub(carol), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=carol to=2026-11-22T00:00:00Z\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct records_word words[2];
		struct verify_run run = {.tsa_ca = NULL};
		struct records r = {.run = &run, .label = "records", .case_id = CASE, .keyring = keyring};

		memset(words, 0, sizeof(words));
		result = run.result = verify_result_new(0);
		run.keys = NULL;
		run.orders = verify_orders_new(CASE);
		put_order(run.orders, carol);
		for (k = 0; k < 2; k++) {
			words[k] =
			    (struct records_word){.kind = RECORDS_ACCEPTED, .number = 1, .time = cases[i].logged[k]};
			assert_int_equal(digest_hex_of("the order", 9, hex), 0);
			assert_int_equal(text_unhex(words[k].object, DIGEST_BYTES, hex), 0);
		}
		r.words = words;
		r.word_count = 2;
		assert_non_null(records_paper_add(&r.orders, "1.order", HEX));
		r.orders.at[0].is_seen = 1;
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_orders(&r), 0);
		assert_int_equal(verify_result_status(result), cases[i].code);
		assert_int_equal(result->count, cases[i].what == NULL ? 0 : 1);
		if (cases[i].what != NULL)
			assert_true(said("1.order", cases[i].what));
		assert_int_equal(close(r.dir.fd), 0);
		free(r.orders.at[0].name);
		free(r.orders.at);
		verify_orders_free(run.orders);
		verify_result_free(result);
	}
	keyring_free(keyring);
	sign_key_free(carol);
}

/* Two stations' clocks, or one that was set: the place in the log tells what came first. */
static void
a_revocation_is_no_older_than_the_lines_before_it(void **state)
{
	static const char *const times[][2] = {
	    {"2026-11-21T00:00:07.000000000Z", "1970-01-01T00:00:10.000000000Z"},
	    {"1970-01-01T00:00:10.000000000Z", "2026-11-21T00:00:07.000000000Z"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct verify_run run = {.tsa_ca = NULL};
		struct records r = {.run = &run, .label = "records", .case_id = CASE};

		scratch_remove("custody.jsonl");
		source = "capture/tower-7";
		add_line("2026-11-22T00:00:00.000000000Z", "started"); /* what another tells makes it no later */
		source = "packager";
		add_line(times[i][0], "started");
		add_line(times[i][1], "order-revoked");
		result = run.result = verify_result_new(0);
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_log_read(&r), 0);
		assert_int_equal(r.word_count, 1);
		assert_int_equal(r.words[0].kind, RECORDS_REVOKED);
		assert_int_equal(r.words[0].time, T0 + STAMP_DAY + 7 * STAMP_SECOND);
		free(r.words);
		custody_close(r.log);
		assert_int_equal(close(r.dir.fd), 0);
		verify_result_free(result);
	}
	scratch_remove("custody.jsonl");
}

static void
what_was_begun_after_the_log_says_revoked_is_under_no_order(void **state)
{
	static const struct {
		stamp_t logged[2];
		const char *iap;
		enum verify_code code;
	} cases[] = {
	    {{T0 + 9 * STAMP_DAY + STAMP_SECOND, T0 + 10 * STAMP_DAY}, "tower-7", VERIFY_NOTE},
	    {{T0 + 9 * STAMP_DAY - 4 * STAMP_SECOND, T0 + 10 * STAMP_DAY}, "tower-7", VERIFY_NOTE},
	    {{T0 + 9 * STAMP_DAY - 600 * STAMP_SECOND, T0 + 10 * STAMP_DAY}, "tower-7", VERIFY_GAPS},
	    {{T0 + 8 * STAMP_DAY, T0 + 10 * STAMP_DAY}, "tower-7", VERIFY_TAMPERED},
	    {{T0 + 10 * STAMP_DAY, T0 + 8 * STAMP_DAY}, "tower-7", VERIFY_TAMPERED}, /* the first counts */
	    {{T0 + 8 * STAMP_DAY, T0 + 8 * STAMP_DAY}, "tower-8", VERIFY_NOTE},
	};
	struct sign_key *carol;
	size_t i, k;

	(void)state;
	assert_int_equal(sign_init(), 0);
	carol = sign_key_generate();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct records_word words[2];
		struct records_iap iap;
		struct verify_run run = {.tsa_ca = NULL};
		struct records r = {
		    .run = &run, .label = "records", .case_id = CASE, .words = words, .word_count = 2};

		memset(&iap, 0, sizeof(iap));
		strcpy(iap.iap, cases[i].iap);
		r.iaps = &iap;
		r.iap_count = 1;
		result = run.result = verify_result_new(0);
		run.orders = verify_orders_new(CASE);
		put_order(run.orders, carol);
		for (k = 0; k < 2; k++)
			words[k] = (struct records_word){.kind = RECORDS_REVOKED, .time = cases[i].logged[k]};
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_orders(&r), 0);
		assert_int_equal(result->count, cases[i].code == VERIFY_NOTE ? 0 : 1);
		if (cases[i].code != VERIFY_NOTE) {
			assert_int_equal(result->findings[0].code, cases[i].code);
			assert_true(said("1.order", "the case was revoked at"));
		}
		assert_int_equal(close(r.dir.fd), 0);
		verify_orders_free(run.orders);
		verify_result_free(result);
	}
	sign_key_free(carol);
}

/* Linked with --wrap=package_check_tags: the tag files hold this, if the test says so. */
static const struct package_facts *tags;
enum package_verdict __real_package_check_tags(
    int, const char *, const struct keyring *, struct package_facts *, char *, size_t);
enum package_verdict __wrap_package_check_tags(
    int, const char *, const struct keyring *, struct package_facts *, char *, size_t);

enum package_verdict
__wrap_package_check_tags(
    int fd, const char *name, const struct keyring *keyring, struct package_facts *facts, char *why, size_t room)
{
	size_t i;

	if (tags == NULL)
		return __real_package_check_tags(fd, name, keyring, facts, why, room);
	*facts = *tags;
	facts->orders = calloc(tags->order_count, sizeof(*facts->orders));
	assert_non_null(facts->orders);
	for (i = 0; i < tags->order_count; i++) {
		memcpy(facts->orders[i].name, tags->orders[i].name, sizeof(facts->orders[i].name));
		assert_int_equal(
		    buf_put(&facts->orders[i].text, tags->orders[i].text.data, tags->orders[i].text.len), 0);
	}
	return PACKAGE_INTACT;
}

#define BEGUN (T0 + 9 * STAMP_DAY) /* 2026-11-29: when the slice was */
#define ORDER_TEXT                                                                                             \
	"[order]\nformat = casetap-order/1\ncase_id = " CASE                                                   \
	"\ncontent_id = 1\nlea = county-sheriff\nauthority = other\norder_number = 1\nissued_by = A\n"         \
	"presented_by = B\nresponsible = C\nnot_before = 2026-11-20T00:00:00Z\nnot_after = "                   \
	"2026-12-10T00:00:00Z\nrevision = 1\n\n[subject]\nipv4 = 198.51.100.7\n\n[capture]\nscope = content\n" \
	"\n[delivery]\nto = county-sheriff\npayload_days = 30\nrecords_days = 1825\n"
#define REVOCATION "casetap-revocation/1\ncase: " CASE "\nat: %s\nreason: court\n"

static void
set_file(struct package_order *file, const char *name, const struct sign_key *key, const char *text)
{
	memset(file, 0, sizeof(*file));
	(void)snprintf(file->name, sizeof(file->name), "%s", name);
	if (key == NULL)
		assert_int_equal(buf_puts(&file->text, text), 0);
	else
		assert_int_equal(sign_make(key, text, strlen(text), "approved", &file->text), 0);
}

/* A slice with a frame, under an approved order, and the revocation that its package holds, if so. */
static void
make_tags(struct package_facts *f, struct package_order files[4], const struct sign_key *carol, const char *revoked)
{
	char text[256];

	memset(f, 0, sizeof(*f));
	f->orders = files;
	f->order_count = revoked == NULL ? 2 : 4;
	f->names = (struct names){.kind = NAMES_TAGS, .seq = 1};
	f->day = BEGUN;
	strcpy(f->custody_head, CUSTODY_NONE);
	strcpy(f->slice.head.iap, "tower-7");
	f->slice.head.revision = 1;
	f->slice.open.realtime = BEGUN;
	f->slice.frames = 1;
	f->slice.first_frame = f->slice.last_frame = BEGUN + STAMP_SECOND;
	assert_int_equal(digest_hex_of(ORDER_TEXT, strlen(ORDER_TEXT), f->slice.head.order_sha256), 0);
	set_file(&files[0], "1.order", NULL, ORDER_TEXT);
	set_file(&files[1], "1.order.carol.minisig", carol, ORDER_TEXT);
	if (revoked == NULL)
		return;
	(void)snprintf(text, sizeof(text), REVOCATION, revoked);
	set_file(&files[2], "revoked", NULL, text);
	set_file(&files[3], "revoked.minisig", carol, text);
}

static void
put_keyring(const struct sign_key *root, const struct sign_key *carol)
{
	char pub[SIGN_KEY_TEXT], text[256];
	struct buf sig = BUF_INIT;

	sign_pub_format(sign_key_pub(carol), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\napprover: %s name=carol\n",
	    pub);
	assert_int_equal(sign_make(root, text, strlen(text), "root", &sig), 0);
	scratch_puts("keyring.txt", text);
	scratch_puts("keyring.txt.minisig", sig.data);
	buf_free(&sig);
}

/* A package that came along, or NULL: it was judged before the records are. */
static const struct package_facts *came_along;

static void
judge_package(struct verify_run *run)
{
	struct verify_case_sums sums = {.revoked = STAMP_NONE};
	struct spans window = SPANS_INIT;

	run->orders = verify_orders_new(CASE);
	assert_int_equal(verify_orders_package(run->orders, came_along, "the day", run->result), 0);
	assert_int_not_equal(
	    verify_orders_judge(run->orders, verify_keys_best(run->keys), 0, &window, &sums, run->result), -1);
	spans_free(&window);
	verify_case_clear(&sums);
}

/* The worst of what was said of the order of that slice, by records of which no other package came along. */
static enum verify_code
judge_alone(const struct sign_key *root)
{
	char folder[512];
	struct verify_dir dir = {.tar = NULL};
	struct verify_place place = {.case_id = CASE, .folder = folder, .label = folder};
	struct verify_walk walk = VERIFY_WALK_INIT;
	struct verify_run run = {.walk = &walk};
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	enum verify_code worst = VERIFY_NOTE;
	size_t i;

	result = run.result = verify_result_new(T0 + 30 * STAMP_DAY);
	(void)snprintf(folder, sizeof(folder), "%s", scratch_path(""));
	dir.fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(verify_keys_load(keys, &dir, "keyring.txt", folder, result), 0);
	assert_int_equal(verify_keys_settle(keys, result), 0);
	run.keys = keys;
	if (came_along != NULL)
		judge_package(&run);
	assert_int_equal(verify_records(&run, &place), 0);
	assert_int_equal(run.orders != NULL, came_along != NULL);
	verify_orders_free(run.orders);
	for (i = 0; i < result->count; i++) {
		if (strstr(result->findings[i].where, "1.order") != NULL && result->findings[i].code > worst)
			worst = result->findings[i].code;
	}
	assert_int_equal(close(dir.fd), 0);
	verify_keys_free(keys);
	return worst;
}

/* After a purge, or before the packages came: tag files hold what the records of packages do. */
static void
records_alone_are_held_against_a_revocation_as_packages_are(void **state)
{
	static const struct {
		const char *log[3],
		    *revoked; /* a line, that of the revocation, another; and the one that was sealed */
		enum verify_code code;
		const char *what;
	} cases[] = {
	    {{NULL, NULL, NULL}, NULL, VERIFY_NOTE, NULL},
	    {{NULL, "2026-11-29T00:00:01.000000000Z", NULL}, NULL, VERIFY_NOTE, NULL},
	    {{NULL, "2026-11-28T23:59:56.000000000Z", NULL}, NULL, VERIFY_NOTE, NULL},
	    {{NULL, "2026-11-28T23:50:00.000000000Z", NULL}, NULL, VERIFY_GAPS, "the case was revoked at"},
	    {{NULL, "2026-11-28T00:00:00.000000000Z", NULL}, NULL, VERIFY_TAMPERED, "the case was revoked at"},
	    /* By a clock that was wrong then, and right in the lines before: later than those it is not older. */
	    {{"2026-11-29T00:00:02.000000000Z", "1970-01-01T00:00:10.000000000Z", NULL}, NULL, VERIFY_NOTE, NULL},
	    {{"2026-11-28T00:00:02.000000000Z", "1970-01-01T00:00:10.000000000Z", NULL}, NULL, VERIFY_TAMPERED,
		"revoked at 2026-11-28T00:00:02Z"},
	    /* One that is right behind it makes it no later. */
	    {{NULL, "2026-11-28T00:00:00.000000000Z", "2026-11-29T00:00:02.000000000Z"}, NULL, VERIFY_TAMPERED,
		"the case was revoked at"},
	    /* The signed one, which the log does not know. */
	    {{NULL, NULL, NULL}, "2026-11-29T00:00:00Z", VERIFY_NOTE, "it was revoked at"},
	    {{NULL, NULL, NULL}, "2026-11-28T00:00:00Z", VERIFY_GAPS, "it was revoked at"},
	};
	struct sign_key *root, *carol;
	struct package_order files[4];
	struct package_facts f, came;
	size_t i, k, n;

	(void)state;
	assert_int_equal(sign_init(), 0);
	root = sign_key_generate();
	carol = sign_key_generate();
	put_keyring(root, carol);
	assert_int_equal(mkdir(scratch_path("tower-7"), 0755), 0);
	scratch_puts("tower-7/" CASE "_tower-7_0000000001.tags.tar", "tags");
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_tags(&f, files, carol, cases[i].revoked);
		scratch_remove("custody.jsonl");
		scratch_remove("custody.head");
		add_full_line("2026-11-20T00:00:00.000000000Z", "seal", "\"" HEX "\"",
		    "\"iap\":\"tower-7\",\"seq\":1,\"day\":\"2026-11-29\",\"bytes\":4,\"sha256\":\"" HEX "\"");
		for (k = 0; k < 3; k++) {
			if (cases[i].log[k] != NULL)
				add_line(cases[i].log[k], k == 1 ? "order-revoked" : "started");
		}
		tags = &f;
		assert_int_equal(judge_alone(root), cases[i].code);
		tags = NULL;
		assert_true(cases[i].what == NULL || said("1.order", cases[i].what));
		for (k = 0; k < f.order_count; k++)
			buf_free(&files[k].text);
		verify_result_free(result);
	}
	/* Nor are they judged by less else: a frame from outside the order's window, or one without an approval. */
	make_tags(&f, files, carol, NULL);
	tags = &f;
	f.slice.last_frame = T0 + 20 * STAMP_DAY;
	assert_int_equal(judge_alone(root), VERIFY_TAMPERED);
	assert_true(said("1.order", "frames from outside its window"));
	verify_result_free(result);
	f.slice.last_frame = BEGUN + STAMP_SECOND;
	f.order_count = 1;
	assert_int_equal(judge_alone(root), VERIFY_TAMPERED);
	assert_true(said("1.order", "has 0 of the 1 approvals"));
	verify_result_free(result);
	/* Nor by packages that came along: what tag files hold besides is judged, and all is said once. */
	f.order_count = 2;
	came = f;
	came_along = &came;
	assert_int_equal(judge_alone(root), VERIFY_NOTE);
	verify_result_free(result);
	f.slice.last_frame = T0 + 20 * STAMP_DAY;
	assert_int_equal(judge_alone(root), VERIFY_TAMPERED);
	assert_true(said("1.order", "frames from outside its window"));
	verify_result_free(result);
	came = f;
	assert_int_equal(judge_alone(root), VERIFY_TAMPERED);
	for (i = n = 0; i < result->count; i++)
		n += strstr(result->findings[i].what, "frames from outside its window") != NULL;
	assert_int_equal(n, 1);
	verify_result_free(result);
	came_along = NULL;
	tags = NULL;
	for (k = 0; k < 2; k++)
		buf_free(&files[k].text);
	scratch_remove("tower-7");
	scratch_remove("custody.jsonl");
	scratch_remove("custody.head");
	scratch_remove("keyring.txt");
	scratch_remove("keyring.txt.minisig");
	sign_key_free(root);
	sign_key_free(carol);
}

/* A log of line 4 alone, begun anew on a request for lines 1 to ${lines}, with the signatures of so many of these keys. */
static void
put_begun_at(struct custody_begun *b, uint64_t lines, stamp_t at, const struct sign_key *const keys[], size_t count)
{
	static const char *const names[] = {"alice", "alan", "bob"};
	struct request q = {
	    .act = REQUEST_BEGIN, .case_id = CASE, .issued = T0, .reason = "disk failed", .lines = lines};
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char path[256];
	int fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t i;

	strcpy(q.head, HEX);
	assert_int_equal(request_write(&q, &text), 0);
	*b = (struct custody_begun){.lines = 3, .head = HEX, .at = at};
	assert_int_equal(digest_hex_of(text.data, text.len, b->request), 0);
	assert_int_equal(mkdir(scratch_path("requests"), 0755), 0);
	(void)snprintf(path, sizeof(path), "requests/%s.request", b->request);
	scratch_puts(path, text.data);
	for (i = 0; i < count; i++) {
		assert_int_equal(sign_make(keys[i], text.data, text.len, "approved", &sig), 0);
		(void)snprintf(path, sizeof(path), "requests/%s.request.%s.minisig", b->request, names[i]);
		scratch_puts(path, sig.data);
		buf_free(&sig);
	}
	buf_free(&text);
	scratch_remove("custody.jsonl");
	scratch_remove("custody.head");
	assert_int_equal(custody_begin(fd, CASE, b, "disk failed", "alice bob"), 0);
	assert_int_equal(close(fd), 0);
}

static void
put_begun(struct custody_begun *b, uint64_t lines, const struct sign_key *const keys[], size_t count)
{
	put_begun_at(b, lines, T0, keys, count);
}

/* Something that was signed: of that line or kind, with the head of what is lost or another. */
struct signed_head {
	uint64_t line, lost;
	stamp_t at;
	int is_other;
};

/* Does something name the log's last line? */
static int is_unsealed;

static enum verify_code
judge_begun(const struct keyring *keyring, const struct signed_head *heads, size_t count)
{
	struct verify_anchors anchors = VERIFY_ANCHORS_INIT;
	struct verify_run run = {.tsa_ca = NULL};
	struct records r = {
	    .run = &run, .label = "records", .case_id = CASE, .keyring = keyring, .anchors = &anchors};
	struct sign_key *root = sign_key_generate();
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	char head[DIGEST_HEX] = HEX;
	size_t i;

	result = run.result = verify_result_new(T0 + 30 * STAMP_DAY);
	run.keys = keys;
	for (i = 0; i < count; i++) {
		head[0] = heads[i].is_other ? 'f' : HEX[0];
		verify_anchors_next(&anchors, heads[i].lost, heads[i].at);
		assert_int_equal(verify_anchor_add(&anchors, RECORDS_OWN, heads[i].line, head, "the day"), 0);
	}
	r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(records_log_read(&r), 0);
	if (!is_unsealed)
		assert_int_equal(
		    verify_anchor_add(&anchors, RECORDS_OWN, custody_lines(r.log), custody_head(r.log), "the day"),
		    0);
	assert_int_equal(records_begun(&r), 0);
	assert_int_equal(records_log_judge(&r), 0);
	custody_close(r.log);
	assert_int_equal(close(r.dir.fd), 0);
	verify_anchors_free(&anchors);
	verify_keys_free(keys);
	sign_key_free(root);
	return (enum verify_code)verify_result_status(result);
}

static void
a_log_begun_anew_is_a_gap_by_its_approvals_and_tampering_without(void **state)
{
	static const struct {
		size_t signers;
		uint64_t lines; /* that were approved */
		enum verify_code code;
		const char *what;
	} cases[] = {
	    {3, 3, VERIFY_GAPS,
		"lines up to 3 are lost: it was begun anew at 2026-11-20T00:00:00Z, approved by alan, bob: disk"},
	    {2, 3, VERIFY_TAMPERED, "has 1 of 2 approvals"}, /* they are of one role */
	    {0, 3, VERIFY_TAMPERED, "has 0 of 2 approvals"},
	    {3, 4, VERIFY_TAMPERED, "is about something else"},
	};
	static const struct {
		struct signed_head heads[2];
		size_t count;
		enum verify_code code;
	} signed_heads[] = {
	    {{{.line = 2, .at = STAMP_NONE}}, 1, VERIFY_GAPS},
	    {{{.line = 2, .at = STAMP_NONE}, {.line = 2, .at = STAMP_NONE, .is_other = 1}}, 2, VERIFY_TAMPERED},
	    {{{.line = 3, .at = STAMP_NONE}}, 1, VERIFY_GAPS},
	    {{{.line = 3, .at = STAMP_NONE, .is_other = 1}}, 1, VERIFY_TAMPERED},
	    {{{.line = 5, .at = STAMP_NONE}}, 1, VERIFY_INCOMPLETE},
	    {{{.line = VERIFY_ANCHOR_LEDGER, .at = STAMP_NONE, .is_other = 1}}, 1, VERIFY_GAPS},
	    {{{.line = VERIFY_ANCHOR_LEDGER, .lost = 3, .at = STAMP_NONE, .is_other = 1}}, 1, VERIFY_TAMPERED},
	    {{{.line = VERIFY_ANCHOR_PURGE, .at = T0 - 1, .is_other = 1}}, 1, VERIFY_GAPS},
	    {{{.line = VERIFY_ANCHOR_PURGE, .at = T0 + 1, .is_other = 1}}, 1, VERIFY_TAMPERED},
	    /* When it was begun anew must agree with when the rest was signed, but for a clock that is set a little. */
	    {{{.line = 2, .at = T0 - STAMP_DAY}}, 1, VERIFY_GAPS},
	    {{{.line = 2, .at = T0 + 30 * STAMP_SECOND}}, 1, VERIFY_GAPS},
	    {{{.line = 2, .at = T0 + STAMP_DAY}}, 1, VERIFY_TAMPERED},
	    {{{.line = 3, .at = T0 + STAMP_DAY}}, 1, VERIFY_TAMPERED},
	    {{{.line = 3, .at = T0 - STAMP_DAY}, {.line = 3, .at = T0 + STAMP_DAY}}, 2, VERIFY_TAMPERED},
	    {{{.line = 5, .at = T0 + STAMP_DAY}}, 1, VERIFY_INCOMPLETE},
	    {{{.line = 5, .at = T0 - STAMP_DAY}}, 1, VERIFY_TAMPERED},
	};
	struct sign_key *keys[3];
	char pub[3][SIGN_KEY_TEXT], text[512];
	struct custody_begun b;
	struct keyring *keyring, *twice;
	size_t i;

	(void)state;
	assert_int_equal(sign_init(), 0);
	for (i = 0; i < 3; i++) {
		keys[i] = sign_key_generate();
		sign_pub_format(sign_key_pub(keys[i]), pub[i]);
	}
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 2\n"
	    "approver: %s name=alice role=legal\napprover: %s name=alan role=legal\napprover: %s name=bob role=technical\n",
	    pub[0], pub[1], pub[2]);
	keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(keyring);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_begun(&b, cases[i].lines, (const struct sign_key *const *)keys, cases[i].signers);
		assert_int_equal(judge_begun(keyring, NULL, 0), cases[i].code);
		assert_true(said("custody.jsonl", cases[i].what));
		verify_result_free(result);
		scratch_remove("requests");
	}
	/* One who has two keys is no second one. */
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 2\n"
	    "approver: %s name=alice\napprover: %s name=alice\n",
	    pub[0], pub[1]);
	twice = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(twice);
	put_begun(&b, 3, (const struct sign_key *const *)keys, 2);
	assert_int_equal(judge_begun(twice, NULL, 0), VERIFY_TAMPERED);
	assert_true(said("custody.jsonl", "has 1 of 2 approvals"));
	verify_result_free(result);
	scratch_remove("requests");
	keyring_free(twice);
	put_begun(&b, 3, (const struct sign_key *const *)keys, 3);
	for (i = 0; i < sizeof(signed_heads) / sizeof(signed_heads[0]); i++) {
		assert_int_equal(
		    judge_begun(keyring, signed_heads[i].heads, signed_heads[i].count), signed_heads[i].code);
		verify_result_free(result);
	}
	/* What is there of it is vouched for by nobody, whatever names what is lost. */
	is_unsealed = 1;
	assert_int_equal(judge_begun(keyring, NULL, 0), VERIFY_INCOMPLETE);
	assert_true(said("custody.jsonl", "none of its 1 lines, since 2026-11-20T00:00:00Z"));
	verify_result_free(result);
	assert_int_equal(judge_begun(keyring, signed_heads[0].heads, 1), VERIFY_INCOMPLETE);
	assert_true(said("custody.jsonl", "nobody vouches for it"));
	verify_result_free(result);
	is_unsealed = 0;
	/* The same without approval: nothing is excused. */
	scratch_remove("requests");
	assert_int_equal(judge_begun(keyring, signed_heads[0].heads, 1), VERIFY_TAMPERED);
	assert_true(said("custody.jsonl", "the request that it names is not there"));
	assert_true(said("custody.jsonl", "line 2 is not the one"));
	verify_result_free(result);
	scratch_remove("custody.jsonl");
	keyring_free(keyring);
	for (i = 0; i < 3; i++)
		sign_key_free(keys[i]);
}

/* Of a request that began no log the approvals are not kept, and not missed; of one that did they are. */
static void
a_refused_request_to_begin_anew_needs_no_approval(void **state)
{
	struct custody_begun b;
	int is_followed;

	(void)state;
	for (is_followed = 0; is_followed < 2; is_followed++) {
		struct verify_run run = {.tsa_ca = NULL};
		struct records_word word = {.kind = is_followed ? RECORDS_FOLLOWED : RECORDS_REFUSED, .time = T0};
		struct records r = {
		    .run = &run, .label = "records", .case_id = CASE, .words = &word, .word_count = 1};

		put_begun(&b, 3, NULL, 0);
		assert_int_equal(text_unhex(word.object, DIGEST_BYTES, b.request), 0);
		result = run.result = verify_result_new(T0 + STAMP_DAY);
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_requests(&r), 0);
		assert_int_equal(verify_result_status(result), is_followed ? VERIFY_INCOMPLETE : 0);
		assert_int_equal(close(r.dir.fd), 0);
		free(r.asked);
		verify_result_free(result);
		scratch_remove("requests");
		scratch_remove("custody.jsonl");
	}
}

/* A head that the station signed once the case had ended, or what looks like one. */
struct headfile {
	const char *name, *case_id, *month, *comment; /* comment: NULL, as casetap writes it */
	int is_stranger, is_cut, has_no_signature;
};

static void
put_head(const struct headfile *h, const struct sign_key *station, const struct sign_key *stranger)
{
	struct signedhead c = {.at = T0, .lines = 3, .head = HEX};
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char comment[SIGNEDHEAD_COMMENT_ROOM], path[128];

	(void)snprintf(c.case_id, sizeof(c.case_id), "%s", h->case_id);
	(void)snprintf(c.month, sizeof(c.month), "%s", h->month);
	assert_int_equal(signedhead_write(&c, &text), 0);
	if (h->is_cut)
		text.data[--text.len] = '\0';
	assert_int_equal(sign_make(h->is_stranger ? stranger : station, text.data, text.len,
			     h->comment == NULL ? signedhead_comment(comment, &c) : h->comment, &sig),
	    0);
	scratch_puts(h->name, text.data);
	(void)snprintf(path, sizeof(path), "%s.minisig", h->name);
	if (!h->has_no_signature)
		scratch_puts(path, sig.data);
	buf_free(&text);
	buf_free(&sig);
}

static void
a_head_counts_by_the_signature_of_the_station_for_its_case_and_month(void **state)
{
	static const char name[] = "custody-2026-11.head";
	static const struct {
		struct headfile h;
		enum verify_code code;
		const char *what;
	} cases[] = {
	    {{name, CASE, "2026-11", NULL, 0, 0, 0}, VERIFY_NOTE, NULL},
	    {{name, "LI-2", "2026-11", NULL, 0, 0, 0}, VERIFY_TAMPERED, "is of another case or month"},
	    {{"custody-2026-12.head", CASE, "2026-11", NULL, 0, 0, 0}, VERIFY_TAMPERED,
		"is of another case or month"},
	    {{name, CASE, "2026-11", "signed", 0, 0, 0}, VERIFY_TAMPERED, "its trusted comment does not agree"},
	    {{name, CASE, "2026-11", NULL, 1, 0, 0}, VERIFY_TAMPERED, "not in the keyring"},
	    {{name, CASE, "2026-11", NULL, 0, 1, 0}, VERIFY_MALFORMED, "is no head of a custody log"},
	    {{name, CASE, "2026-11", NULL, 0, 0, 1}, VERIFY_INCOMPLETE, "nobody answers for the head"},
	};
	struct sign_key *station = sign_key_generate(), *stranger = sign_key_generate();
	char pub[SIGN_KEY_TEXT], text[256];
	struct keyring *keyring;
	size_t i;

	(void)state;
	sign_pub_format(sign_key_pub(station), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\nstation: %s name=tower\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(keyring);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verify_anchors anchors = VERIFY_ANCHORS_INIT;
		struct verify_run run = {.tsa_ca = NULL};
		struct records r = {
		    .run = &run, .label = "records", .case_id = CASE, .keyring = keyring, .anchors = &anchors};

		put_head(&cases[i].h, station, stranger);
		result = run.result = verify_result_new(T0 + STAMP_DAY);
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_heads(&r), 0);
		assert_int_equal(verify_result_status(result), cases[i].code);
		assert_true(cases[i].what == NULL || said(".head", cases[i].what));
		/* Only what is signed for this log is held against it. */
		assert_int_equal(anchors.count, cases[i].code == VERIFY_NOTE);
		assert_int_equal(close(r.dir.fd), 0);
		verify_anchors_free(&anchors);
		verify_result_free(result);
		scratch_remove("custody-2026-11.head");
		scratch_remove("custody-2026-11.head.minisig");
		scratch_remove("custody-2026-12.head");
		scratch_remove("custody-2026-12.head.minisig");
	}
	keyring_free(keyring);
	sign_key_free(station);
	sign_key_free(stranger);
}

/* What an attachment and its request look like. */
enum papers {
	PAPERS_GOOD,
	PAPERS_CHANGED,       /* the file is another */
	PAPERS_GONE,          /* the file is not there */
	PAPERS_STRANGE,       /* another file is there */
	PAPERS_OTHER_CASE,    /* the request is about one */
	PAPERS_RENAMED,       /* the request is called by another hash */
	PAPERS_NO_REQUEST,    /* what is called so is none */
	PAPERS_SIGNATURE_ONLY /* the request is gone, and a signature of it is there */
};

static void
put_papers(enum papers how)
{
	struct request q = {.act = REQUEST_ATTACH, .case_id = CASE, .issued = T0, .reason = "letter", .bytes = 6};
	struct buf text = BUF_INIT;
	char path[256], hex[DIGEST_HEX];

	strcpy(q.file, "letter.txt");
	assert_int_equal(digest_hex_of("letter", 6, q.file_sha256), 0);
	if (how == PAPERS_OTHER_CASE)
		strcpy(q.case_id, "LI-2");
	assert_int_equal(how == PAPERS_NO_REQUEST ? buf_puts(&text, "none\n") : request_write(&q, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, hex), 0);
	if (how == PAPERS_RENAMED)
		hex[0] = hex[0] == '0' ? '1' : '0';
	assert_int_equal(mkdir(scratch_path("requests"), 0755), 0);
	assert_int_equal(mkdir(scratch_path("attachments"), 0755), 0);
	(void)snprintf(
	    path, sizeof(path), "requests/%s.request%s", hex, how == PAPERS_SIGNATURE_ONLY ? ".carol.minisig" : "");
	scratch_puts(path, text.data);
	(void)snprintf(path, sizeof(path), "attachments/%.8s-letter.txt", q.file_sha256);
	if (how != PAPERS_GONE && how != PAPERS_SIGNATURE_ONLY && how != PAPERS_NO_REQUEST && how != PAPERS_RENAMED)
		scratch_puts(path, how == PAPERS_CHANGED ? "Letter" : "letter");
	if (how == PAPERS_STRANGE)
		scratch_puts("attachments/other.txt", "other");
	buf_free(&text);
}

static void
requests_and_attachments_are_held_against_their_hashes(void **state)
{
	static const struct {
		enum papers how;
		enum verify_code code;
		const char *where, *what;
	} cases[] = {
	    {PAPERS_GOOD, VERIFY_NOTE, NULL, NULL},
	    {PAPERS_CHANGED, VERIFY_TAMPERED, "-letter.txt", "is not what its request names"},
	    {PAPERS_GONE, VERIFY_INCOMPLETE, "-letter.txt", "a request says that it was attached"},
	    {PAPERS_STRANGE, VERIFY_NOTE, "other.txt", "no request that was kept is of it"},
	    {PAPERS_OTHER_CASE, VERIFY_TAMPERED, ".request", "is about another case"},
	    {PAPERS_RENAMED, VERIFY_TAMPERED, ".request", "does not have the hash that it is called by"},
	    {PAPERS_NO_REQUEST, VERIFY_MALFORMED, ".request", "is no request"},
	    {PAPERS_SIGNATURE_ONLY, VERIFY_INCOMPLETE, ".request", "is missing; a signature of it is there"},
	};
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verify_run run = {.tsa_ca = NULL};
		struct records r = {.run = &run, .label = "records", .case_id = CASE};

		put_papers(cases[i].how);
		result = run.result = verify_result_new(T0 + STAMP_DAY);
		r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		assert_int_equal(records_requests(&r), 0);
		assert_int_equal(verify_result_status(result), cases[i].code);
		assert_int_equal(result->count, cases[i].what == NULL ? 0 : 1);
		assert_true(cases[i].what == NULL || said(cases[i].where, cases[i].what));
		assert_int_equal(close(r.dir.fd), 0);
		free(r.asked);
		for (k = 0; k < r.attached.count; k++)
			free(r.attached.at[k].name);
		free(r.attached.at);
		verify_result_free(result);
		scratch_remove("requests");
		scratch_remove("attachments");
	}
}

/* The time at which a log was begun anew picks the keyring, and is the station's own word. */
static void
when_a_log_was_begun_anew_is_no_word_to_build_on(void **state)
{
	static const struct {
		stamp_t at, revoked;
		int is_known; /* the keyring of that time came along, which knows of no revocation */
		enum verify_code code;
		const char *what;
	} cases[] = {
	    {T0, STAMP_NONE, 0, VERIFY_GAPS, "approved by alice"},
	    {T0 - 1, STAMP_NONE, 0, VERIFY_TAMPERED, "before that was asked for, at"},
	    /* The clock here is at T0 + 30 days, and may be wrong. */
	    {T0 + 40 * STAMP_DAY, STAMP_NONE, 0, VERIFY_GAPS,
		"which is to come by the clock here, 2026-12-20T00:00:00Z"},
	    {T0 + 40 * STAMP_DAY, STAMP_NONE, 1, VERIFY_GAPS, "approved by alice"},
	    {T0 + 40 * STAMP_DAY, T0 + 35 * STAMP_DAY, 1, VERIFY_TAMPERED, "has 0 of 1 approvals"},
	    {T0, T0 + 5 * STAMP_DAY, 0, VERIFY_TAMPERED, "has 0 of 1 approvals"},
	    {T0, T0 + 5 * STAMP_DAY, 1, VERIFY_GAPS, "is claimed and not attested"},
	    {T0 + 6 * STAMP_DAY, T0 + 5 * STAMP_DAY, 1, VERIFY_TAMPERED, "has 0 of 1 approvals"},
	};
	struct sign_key *alice = sign_key_generate();
	const struct sign_key *const keys[] = {alice};
	char pub[SIGN_KEY_TEXT], text[512], at[STAMP_TEXT];
	struct custody_begun b;
	size_t i;

	(void)state;
	sign_pub_format(sign_key_pub(alice), pub);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct verify_versions came = {NULL, 0, NULL, 0};
		struct keyring *old, *best;

		(void)snprintf(text, sizeof(text),
		    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
		    "approver: %s name=alice\n",
		    pub);
		old = keyring_parse(text, strlen(text), "keyring");
		assert_non_null(old);
		if (cases[i].revoked != STAMP_NONE)
			(void)snprintf(text, sizeof(text),
			    "casetap-keyring/1\nversion: 2\nissued: 2026-12-01T00:00:00Z\napprovals: 1\n"
			    "approver: %s name=alice\nrevoked: %s at=%s reason=stolen\n",
			    pub, pub, stamp_format_seconds(at, cases[i].revoked));
		best = keyring_parse(text, strlen(text), "keyring");
		assert_non_null(best);
		assert_int_equal(verify_versions_add(&came, old), 0);
		known = cases[i].is_known ? &came : NULL;
		put_begun_at(&b, 3, cases[i].at, keys, 1);
		assert_int_equal(
		    judge_begun(best, (const struct signed_head[]){{.line = 3, .at = STAMP_NONE}}, 1), cases[i].code);
		assert_true(said("custody.jsonl", cases[i].what));
		known = NULL;
		verify_result_free(result);
		scratch_remove("requests");
		verify_versions_free(&came);
		keyring_free(old);
		keyring_free(best);
	}
	scratch_remove("custody.jsonl");
	sign_key_free(alice);
}

/* A beginning that is said to be to come: what was signed decides, where it can, whatever the clock here says. */
static void
a_beginning_that_is_to_come_excuses_nothing_that_came_after_it_was_asked_for(void **state)
{
	static const struct {
		struct signed_head head;
		int is_noted;
		enum verify_code code;
	} cases[] = {
	    /* A package that names a line of the new log: whose clock agrees with the log's, or does not. */
	    {{.line = 5, .at = T0 + 41 * STAMP_DAY}, 0, VERIFY_INCOMPLETE},
	    {{.line = 5, .at = T0 + 35 * STAMP_DAY}, 0, VERIFY_TAMPERED},
	    {{.line = 5, .at = STAMP_NONE}, 1, VERIFY_INCOMPLETE},
	    /* One that names a line that is lost tells nothing of when. */
	    {{.line = 2, .at = T0 - STAMP_DAY}, 1, VERIFY_GAPS},
	    /* No purge is decided while a log is lost. */
	    {{.line = VERIFY_ANCHOR_PURGE, .at = T0 - STAMP_DAY, .is_other = 1}, 1, VERIFY_GAPS},
	    {{.line = VERIFY_ANCHOR_PURGE, .at = T0 + 3600 * STAMP_SECOND, .is_other = 1}, 1, VERIFY_GAPS},
	    {{.line = VERIFY_ANCHOR_PURGE, .at = T0 + STAMP_DAY, .is_other = 1}, 1, VERIFY_TAMPERED},
	};
	struct sign_key *alice = sign_key_generate();
	const struct sign_key *const keys[] = {alice};
	char pub[SIGN_KEY_TEXT], text[512];
	struct custody_begun b;
	struct keyring *keyring;
	size_t i;

	(void)state;
	sign_pub_format(sign_key_pub(alice), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\napprover: %s name=alice\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	assert_non_null(keyring);
	put_begun_at(&b, 3, T0 + 40 * STAMP_DAY, keys, 1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(judge_begun(keyring, &cases[i].head, 1), cases[i].code);
		assert_int_equal(said("custody.jsonl", "which is to come by the clock here"), cases[i].is_noted);
		verify_result_free(result);
	}
	scratch_remove("requests");
	scratch_remove("custody.jsonl");
	keyring_free(keyring);
	sign_key_free(alice);
}

/* Linked with --wrap=verify_keys_versions. */
const struct verify_versions *__real_verify_keys_versions(const struct verify_keys *);
const struct verify_versions *__wrap_verify_keys_versions(const struct verify_keys *);

const struct verify_versions *
__wrap_verify_keys_versions(const struct verify_keys *k)
{
	return known != NULL ? known : __real_verify_keys_versions(k);
}

/* The records hold a purge request that ${key} signed, and the log says when it was decided, if so, and followed. */
static void
judge_purge(
    const struct sign_key *key, const struct keyring *keyring, stamp_t decided, enum records_kind kind, stamp_t at)
{
	static const char text[] = "[request]\nformat = casetap-request/1\ncase_id = " CASE
				   "\nissued = 2026-11-20T00:00:00Z\nreason = why\nact = purge\nwhat = records\n";
	struct verify_run run = {.tsa_ca = NULL};
	struct records_word words[] = {{.kind = RECORDS_DECIDED, .time = decided}, {.kind = kind, .time = at}};
	const int from = decided == STAMP_NONE;
	struct records r = {.run = &run, .label = "records", .case_id = CASE, .keyring = keyring};
	struct sign_key *root = sign_key_generate();
	struct verify_keys *keys = verify_keys_new(sign_key_pub(root));
	char hex[DIGEST_HEX], name[256];
	struct buf sig = BUF_INIT;

	result = run.result = verify_result_new(T0 + 30 * STAMP_DAY);
	assert_int_equal(digest_hex_of(text, strlen(text), hex), 0);
	assert_int_equal(text_unhex(words[0].object, DIGEST_BYTES, hex), 0);
	assert_int_equal(text_unhex(words[1].object, DIGEST_BYTES, hex), 0);
	run.keys = keys;
	r.words = words + from;
	r.word_count = 2 - (size_t)from;
	assert_int_equal(sign_make(key, text, strlen(text), "casetap request", &sig), 0);
	assert_int_equal(mkdir(scratch_path("requests"), 0755), 0);
	(void)snprintf(name, sizeof(name), "requests/%s.request", hex);
	scratch_puts(name, text);
	(void)snprintf(name, sizeof(name), "requests/%s.request.carol.minisig", hex);
	scratch_puts(name, sig.data);
	r.dir.fd = open(scratch_path(""), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(records_requests(&r), 0);
	assert_int_equal(close(r.dir.fd), 0);
	free(r.asked);
	buf_free(&sig);
	scratch_remove("requests");
	verify_keys_free(keys);
	sign_key_free(root);
}

static void
judge_request(const struct sign_key *key, const struct keyring *keyring, enum records_kind kind, stamp_t at)
{
	judge_purge(key, keyring, STAMP_NONE, kind, at);
}

static void
a_request_must_have_been_an_approvers_when_it_was_followed(void **state)
{
	char pub[SIGN_KEY_TEXT], text[256];
	struct sign_key *carol;
	struct keyring *keyring;

	(void)state;
	assert_int_equal(sign_init(), 0);
	carol = sign_key_generate();
	sign_pub_format(sign_key_pub(carol), pub);
	(void)snprintf(text, sizeof(text),
	    "casetap-keyring/1\nversion: 1\nissued: 2026-01-01T00:00:00Z\napprovals: 1\n"
	    "approver: %s name=carol to=2026-11-22T00:00:00Z\n",
	    pub);
	keyring = keyring_parse(text, strlen(text), "keyring");
	judge_request(carol, keyring, RECORDS_PURGED, T0);
	assert_int_equal(verify_result_status(result), VERIFY_NOTE);
	assert_true(said("carol.minisig", "of approver carol, whose validity ended 2026-11-22T00:00:00Z"));
	verify_result_free(result);
	judge_request(carol, keyring, RECORDS_PURGED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	assert_true(said("carol.minisig", "was followed at 2026-11-25T00:00:00Z"));
	verify_result_free(result);
	/* What only keeps or adds destroyed nothing. */
	judge_request(carol, keyring, RECORDS_FOLLOWED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_NOTE);
	assert_true(said("carol.minisig", "by a key that is no longer valid"));
	verify_result_free(result);
	/* Refused, it did nothing. */
	judge_request(carol, keyring, RECORDS_REFUSED, T0 + 5 * STAMP_DAY);
	assert_int_equal(result->count, 0);
	verify_result_free(result);
	keyring_free(keyring);
	sign_key_free(carol);
}

/* A run was killed, and the next one came when the approver's key had ended. */
static void
a_purge_is_judged_by_its_decision_and_by_what_was_known_then(void **state)
{
	char pub[SIGN_KEY_TEXT], text[2][256];
	struct sign_key *carol;
	struct keyring *rings[2];
	struct verify_versions came = {NULL, 0, NULL, 0};
	static const char *const ends[] = {"", " to=2026-11-22T00:00:00Z"};
	int i;

	(void)state;
	carol = sign_key_generate();
	sign_pub_format(sign_key_pub(carol), pub);
	for (i = 0; i < 2; i++) {
		(void)snprintf(text[i], sizeof(text[i]),
		    "casetap-keyring/1\nversion: %d\nissued: %s\napprovals: 1\napprover: %s name=carol%s\n", i + 1,
		    i == 0 ? "2026-01-01T00:00:00Z" : "2026-11-24T00:00:00Z", pub, ends[i]);
		rings[i] = keyring_parse(text[i], strlen(text[i]), "keyring");
		assert_non_null(rings[i]);
	}
	judge_purge(carol, rings[1], T0, RECORDS_PURGED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_NOTE);
	assert_false(said("carol.minisig", "was followed at"));
	verify_result_free(result);
	judge_purge(carol, rings[1], T0 + 3 * STAMP_DAY, RECORDS_PURGED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	assert_true(said("carol.minisig", "was followed at 2026-11-23T00:00:00Z"));
	verify_result_free(result);
	/* On that day nobody could know that it had ended the day before; on the next, they could. */
	assert_int_equal(verify_versions_add(&came, rings[0]), 0);
	assert_int_equal(verify_versions_add(&came, rings[1]), 0);
	known = &came;
	judge_purge(carol, rings[1], T0 + 3 * STAMP_DAY, RECORDS_PURGED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_NOTE);
	assert_true(
	    said("carol.minisig", "under a keyring that did not know yet that the key of approver carol ends"));
	verify_result_free(result);
	judge_purge(carol, rings[1], T0 + 5 * STAMP_DAY, RECORDS_PURGED, T0 + 5 * STAMP_DAY);
	assert_int_equal(verify_result_status(result), VERIFY_TAMPERED);
	verify_result_free(result);
	known = NULL;
	verify_versions_free(&came);
	keyring_free(rings[0]);
	keyring_free(rings[1]);
	sign_key_free(carol);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(that_folders_of_streams_can_not_be_listed_is_said_once),
	    cmocka_unit_test(a_revocation_is_no_older_than_the_lines_before_it),
	    cmocka_unit_test(what_was_begun_after_the_log_says_revoked_is_under_no_order),
	    cmocka_unit_test(records_alone_are_held_against_a_revocation_as_packages_are),
	    cmocka_unit_test(a_log_begun_anew_is_a_gap_by_its_approvals_and_tampering_without),
	    cmocka_unit_test(a_refused_request_to_begin_anew_needs_no_approval),
	    cmocka_unit_test(a_head_counts_by_the_signature_of_the_station_for_its_case_and_month),
	    cmocka_unit_test(requests_and_attachments_are_held_against_their_hashes),
	    cmocka_unit_test(when_a_log_was_begun_anew_is_no_word_to_build_on),
	    cmocka_unit_test(a_beginning_that_is_to_come_excuses_nothing_that_came_after_it_was_asked_for),
	    cmocka_unit_test(the_custody_log_contradicts_a_made_up_acceptance),
	    cmocka_unit_test(a_request_must_have_been_an_approvers_when_it_was_followed),
	    cmocka_unit_test(a_purge_is_judged_by_its_decision_and_by_what_was_known_then),
	    cmocka_unit_test(a_log_of_many_requests_costs_little_more_than_its_length),
	};

	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
