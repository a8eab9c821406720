#include "packet.h"

#include "quick.h"

void
quick_init(struct quick *q, const struct tunnels_ports *ports)
{
	uint32_t port;

	memset(q, 0, sizeof(*q));
	q->has_tunnels = ports != NULL && ports->has_any;
	for (port = 0; port <= UINT16_MAX; port++) {
		const uint8_t high = (uint8_t)(port >> 8), low = (uint8_t)port, udp[4] = {high, low, high, low};

		if (packet_ports_are_tunnel(udp) || (q->has_tunnels && tunnels_ports_have(ports, udp)))
			q->ports[wire_key16(udp) / 64] |= (uint64_t)1 << wire_key16(udp) % 64;
	}
}

void
quick_add_mac(struct quick *q, const uint8_t mac[6])
{
	q->macs[wire_key16(mac + 4)] = 1;
}
