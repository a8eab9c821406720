"""memory.py IDENTITY PID...: in the memory of which processes is the secret of the age identity?  Prints 1 or 0 for each."""
import re
import sys

# An area above that is a pool for frames, or a sanitizer's shadow: a key lies in pages of its own.
LARGE = 128 << 20
CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
text = re.search(r"AGE-SECRET-KEY-1([0-9A-Z]+)", open(sys.argv[1]).read()).group(1).lower()
bits = "".join(format(CHARSET.index(c), "05b") for c in text[:-6])
secret = bytes(int(bits[i : i + 8], 2) for i in range(0, 256, 8))


def holds(pid):
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        looked = 0
        for line in maps:
            area, mode, *_ = line.split()
            if mode[0] != "r" or line.rstrip().endswith(("[vvar]", "[vsyscall]")):
                continue
            begin, end = (int(x, 16) for x in area.split("-"))
            if end - begin > LARGE:
                continue
            try:
                mem.seek(begin)
                left = end - begin
                tail = b""
                while left > 0:
                    block = mem.read(min(left, 1 << 20))
                    if not block:
                        break
                    if secret in tail + block:
                        return 1
                    tail = block[-31:]
                    left -= len(block)
                looked += 1
            except OSError:
                continue
        return 0 if looked else "?"


print(*[holds(p) for p in sys.argv[2:]])
