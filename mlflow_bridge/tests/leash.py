"""Run a command, and kill it with all that it started as soon as whoever ran this is gone, however they went.

leash.py COMMAND…   in a session of its own; its standard input is the leash, which ends with the one who holds it
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def kill_all_at_its_end() -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: None)  # the whole group is told: the command ends, and then this
    threading.Thread(target=kill_all_at_its_end, daemon=True).start()
    sys.exit(subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL))
