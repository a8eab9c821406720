#!/usr/bin/env python3
"""users.py UID GID GROUPS COMMAND...: run a command as the units with PrivateUsers=yes do: as that user with those groups
(numbers, comma-separated), without a capability, in a user namespace where only root and that user have a name."""
import ctypes
import os
import sys

CLONE_NEWUSER, PR_SET_NO_NEW_PRIVS = 0x10000000, 38
uid, gid = int(sys.argv[1]), int(sys.argv[2])
groups = [int(g) for g in sys.argv[3].split(",") if g]
libc = ctypes.CDLL(None, use_errno=True)
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    if libc.unshare(CLONE_NEWUSER) != 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        os._exit(126)
    os.write(ready[1], b"x")
    if os.read(go[0], 1) != b"x":
        os._exit(126)
    os.execvp(sys.argv[4], sys.argv[4:])
os.close(ready[1])
os.close(go[0])
if os.read(ready[0], 1) == b"x":
    for name, number in ("uid_map", uid), ("gid_map", gid):
        with open("/proc/%d/%s" % (child, name), "w") as f:
            f.write("0 0 1\n%d %d 1\n" % (number, number))
    os.write(go[1], b"x")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
