#ifndef HEADS_H
#define HEADS_H

#include "packager.h"

/**
 * heads_run(p):
 * Once a month sign the head of the custody log of each case whose streams have all ended, if it has lines that none signed
 * before names: records/CASE/custody-MONTH.head (signedhead.h), its signature first.  What is there is never replaced,
 * nor removed: a head that is missing beside its signature is made again if the log has it, else the signature stays as it
 * is, and none is signed for its month.
 * What goes wrong is reported and remembered with packager_fail; other cases are not touched by it.
 */
void heads_run(struct packager *);

#endif
