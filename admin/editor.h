#ifndef EDITOR_H
#define EDITOR_H

#include "buf.h"

/**
 * editor_run(text, max):
 * Let a person edit ${text} with $VISUAL, $EDITOR or vi on the terminal, and put what he leaves, at most ${max} bytes, in
 * its place.  The text lies in a file system of its own, in memory and gone afterwards, that only the editor sees, and
 * everything else is read-only to it: no backup, swap or history file of an editor keeps a subject on a disk.
 * Return EX_OK, or an exit code after one diag line: the editor failed, or no such file system can be had here.
 */
int editor_run(struct buf *, size_t);

#endif
