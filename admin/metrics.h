#ifndef METRICS_H
#define METRICS_H

#include "overview.h"

/**
 * metrics_write(v, path):
 * Replace the file ${path}, in one step, with what monitoring may know, in the text format of Prometheus (casetap(8),
 * METRICS): no case, agency or subject is named, and nothing counted that tells of one's traffic.
 * Return EX_OK, or an exit code after one diag line.
 */
int metrics_write(const struct overview *, const char *);

#endif
