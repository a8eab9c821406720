#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "diag.h"
#include "fsio.h"
#include "json.h"

#include "packager.h"

#include "intent.h"

#define FORMAT "casetap-intent/1"
#define MAX_BYTES ((size_t)1024 * 1024)
#define DEPTH 12

static struct json *
seal_object(const struct bag_seal *s)
{
	struct json *j = json_object();
	int rc;

	rc = json_put_stamp(j, "time", s->time) || json_put_stamp(j, "day", s->day) ||
	     json_put_string(j, "prev_seal", s->prev_seal) || json_put_string(j, "packager", s->packager) ||
	     json_put_string(j, "build", s->build) || json_put_string(j, "station", s->station) ||
	     json_put_string(j, "key_id", s->key_id) || json_put_string(j, "organization", s->organization) ||
	     json_put_string(j, "custody_head", s->custody_head) ||
	     json_put_integer(j, "custody_lines", (int64_t)s->custody_lines);
	if (rc != 0) {
		json_free(j);
		return NULL;
	}
	return j;
}

static struct json *
gap_object(const struct intent *in)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;

	if (!in->is_spoilt)
		return json_null();
	if (gap_record_write(&in->gap, &text) == 0)
		j = json_parse(text.data, text.len, DEPTH);
	buf_free(&text);
	return j;
}

int
intent_save(const struct intent *in, int dirfd, const char *label)
{
	struct json *j = json_object();
	struct buf text = BUF_INIT;
	char name[NAMES_FILE_ROOM];
	int rc;

	(void)names_seq_file(name, in->seq, ".intent");
	rc = json_put_string(j, "format", FORMAT) || json_put_integer(j, "seq", (int64_t)in->seq) ||
	     json_put(j, "seal", seal_object(&in->seal));
	rc |= json_put(j, "orders", sealed_orders_json(in->orders, in->order_count));
	rc |= json_put_integer(j, "encrypted", in->is_encrypted) != 0 ||
	      json_put_string(j, "ciphertext_sha256", in->ciphertext_sha256) != 0;
	rc |= json_put(j, "gap", gap_object(in));
	if (in->profile.len > 0)
		rc |= json_put_string(j, "profile", in->profile.data);
	if (rc == 0)
		rc = json_write(j, &text) || buf_putc(&text, '\n');
	if (rc == 0)
		rc = fsio_replace(dirfd, name, text.data, text.len, PACKAGER_MODE_FILE);
	if (rc != 0)
		diag_err("records/%s/%s", label, name);
	json_free(j);
	buf_free(&text);
	return rc == 0 ? 0 : -1;
}

static int
get_seal(const struct json *j, struct bag_seal *s)
{
	return json_get_stamp(j, "time", &s->time) | json_get_stamp(j, "day", &s->day) |
	       json_get_text(j, "prev_seal", s->prev_seal, sizeof(s->prev_seal)) |
	       json_get_text(j, "packager", s->packager, sizeof(s->packager)) |
	       json_get_text(j, "build", s->build, sizeof(s->build)) |
	       json_get_text(j, "station", s->station, sizeof(s->station)) |
	       json_get_text(j, "key_id", s->key_id, sizeof(s->key_id)) |
	       json_get_text(j, "organization", s->organization, sizeof(s->organization)) |
	       json_get_text(j, "custody_head", s->custody_head, sizeof(s->custody_head)) |
	       json_get_u64(j, "custody_lines", &s->custody_lines);
}

/* An intent of before there was encryption says nothing of it. */
static int
get_encryption(const struct json *j, struct intent *in)
{
	uint64_t encrypted = 0;

	if (json_get(j, "encrypted") == NULL)
		return 0;
	if (json_get_u64(j, "encrypted", &encrypted) == -1)
		return -1;
	in->is_encrypted = encrypted != 0;
	return json_get_hash(j, "ciphertext_sha256", in->ciphertext_sha256);
}

static int
get_profile(const struct json *j, struct intent *in)
{
	const char *text = json_get_string(j, "profile");

	if (text == NULL)
		return json_get(j, "profile") == NULL ? 0 : -1;
	return buf_puts(&in->profile, text);
}

static int
get_gap(const struct json *j, struct intent *in)
{
	const struct json *gap = json_get_object(j, "gap");
	struct buf text = BUF_INIT;
	int rc = -1;

	if (gap == NULL)
		return json_is_null(json_get(j, "gap")) ? 0 : -1;
	in->is_spoilt = 1;
	if (json_write(gap, &text) == 0)
		rc = gap_record_parse(text.data, text.len, &in->gap);
	buf_free(&text);
	return rc;
}

int
intent_load(struct intent *in, int dirfd, const char *label, uint64_t seq)
{
	struct buf text = BUF_INIT;
	struct json *j = NULL;
	char name[NAMES_FILE_ROOM];
	int rc = -1;

	memset(in, 0, sizeof(*in));
	if (fsio_load(dirfd, names_seq_file(name, seq, ".intent"), MAX_BYTES, &text) == -1) {
		if (errno == ENOENT)
			return 0;
		goto out;
	}
	j = json_parse(text.data, text.len, DEPTH);
	if (j == NULL && errno == ENOMEM)
		goto out;
	if (json_get_u64(j, "seq", &in->seq) == -1 || in->seq != seq ||
	    get_seal(json_get_object(j, "seal"), &in->seal) != 0 ||
	    sealed_orders_parse(json_get_array(j, "orders"), &in->orders, &in->order_count) == -1 ||
	    get_encryption(j, in) == -1 || get_gap(j, in) == -1 || get_profile(j, in) == -1) {
		errno = EBADMSG;
		goto out;
	}
	rc = 1;
out:
	if (rc == -1) {
		diag_err("records/%s/%s", label, name);
		intent_clear(in);
	}
	json_free(j);
	buf_free(&text);
	return rc;
}

void
intent_clear(struct intent *in)
{
	int saved = errno;

	free(in->orders);
	buf_free(&in->profile);
	memset(in, 0, sizeof(*in));
	errno = saved;
}

int
intent_remove(int dirfd, const char *label, uint64_t seq)
{
	char name[NAMES_FILE_ROOM];

	if (fsio_remove(dirfd, names_seq_file(name, seq, ".intent")) == 0)
		return 0;
	diag_err("records/%s/%s", label, name);
	return -1;
}
