#ifndef ATTACHMENT_H
#define ATTACHMENT_H

#include "buf.h"
#include "request.h"

/**
 * attachment_load(path, r, data):
 * Load what is to be put among the records: a plain file under one name, never a link, a pipe or a device.  Fills of ${r}
 * the file's name, hash and length.  Return EX_OK, or an exit code after one diag line.
 */
int attachment_load(const char *, struct request *, struct buf *);

#endif
