#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>

#include "age.h"
#include "digest.h"
#include "names.h"

/*
 * casetap.conf (casetap.conf(5)): what the operator decides.  Read once, never changed; a reload makes a new one.
 */
#define CONF_INTERFACES_MAX 8
#define CONF_IAPS_MAX 64
#define CONF_DESTINATIONS_MAX 64
#define CONF_RECIPIENTS_MAX 16
#define CONF_TUNNELS_MAX 64
#define CONF_TUNNEL_ENDS_MAX 32
#define CONF_TSAS_MAX 2
#define CONF_DHCP_MAX 16
#define CONF_DHCP_MACS_MAX 32
#define CONF_RADIUS_MAX 32
#define CONF_RADIUS_PORTS_MAX 8
#define CONF_PPPOE_MAX 32
#define CONF_IPV6_MAX 32

enum conf_timestamps {
	CONF_MICRO,
	CONF_NANO
};

enum conf_scheme {
	CONF_FILE,
	CONF_HTTPS,
	CONF_SFTP,
	CONF_S3
};

/* How a file is known to have arrived. */
enum conf_proof {
	CONF_READ_BACK,
	CONF_DIGEST /* also by a hash of it that the server states */
};

enum conf_deliver {
	CONF_PACKAGES,
	CONF_DAY,
	CONF_BOTH
};

/* How a tunnel or router stream wraps what it carries. */
enum conf_tunnel_kind {
	CONF_TUNNEL_GRE, /* RFC 2784 and 2890 with IP, MPLS or Ethernet inside; PPTP's with PPP */
	CONF_TUNNEL_NVGRE,
	CONF_TUNNEL_IPIP, /* IPv4 or IPv6 right inside IPv4 or IPv6 */
	CONF_TUNNEL_VXLAN,
	CONF_TUNNEL_GENEVE,
	CONF_TUNNEL_L2TP, /* version 2 */
	CONF_TUNNEL_EOIP,
	CONF_TUNNEL_ERSPAN, /* this and the rest: router streams */
	CONF_TUNNEL_TZSP,
	CONF_TUNNEL_CCC,
	CONF_TUNNEL_KINDS
};

/* Where the VLAN tags of what an ERSPAN stream carries are. */
enum conf_erspan_vlan {
	CONF_ERSPAN_AUTO,   /* where its headers say, if they do */
	CONF_ERSPAN_HEADER, /* the outer one was moved to the header */
	CONF_ERSPAN_FRAME   /* all in the frame: the header repeats one at most */
};

struct conf_address {
	uint8_t family; /* 4 or 6 */
	uint8_t addr[16];
};

/*
 * End points that are the operator's own.  A tunnel runs both ways between any of `from` and any of `to`, a router stream
 * only from one of `from` to one of `to`.
 */
struct conf_tunnel {
	char name[NAMES_DEST_ROOM];
	unsigned kinds; /* 1U << enum conf_tunnel_kind */
	struct conf_address from[CONF_TUNNEL_ENDS_MAX], to[CONF_TUNNEL_ENDS_MAX];
	size_t from_count, to_count;
	uint16_t ports[CONF_TUNNEL_KINDS]; /* of the kinds that are there and go over UDP, else 0 */
	int unwrap;                        /* of a router stream, store the frame inside */
	enum conf_erspan_vlan erspan_vlan;
};

/* A network of IPv4 addresses; host bits are zero, the length is 8 to 32. */
struct conf_pool {
	uint8_t addr[4];
	uint8_t bits;
};

/* The same of either family; an IPv4 address stands in the first four bytes. */
struct conf_network {
	uint8_t family;
	uint8_t bits; /* 8 to 32, or 16 to 128 */
	uint8_t addr[16];
};

/*
 * Between which of the operator's own machines RADIUS is believed, and for which addresses.  All bytes count where two are
 * compared.
 */
struct conf_radius {
	struct conf_address servers[CONF_RADIUS_MAX], clients[CONF_RADIUS_MAX];
	struct conf_network pools[CONF_RADIUS_MAX];
	uint32_t server_count, client_count, pool_count;
	uint32_t
	    silence; /* seconds after the latest word of a session in which it is believed to last; default 1 h */
	uint16_t ports[CONF_RADIUS_PORTS_MAX];
	uint32_t port_count;                       /* default 1645 1646 1812 1813 */
	uint16_t coa_ports[CONF_RADIUS_PORTS_MAX]; /* of the clients */
	uint32_t coa_port_count;                   /* default 1700 3799 */
};

/* Whose PPPoE sessions are believed. */
struct conf_pppoe {
	uint8_t concentrators[CONF_PPPOE_MAX][6]; /* their MACs */
	uint32_t concentrator_count;
	uint32_t silence; /* as of RADIUS, of PPP's control packets; default 1 h */
};

/* Whose word on IPv6 addresses is believed: by DHCPv6, and by Neighbor Discovery. */
struct conf_ipv6 {
	struct conf_address servers[CONF_IPV6_MAX]; /* of DHCPv6, and relays */
	struct conf_network pools[CONF_IPV6_MAX];   /* that these give from */
	struct conf_network slaac_pools[CONF_IPV6_MAX];
	uint8_t routers[CONF_IPV6_MAX][6]; /* MACs of the operator's own */
	uint32_t server_count, pool_count, slaac_pool_count, router_count;
	uint32_t silence; /* as of RADIUS, of an address of which hosts speak by Neighbor Discovery; default 1 h */
};

struct conf_iap {
	char name[NAMES_IAP_ROOM];
	char *interfaces[CONF_INTERFACES_MAX];
	size_t interface_count;
	uint64_t ring_bytes;    /* an interface; default 64M */
	uint64_t pool_bytes;    /* default 512M */
	uint32_t slice_seconds; /* divisor of 86400; default 300 */
	uint64_t slice_bytes;   /* default 1G */
	uint32_t snaplen;       /* default 262144 */
	enum conf_timestamps timestamps;
	/* whose answers give addresses to subjects that move, and which */
	uint8_t dhcp_servers[CONF_DHCP_MAX][4];
	size_t dhcp_server_count;
	uint8_t dhcp_server_macs[CONF_DHCP_MACS_MAX][6]; /* that these send from, and those of dhcp6_servers */
	uint32_t dhcp_server_mac_count;                  /* 0: from any */
	struct conf_pool dhcp_pools[CONF_DHCP_MAX];
	size_t dhcp_pool_count;
	struct conf_radius radius;
	struct conf_pppoe pppoe;
	struct conf_ipv6 ipv6;
	uint32_t resume_within; /* seconds without sight after which nothing that was learned counts; default 30 */
};

#define CONF_LOCK_BY_ORDER UINT32_MAX
#define CONF_WINDOWS_MAX 8

/* From one second of each UTC day on, before another one; where `to` is not after `from`, that of the next day. */
struct conf_window {
	uint32_t from, to;
};

struct conf_destination {
	char name[NAMES_DEST_ROOM];
	enum conf_scheme scheme;
	char *url;
	enum conf_deliver deliver;
	/* https; ca, crl and pin also s3 */
	char *ca, *crl, *client_cert, *client_key, *token_file, *user, *password_file, *pin;
	enum conf_proof proof;
	/* sftp */
	char *identity, *known_hosts;
	/* s3; region NULL stands for us-east-1 */
	char *region, *access_key_file, *secret_key_file;
	uint32_t object_lock_days; /* 0: none; CONF_LOCK_BY_ORDER: as many as the order's payload_days */
	int legal_hold, path_style;
	/* file */
	char *drop;  /* a folder that the LEA puts acknowledgements into; NULL: they are beside the days */
	int mounted; /* the folder is where a volume is mounted: without one nothing goes there */
	/* others; NULL or 0 where not given */
	char *lea;                        /* whose key acknowledges; NULL: the one named as the destination is */
	struct age_recipient *encrypt_to; /* who may open what this destination gets */
	size_t encrypt_to_count;
	uint64_t rate_limit;                          /* bytes a second, 0 for none */
	uint32_t parallel;                            /* default 1 */
	uint32_t alarm_after_seconds;                 /* default 3600 */
	struct conf_window windows[CONF_WINDOWS_MAX]; /* when files go; none: at any time */
	size_t window_count;
};

struct conf {
	char *path; /* of the file, absolute */
	char sha256[DIGEST_HEX];
	char *station; /* [station] name */
	char *state_dir;
	char *orders_dir;
	struct age_recipient
	    *orders_encrypt_to; /* who may open the orders that `order install` puts there; none: all */
	size_t orders_encrypt_to_count;
	char *orders_key;        /* age identity of one of them; NULL: only the credential orders.key, if any */
	char *keyring;           /* keyring.txt; keyring.txt.minisig lies beside it */
	char *root;              /* root.pub */
	uint32_t max_order_days; /* default 60 */
	uint32_t
	    quiet_after; /* seconds without a frame of a case after which that is worth a look; default a day, 0: never */
	uint32_t
	    remind_before; /* seconds before an order's end in which that is worth a look; default 3 days, 0: never */
	int allow_volatile_state;
	char *clock_file;    /* where the clock's state is read (clockstate.h); NULL: of the kernel */
	char *alarm_program; /* run for each alarm of the uploader; NULL: none */
	struct conf_iap *iaps;
	size_t iap_count;
	char *seal_key;                /* [seal] key; NULL if there is no [seal] */
	char *tsa_urls[CONF_TSAS_MAX]; /* RFC 3161 authorities, asked in this order */
	size_t tsa_count;
	char *events_profile; /* [seal]: the element map of events.xml; NULL: the one that casetap comes with */
	char *tsa_ca;         /* their certificates; given where there is a tsa_url */
	/* What an anomaly notice is written for. */
	uint32_t notice_gap;  /* seconds without capture, or with possible loss, at least; default 60, 0: never */
	uint64_t notice_loss; /* frames of the case's own that were lost, at least; default 1, 0: never */
	int notice_orders;    /* another revision, a revocation; default yes */
	struct conf_destination *destinations;
	size_t destination_count;
	struct conf_tunnel *tunnels;
	size_t tunnel_count;
};

/**
 * conf_load(path):
 * Load and judge casetap.conf: owner and mode (FAULTS 10), syntax, every key known, every value in range, every path
 * absolute without "..", secrets readable by their owner only (14).  Options that a later version will follow
 * are refused as not supported, never ignored.
 * Return it; or NULL after one diag line with the reason's exit code in ${status} (66, 77, 78, 71, 74).
 */
struct conf *conf_load(const char *, int *);
void conf_free(struct conf *);

/* The named IAP / destination, or NULL.  A NULL IAP name finds the only one, NULL where there are several. */
const struct conf_iap *conf_find_iap(const struct conf *, const char *);
const struct conf_destination *conf_find_destination(const struct conf *, const char *);

/**
 * conf_open_state(conf, status):
 * Open the state folder and judge it: no link in its path (FAULTS 9), the marker file `.casetap` that `casetap init` put
 * there (117: a missing mount is refused), ours or root's, not on a volatile filesystem unless allow_volatile_state (11).
 * Return its descriptor; or -1 after one diag line with the exit code in ${status}.
 */
int conf_open_state(const struct conf *, int *);

#endif
