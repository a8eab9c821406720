#ifndef BOOTID_H
#define BOOTID_H

#define BOOTID_ROOM 37

/**
 * bootid_read(out):
 * The kernel's id of this boot, as it spells it, into ${out}.  Where a unit shows no more of /proc than processes
 * (ProcSubset=pid), it is CASETAP_BOOT_ID of the environment, which the unit sets from systemd's %b.
 * Return 0, or -1 with "-" in ${out}, where neither says.
 */
int bootid_read(char[BOOTID_ROOM]);

#endif
