#include <sys/mman.h>
#include <sys/stat.h>

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the benchmarks send and what came of it, told without any code of casetap's.
 *
 *   savefile_bench make FILE FRAMES SIZE|imix HOSTS    frames of UDP to 10.1.0.0 + (0 .. HOSTS - 1), always the same
 *   savefile_bench expect FILE FRAMES HOSTS            of FRAMES sent from FILE, over and over: to how many first hosts?
 *   savefile_bench count FILE...                       records in all of them; a torn one is an error
 */
#define HEADER 24
#define RECORD 16
#define FRAME_MAX 1514
#define FIRST_HOST 0x0a010000U
#define START 1700000000U /* the first frame's second; 100,000 frames each */
#define MAGIC 0xa1b2c3d4U
#define DESTINATION_AT 30

static uint32_t
dice(uint32_t sides)
{
	static uint64_t state = 88172645463325252U;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % sides;
}

static void
put16(uint8_t *at, unsigned v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

static void
put32(uint8_t *at, uint32_t v)
{
	put16(at, v >> 16);
	put16(at + 2, v & 0xffff);
}

static void
fill_frame(uint8_t *f, uint32_t len, uint32_t host, uint32_t number)
{
	static const uint8_t link[14] = {2, 0, 0, 0, 0, 0x99, 2, 0, 0, 0, 0, 0x11, 8, 0};
	uint8_t *ip = f + sizeof(link);
	uint32_t sum = 0;
	int i;

	memcpy(f, link, sizeof(link));
	memset(ip, 0, 28);
	ip[0] = 0x45;
	put16(ip + 2, len - (uint32_t)sizeof(link));
	put16(ip + 4, number & 0xffff);
	ip[8] = 64;
	ip[9] = 17;
	put32(ip + 12, 0xc0000201U + dice(250));
	put32(ip + 16, FIRST_HOST + host);
	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
	put16(ip + 20, 12345);
	put16(ip + 22, 5000);
	put16(ip + 24, len - (uint32_t)sizeof(link) - 20);
	put32(ip + 28, number);
}

static int
make(const char *path, uint32_t frames, const char *size, uint32_t hosts)
{
	static const uint16_t imix[12] = {64, 594, 64, 594, 64, 1514, 64, 594, 64, 594, 64, 64};
	const uint32_t header[6] = {MAGIC, 2 | 4 << 16, 0, 0, 262144, 1};
	uint32_t record[4], fixed = strcmp(size, "imix") == 0 ? 0 : (uint32_t)atoi(size), i;
	uint8_t frame[FRAME_MAX];
	FILE *f = fopen(path, "wb");

	if (f == NULL || hosts == 0 || (fixed != 0 && (fixed < 64 || fixed > FRAME_MAX)))
		errx(1, "%s: no such frames can be made", path);
	for (i = 0; i < FRAME_MAX; i++)
		frame[i] = (uint8_t)dice(256);
	if (fwrite(header, sizeof(header), 1, f) != 1)
		err(1, "%s", path);
	for (i = 0; i < frames; i++) {
		record[0] = START + i / 100000;
		record[1] = i % 100000 * 10;
		record[2] = record[3] = fixed != 0 ? fixed : imix[dice(12)];
		fill_frame(frame, record[2], dice(hosts), i);
		if (fwrite(record, sizeof(record), 1, f) != 1 || fwrite(frame, record[2], 1, f) != 1)
			err(1, "%s", path);
	}
	if (fclose(f) == EOF)
		err(1, "%s", path);
	return 0;
}

struct mapped {
	const uint8_t *data;
	size_t size, at;
};

/* NULL: it has no pcap header, so no record either. */
static struct mapped
map(const char *path)
{
	struct mapped m = {NULL, 0, HEADER};
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	uint32_t magic;

	if (fd == -1 || fstat(fd, &st) == -1)
		err(1, "%s", path);
	m.size = (size_t)st.st_size;
	if (m.size >= HEADER)
		m.data = mmap(NULL, m.size, PROT_READ, MAP_SHARED, fd, 0);
	if (m.data == MAP_FAILED)
		err(1, "%s", path);
	(void)close(fd); /* only read from */
	if (m.data == NULL)
		return m;
	memcpy(&magic, m.data, sizeof(magic));
	if (magic != MAGIC && magic != 0xa1b23c4dU)
		errx(1, "%s: no pcap file of this machine's byte order", path);
	return m;
}

/* The next record's frame, or NULL behind the last. */
static const uint8_t *
next(struct mapped *m, const char *path)
{
	const uint8_t *frame;
	uint32_t caplen;

	if (m->data == NULL || m->at == m->size)
		return NULL;
	if (m->size - m->at < RECORD)
		errx(1, "%s: torn", path);
	memcpy(&caplen, m->data + m->at + 8, sizeof(caplen));
	if (m->size - m->at - RECORD < caplen)
		errx(1, "%s: torn", path);
	frame = m->data + m->at + RECORD;
	m->at += RECORD + caplen;
	return frame;
}

static uint64_t
count(const char *path)
{
	struct mapped m = map(path);
	uint64_t n = 0;

	while (next(&m, path) != NULL)
		n++;
	if (m.data != NULL)
		(void)munmap((void *)(uintptr_t)m.data, m.size); /* gone with us in any case */
	return n;
}

static uint64_t
expect(const char *path, uint64_t frames, uint32_t hosts)
{
	uint64_t n = 0, i;
	struct mapped m = map(path);
	const uint8_t *frame;
	uint32_t host;

	for (i = 0; i < frames; i++) {
		frame = next(&m, path);
		if (frame == NULL) {
			m.at = HEADER;
			frame = next(&m, path);
		}
		if (frame == NULL)
			errx(1, "%s: empty", path);
		memcpy(&host, frame + DESTINATION_AT, sizeof(host));
		n += ntohl(host) - FIRST_HOST < hosts;
	}
	return n;
}

int
main(int argc, char **argv)
{
	uint64_t n = 0;
	int i;

	if (argc == 6 && strcmp(argv[1], "make") == 0)
		return make(
		    argv[2], (uint32_t)strtoul(argv[3], NULL, 10), argv[4], (uint32_t)strtoul(argv[5], NULL, 10));
	if (argc == 5 && strcmp(argv[1], "expect") == 0)
		n = expect(argv[2], strtoull(argv[3], NULL, 10), (uint32_t)strtoul(argv[4], NULL, 10));
	else if (argc >= 2 && strcmp(argv[1], "count") == 0) {
		for (i = 2; i < argc; i++)
			n += count(argv[i]);
	} else
		errx(64,
		    "usage: savefile_bench make FILE FRAMES SIZE|imix HOSTS | expect FILE FRAMES HOSTS | count FILE...");
	printf("%" PRIu64 "\n", n);
	return 0;
}
