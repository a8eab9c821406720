#ifndef CONF_INTERNAL_H
#define CONF_INTERNAL_H

#include "conf.h"
#include "inifile.h"
#include "settings.h"

/*
 * conf.c reads [station] and what concerns the whole; conf_iap.c reads [iap], conf_seal.c [seal], conf_destination.c
 * [destination], conf_tunnel.c [tunnel]; conf_access.c what [iap] says of the servers that give addresses.
 */

/* Read section number ${i} into a zeroed ${iap}, whose name is set.  Return 0, or -1 with errno set after one diag line. */
int conf_iap_read(const struct inifile *, size_t, struct conf_iap *);
void conf_iap_release(struct conf_iap *);

/* The value of ${e}, none to 16 age recipients, as a list of its own.  Return 0, or -1 after one diag line. */
int conf_recipients(const struct inifile *, const struct inifile_entry *, struct age_recipient **, size_t *);

/* Read section number ${i} into a zeroed ${d}.  Return 0, or -1 with errno set after one diag line. */
int conf_destination_read(const struct inifile *, size_t, struct conf_destination *);

/* Are the destination's secrets readable by their owner only?  Return 0, or -1 with errno EPERM after a diag line. */
int conf_destination_check(const struct conf_destination *);
void conf_destination_release(struct conf_destination *);

/* Read section number ${i}, [seal].  Return 0, or -1 with errno set after one diag line. */
int conf_seal_read(const struct inifile *, size_t, struct conf *);
void conf_seal_release(struct conf *);

/* Read section number ${i} into a zeroed ${t}.  Return 0, or -1 with errno set after one diag line. */
int conf_tunnel_read(const struct inifile *, size_t, struct conf_tunnel *);

#define CONF_ITEM_ROOM 64

/* Copy the next of blank-separated items.  Return where it ends, NULL if there is none; one too long is cut, and wrong. */
const char *conf_next_item(const char *, char[CONF_ITEM_ROOM]);

/* Setters of [iap]. */
settings_set_fn conf_dhcp_servers, conf_dhcp_server_macs, conf_dhcp_pool;
settings_set_fn conf_radius_servers, conf_radius_clients, conf_radius_pool, conf_radius_ports, conf_radius_coa_ports;
settings_set_fn conf_pppoe_concentrators;
settings_set_fn conf_dhcp6_servers, conf_dhcp6_pool, conf_slaac_pool, conf_ipv6_routers;

/* Parse ADDRESS/LENGTH, in place.  Return 0, or -1. */
int conf_network_parse(char *, struct conf_network *);

/* Parse a list of MACs into ${list}, of which there are ${count} at most ${max}.  Return 0, or -1 after one diag line. */
int conf_macs_parse(const struct inifile *, const struct inifile_entry *, uint8_t (*)[6], uint32_t *, uint32_t);

/* What of an access point holds where nothing else is said / what is wrong with it as a whole, or NULL. */
void conf_access_default(struct conf_iap *);
const char *conf_access_settle(const struct conf_iap *);

/**
 * conf_check_secret(path):
 * Refuse a secret that others can read; one that is not there, or lies where this program may not look, is the concern of
 * the program that needs it.  Return 0 (also for NULL), or -1 with errno EPERM after one diag line.
 */
int conf_check_secret(const char *);

#endif
