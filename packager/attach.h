#ifndef ATTACH_H
#define ATTACH_H

#include "packager.h"
#include "requests.h"

/**
 * attach_file(p, case_id, e):
 * Copy the file that came with an attach request, NUMBER.data beside NUMBER.request, to
 * records/CASE/attachments/HHHHHHHH-NAME (the first digits of its hash), if it is a plain file of the length and
 * hash that the request names.  One that is there already stays.
 * Return 0, or -1 after one diag line, also remembered with packager_fail.
 */
int attach_file(struct packager *, const char *, const struct requests_entry *);

#endif
