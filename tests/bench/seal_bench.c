#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bagging.h"
#include "fsio.h"

/*
 * seal_bench RECORD SLICE OUT: write the package of one slice and sync it, without the read-back that casetap-packager
 * does behind it, so that the two can be told apart.
 */
static int
load(struct slice_record *rec, struct buf *text, const char *path)
{
	memset(rec, 0, sizeof(*rec));
	if (fsio_load_path(path, 1 << 20, text) == -1)
		return -1;
	while (text->len > 0 && text->data[text->len - 1] == '\n')
		text->data[--text->len] = '\0';
	return slice_record_parse(text->data, text->len, rec);
}

static void
fill(struct intent *in, const struct slice_record *rec)
{
	memset(in, 0, sizeof(*in));
	in->seq = rec->head.seq;
	in->seal.time = rec->close.realtime;
	in->seal.day = STAMP_DAY;
	(void)snprintf(in->seal.packager, sizeof(in->seal.packager), "seal_bench");
	(void)snprintf(in->seal.build, sizeof(in->seal.build), "bench");
	(void)snprintf(in->seal.station, sizeof(in->seal.station), "bench");
	(void)snprintf(in->seal.organization, sizeof(in->seal.organization), "bench");
	memset(in->seal.custody_head, '0', DIGEST_HEX - 1);
}

int
main(int argc, char **argv)
{
	struct bagging_source source = {.rawfd = -1, .ordersfd = -1};
	struct slice_record rec;
	struct buf text = BUF_INIT;
	struct sign_key *key;
	struct intent intent;
	struct bagging bagging;
	int out;

	if (argc != 4 || sign_init() == -1 || load(&rec, &text, argv[1]) == -1)
		return 2;
	key = sign_key_generate();
	if (key == NULL)
		return 2;
	fill(&intent, &rec);
	sign_id_format(sign_key_pub(key), intent.seal.key_id);
	source.intent = &intent;
	source.key = key;
	source.case_id = rec.head.case_id;
	source.iap = rec.head.iap;
	source.record = &text;
	source.closed = rec.close.realtime;
	source.bytes = rec.file_bytes;
	source.sha256 = rec.sha256;
	source.fd = open(argv[2], O_RDONLY | O_CLOEXEC);
	out = open(argv[3], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (source.fd == -1 || out == -1 || bagging_write(&source, out, &bagging) == -1 || fsync(out) == -1) {
		perror("seal_bench");
		return 1;
	}
	bagging_clear(&bagging);
	buf_free(&text);
	slice_record_clear(&rec);
	sign_key_free(key);
	return close(out) == -1 || close(source.fd) == -1;
}
