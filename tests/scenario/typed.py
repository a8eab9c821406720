#!/usr/bin/env python3
"""typed.py TEXT COMMAND...: run the command on a terminal of its own, and type TEXT (as it is: end it with a newline, or make
it Ctrl-C) once it asks for a password.  Prints what the terminal showed, then `echo WHEN ON|OFF` for the time of the question
and for the end, and `locked KIB`, the memory that is then kept from the swap.  Its status is the command's."""
import os
import pty
import select
import sys
import termios
import time

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])


def has_echo():
    return "ON" if termios.tcgetattr(terminal)[3] & termios.ECHO else "OFF"


def locked():
    with open("/proc/%d/status" % child) as f:
        return next(line.split()[1] for line in f if line.startswith("VmLck:"))


shown, told, limit = b"", [], time.monotonic() + 120
while time.monotonic() < limit:
    if not select.select([terminal], [], [], 1)[0]:
        continue
    try:
        data = os.read(terminal, 4096)
    except OSError:  # nobody has it open any more
        break
    if not data:
        break
    shown += data
    if not told and b"Password for" in shown:
        while has_echo() == "ON" and time.monotonic() < limit:  # it asks, then turns it off
            time.sleep(0.01)
        told = ["echo asked " + has_echo(), "locked " + locked()]
        os.write(terminal, sys.argv[1].encode())
told.append("echo end " + has_echo())
_, status = os.waitpid(child, 0)
print(shown.decode(errors="replace"), *told, sep="\n")
sys.exit(os.waitstatus_to_exitcode(status) & 0xFF)
