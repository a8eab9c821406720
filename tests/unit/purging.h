#ifndef PURGING_H
#define PURGING_H

#include <sys/wait.h>

#include "daytar.h"
#include "outbox.h"
#include "purgecert.h"
#include "receipt.h"
#include "requests.h"

#include "sealing.h"

/*
 * What tests of purging need: a case with an accepted order and a closed day, receipts for all of it, and requests.
 */
#define PURGING_DAY "2026-11-21"
#define PURGING_T(seconds) (STREAMS_T0 + (seconds)*STAMP_SECOND)
#define PURGING_DELIVERED PURGING_T(90000)              /* when the last file arrived */
#define PURGING_OVER (PURGING_DELIVERED + STAMP_DAY)    /* payload_days = 1 */
#define PURGING_RECORDS_OVER (PURGING_OVER + STAMP_DAY) /* records_days = 2 */
#define PURGING_RECORDS "state/records/" STREAMS_CASE "/" STREAMS_IAP "/" PURGING_DAY
#define PURGING_REQUESTS "state/requests/cases/" STREAMS_CASE

/* The accepted order of the case, as capture and its orders folder have it. */
static inline void
purging_order_for(const char *subject)
{
	static const char form[] = "[order]\nformat = casetap-order/1\ncase_id = " STREAMS_CASE
				   "\ncontent_id = 1\nlea = county-sheriff\nauthority = title-iii\n"
				   "order_number = 26-CV-0117\nissued_by = A\npresented_by = B\nresponsible = C\n"
				   "not_before = 2026-11-21T00:00:00Z\nnot_after = 2026-11-23T00:00:00Z\n"
				   "revision = 1\n[subject]\nipv4 = %s\n[capture]\nscope = content\n"
				   "[delivery]\nto = county-sheriff\npayload_days = 1\nrecords_days = 2\n";
	char text[1024], hex[DIGEST_HEX], memory[512];
	int fd = fsio_mkdirs(streams_statefd, "journal/capture", 0750);

	assert_in_range(snprintf(text, sizeof(text), form, subject), 1, sizeof(text) - 1);
	(void)mkdir(scratch_path("orders/" STREAMS_CASE), 0755);
	scratch_puts("orders/" STREAMS_CASE "/1.order", text);
	assert_int_equal(digest_hex_of(text, strlen(text), hex), 0);
	(void)snprintf(memory, sizeof(memory),
	    "{\"format\":\"casetap-orders/1\",\"iap\":\"" STREAMS_IAP "\",\"cases\":[{\"case\":\"" STREAMS_CASE
	    "\",\"revision\":1,\"sha256\":\"%s\",\"state\":\"accepted\"}]}\n",
	    hex);
	assert_int_equal(fsio_replace(fd, STREAMS_IAP ".orders", memory, strlen(memory), 0600), 0);
	assert_int_equal(close(fd), 0);
}

static inline void
purging_order(void)
{
	purging_order_for("198.51.100.7");
}

/* A case encrypted to the X25519 key of 32 bytes 0x42, with so many slices in the spool. */
#define PURGING_RECIPIENT "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"

static inline void
purging_encrypted(void **state, size_t slices)
{
	static struct conf_destination destination;
	static struct age_recipient recipient;

	assert_int_equal(sealing_set_up(state), 0);
	memset(&destination, 0, sizeof(destination));
	strcpy(destination.name, "county-sheriff");
	assert_int_equal(age_recipient_parse(PURGING_RECIPIENT, strlen(PURGING_RECIPIENT), &recipient), 0);
	destination.encrypt_to = &recipient;
	destination.encrypt_to_count = 1;
	sealing_conf.destinations = &destination;
	sealing_conf.destination_count = 1;
	purging_order();
	sealing_slices(STREAMS_T0, slices);
}

struct purging_arrival {
	const char *day;
	stamp_t published;
	int dayfd, receiptsfd;
	uint64_t number;
	char prev[DIGEST_HEX];
};

static inline void
purging_put_receipt(struct purging_arrival *a, const char *name, const char *sha256, uint64_t bytes)
{
	struct receipt r = {.attempts = 1, .published = a->published, .number = ++a->number, .bytes = bytes};
	char file[RECEIPT_NAME_ROOM];
	struct buf text = BUF_INIT;
	struct names n;

	strcpy(r.case_id, STREAMS_CASE);
	strcpy(r.iap, STREAMS_IAP);
	assert_int_equal(stamp_day_parse(a->day, &r.day), 0);
	(void)snprintf(r.file, sizeof(r.file), "%s", name);
	names_parse(name, &n);
	r.seq = n.kind == NAMES_PACKAGE ? n.seq : 0;
	memcpy(r.sha256, sha256, sizeof(r.sha256));
	strcpy(r.destination, "county-sheriff");
	strcpy(r.location, "file:///lea");
	strcpy(r.peer, "local");
	strcpy(r.method, "read-back");
	memcpy(r.prev, a->prev, sizeof(r.prev));
	assert_int_equal(receipt_write(&r, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, a->prev), 0);
	assert_int_equal(
	    fsio_put(a->receiptsfd, receipt_name_on(file, name, r.day, r.destination), text.data, text.len, 0640), 0);
	buf_free(&text);
}

static inline int
purging_receipt(void *cookie, const char *name)
{
	struct purging_arrival *a = cookie;
	int fd = openat(a->dayfd, name, O_RDONLY | O_CLOEXEC);
	char sha256[DIGEST_HEX];
	uint64_t bytes;

	assert_int_equal(digest_fd(fd, sha256, &bytes), 0);
	assert_int_equal(close(fd), 0);
	purging_put_receipt(a, name, sha256, bytes);
	return 0;
}

static inline void
purging_open_arrival(struct purging_arrival *a)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "outbox/" STREAMS_CASE "/" STREAMS_IAP "/%s", a->day);
	a->dayfd = fsio_opendirat(streams_statefd, path);
	a->receiptsfd = fsio_mkdirs(streams_statefd, "receipts/" STREAMS_CASE "/" STREAMS_IAP, 0750);
	assert_int_not_equal(a->dayfd, -1);
}

static inline void
purging_close_arrival(struct purging_arrival *a)
{
	assert_int_equal(close(a->dayfd), 0);
	assert_int_equal(close(a->receiptsfd), 0);
}

/* A day has arrived as one file. */
static inline void
purging_deliver_as_one(const char *day, stamp_t published)
{
	struct purging_arrival a = {.day = day, .published = published};
	char name[NAMES_FILE_ROOM], sha256[DIGEST_HEX];
	struct digest *d = digest_new();
	struct daytar *tar;
	char block[4096];
	stamp_t stamp;
	long n;

	purging_open_arrival(&a);
	assert_int_equal(stamp_day_parse(day, &stamp), 0);
	tar = daytar_open(a.dayfd, STREAMS_CASE, STREAMS_IAP, stamp);
	assert_non_null(tar);
	while ((n = daytar_read(tar, block, sizeof(block))) > 0)
		digest_add(d, block, (size_t)n);
	assert_int_equal(n, 0);
	digest_take_hex(d, sha256);
	(void)names_day_file(name, STREAMS_CASE, STREAMS_IAP, stamp, DAYTAR);
	purging_put_receipt(&a, name, sha256, daytar_bytes(tar));
	(void)purging_receipt(&a, names_day_file(name, STREAMS_CASE, STREAMS_IAP, stamp, DAYTAR_SUM));
	(void)purging_receipt(&a, names_day_file(name, STREAMS_CASE, STREAMS_IAP, stamp, DAYTAR_SIG));
	daytar_close(tar);
	digest_free(d);
	purging_close_arrival(&a);
}

/* Everything of a day has arrived. */
static inline void
purging_deliver(const char *day, stamp_t published)
{
	struct purging_arrival a = {.day = day, .published = published};

	purging_open_arrival(&a);
	assert_int_equal(outbox_each_file(a.dayfd, purging_receipt, &a), 0);
	purging_close_arrival(&a);
}

/* ${count} packages of the day, which is closed. */
static inline void
purging_close_day(unsigned count)
{
	purging_order();
	sealing_slices(PURGING_T(0), count);
	sealing_clock = PURGING_T(86400 + 3 * 3600);
	assert_int_equal(sealing_run(), 0);
	assert_true(sealing_exists(sealing_outbox(PURGING_DAY, "SHA256SUMS.minisig")));
}

/* As above; it is delivered, and the clock stands where it may be purged. */
static inline void
purging_day(unsigned count)
{
	purging_close_day(count);
	purging_deliver(PURGING_DAY, PURGING_DELIVERED);
	sealing_clock = PURGING_OVER + STAMP_SECOND;
}

/* Put a request under a number, signed by ${key} unless NULL; its hash to ${hex} unless NULL. */
static inline void
purging_ask(unsigned number, struct request *r, const struct sign_key *key, char *hex)
{
	struct buf text = BUF_INIT, sig = BUF_INIT;
	char name[128];

	assert_int_equal(close(fsio_mkdirs(streams_statefd, REQUESTS_TREE "/" STREAMS_CASE, 0750)), 0);
	strcpy(r->case_id, STREAMS_CASE);
	if (r->reason[0] == '\0')
		strcpy(r->reason, "test");
	if (r->issued == 0)
		r->issued = sealing_clock;
	assert_int_equal(request_write(r, &text), 0);
	assert_int_equal(digest_hex_of(text.data, text.len, r->sha256), 0);
	if (hex != NULL)
		memcpy(hex, r->sha256, DIGEST_HEX);
	if (key != NULL) {
		assert_int_equal(sign_make(key, text.data, text.len, "approved", &sig), 0);
		(void)snprintf(name, sizeof(name), PURGING_REQUESTS "/%010u.request.alice.minisig", number);
		scratch_put(name, sig.data, sig.len, 0640);
	}
	(void)snprintf(name, sizeof(name), PURGING_REQUESTS "/%010u.request", number);
	scratch_put(name, text.data, text.len, 0640);
	buf_free(&text);
	buf_free(&sig);
}

static inline void
purging_ask_purge(unsigned number)
{
	struct request r = {.act = REQUEST_PURGE};

	purging_ask(number, &r, sealing_key, NULL);
}

/* How often does the case's custody log tell of the event? */
static inline unsigned
purging_count(const char *event)
{
	struct buf text = BUF_INIT;
	char want[64];
	const char *at;
	unsigned n = 0;

	(void)snprintf(want, sizeof(want), "\"event\":\"%s\"", event);
	sealing_load("state/records/" STREAMS_CASE "/custody.jsonl", &text);
	for (at = text.data; (at = strstr(at, want)) != NULL; at++)
		n++;
	buf_free(&text);
	return n;
}

/* Run a command in the scratch folder. */
static inline void
purging_shell(const char *command)
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		if (chdir(scratch_dir) == 0)
			(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Remember the state / go back to it: a sweep need not seal anew for each of its steps. */
static inline void
purging_keep(void)
{
	purging_shell("rm -rf kept && cp -a state kept");
}

static inline void
purging_restore(void)
{
	purging_shell("rm -rf state/* && cp -a kept/. state");
	sealing_clock = PURGING_OVER + STAMP_SECOND;
}

#endif
