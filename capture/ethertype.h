#ifndef ETHERTYPE_H
#define ETHERTYPE_H

/*
 * The Ethernet types that are followed or looked into.
 */
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_ARP 0x0806
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_MPLS 0x8847
#define ETHERTYPE_MPLS_UP 0x8848
#define ETHERTYPE_DISCOVERY 0x8863
#define ETHERTYPE_SESSION 0x8864
#define ETHERTYPE_QINQ 0x88a8
#define ETHERTYPE_QINQ_OLD 0x9100

#define ETHERTYPE_AT 12     /* in an Ethernet header */
#define ETHERTYPE_HEADER 14 /* that header's length */

#endif
