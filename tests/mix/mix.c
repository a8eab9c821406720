#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mix.h"

/*
 * mix FROM COUNT [LINKTYPE]: a capture file with frames FROM to FROM + COUNT - 1 of an endless mixed link, on standard
 * output.  Frame i is the same in every run and every part, and stamped 16 * i microseconds behind the start, so that what
 * was stored of it can be named, and no id of IPv4 is used again within a second.  1,000 hosts talk to each other and to
 * others, under all that a small ISP has; between the operator's routers and between strangers go tunnels of every kind,
 * with the same hosts' addresses inside.
 *
 * Nothing of casetap is in here, and whose a frame is stands nowhere: mixed.py asks tshark.
 */
#define START 1795132800U
#define MICRO 1000000U
#define STEP 16U

enum {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_SLL = 113,
	LINK_SLL2 = 276
};

static void
put_le32(uint32_t v, FILE *out)
{
	uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};

	(void)fwrite(b, sizeof(b), 1, out); /* fflush tells at the end */
}

/* Link types without Ethernet carry the same packets; their cooked headers stand for the host's MAC. */
static void
link_other(struct pile *p, uint32_t linktype, int version, uint32_t host)
{
	uint8_t mac[8] = {0};

	mix_mac(mac, host);
	switch (linktype) {
	case LINK_NULL:
		pile_bytes(p, version == 4 ? "\2\0\0\0" : "\x1e\0\0\0", 4);
		break;
	case LINK_LOOP:
		pile_be32(p, version == 4 ? 2 : 24);
		break;
	case LINK_SLL:
		pile_be16(p, version == 4 ? 0x0800 : 0x86dd);
		pile_bytes(p, mac, 8);
		pile_be16(p, 6);
		pile_be32(p, 1);
		break;
	case LINK_SLL2:
		pile_bytes(p, mac, 8);
		pile_be16(p, 0x0006);
		pile_be16(p, 1);
		pile_be32(p, 3);
		pile_be32(p, version == 4 ? 0x08000000 : 0x86dd0000);
		break;
	default:
		break;
	}
}

static void
build(struct pile *p, uint64_t i, uint32_t linktype)
{
	struct talk t;

	mix_talk(&t, i);
	pile_clear(p);
	if (linktype == LINK_ETHERNET && mix_odd(p, &t))
		return;
	mix_packet(p, &t);
	mix_tunnel(p, &t);
	if (linktype == LINK_ETHERNET)
		mix_link(p, &t);
	else
		link_other(p, linktype, t.version, t.host);
}

int
main(int argc, char **argv)
{
	static struct pile p;
	uint64_t i, from, end;
	uint32_t linktype, n;

	if (argc < 3)
		return 64;
	from = strtoull(argv[1], NULL, 10);
	end = from + strtoull(argv[2], NULL, 10);
	linktype = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : LINK_ETHERNET;
	put_le32(0xa1b2c3d4, stdout);
	put_le32(2 | 4 << 16, stdout);
	put_le32(0, stdout);
	put_le32(0, stdout);
	put_le32(65535, stdout);
	put_le32(linktype, stdout);
	for (i = from; i < end; i++) {
		build(&p, i, linktype);
		n = (uint32_t)(PILE_ROOM - p.at);
		put_le32((uint32_t)(START + i * STEP / MICRO), stdout);
		put_le32((uint32_t)(i * STEP % MICRO), stdout);
		put_le32(n, stdout);
		put_le32(n, stdout);
		(void)fwrite(p.bytes + p.at, n, 1, stdout); /* as above */
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1;
}
