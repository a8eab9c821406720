#ifndef MIX_H
#define MIX_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * A frame is piled up from its end: each header goes in front of what it carries.
 */
#define PILE_ROOM 8192

struct pile {
	size_t at; /* of the first byte; the last stands at PILE_ROOM - 1 */
	uint8_t bytes[PILE_ROOM];
};

static inline void
pile_clear(struct pile *p)
{
	p->at = PILE_ROOM;
}

static inline size_t
pile_length(const struct pile *p)
{
	return PILE_ROOM - p->at;
}

static inline void
pile_bytes(struct pile *p, const void *bytes, size_t n)
{
	p->at -= n;
	memcpy(p->bytes + p->at, bytes, n);
}

static inline void
pile_byte(struct pile *p, unsigned v)
{
	p->bytes[--p->at] = (uint8_t)v;
}

static inline void
pile_be16(struct pile *p, unsigned v)
{
	pile_byte(p, v);
	pile_byte(p, v >> 8);
}

static inline void
pile_be32(struct pile *p, uint32_t v)
{
	pile_be16(p, v & 0xffff);
	pile_be16(p, v >> 16);
}

/* Who talks in this frame, about what, and what else chance decides. */
struct talk {
	uint64_t number, chance;
	uint32_t host, peer; /* hosts count to MIX_HOSTS; a peer from there on is somebody outside */
	int version;         /* of the packet in hand: tunnels change it */
	int is_upward;       /* from host to peer */
	uint32_t fragment;   /* 0, 1 the first, 2 the second of the packet that the frame before began */
};

#define MIX_HOSTS 1000

/* A number below ${n}, the next of this frame. */
uint32_t mix_chance(struct talk *, uint32_t);

void mix_talk(struct talk *, uint64_t);
void mix_mac(uint8_t[6], uint32_t);

/* An IP header in front of what is there, of ${t}->version, between the two: numbers as in struct talk. */
void mix_ip(struct pile *, const struct talk *, uint32_t, uint32_t, unsigned);

/* Make the checksum of the IPv4 header in front right again. */
void mix_checksum(struct pile *);

/* The packet of ${t}; a tunnel around it, perhaps; Ethernet and what belongs to it. */
void mix_packet(struct pile *, struct talk *);
void mix_tunnel(struct pile *, struct talk *);
void mix_link(struct pile *, struct talk *);

/* Sometimes the whole frame is something else: return 1 if it is. */
int mix_odd(struct pile *, struct talk *);

/* An Ethernet header between the two's MACs. */
void mix_ethernet(struct pile *, const struct talk *, uint32_t, uint32_t, unsigned);

/* Routers, of the operator and of strangers, as hosts and peers are numbered. */
#define MIX_OURS 100000
#define MIX_THEIRS 200000

#endif
