"""What somebody does who has just cloned the project: `make run`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.e2e.server import ROOT, free_port
from tests.rules.files import listed

READY_WITHIN_S = 90


def clone(folder: Path) -> Path:
    """Copy what git knows or would add; the installed packages are borrowed, so that no network is needed."""
    for name in listed():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    return folder


class MadeRun:
    """`make run` in a folder, started and ready. `links` are the sign-in links that it printed, by e-mail."""

    def __init__(self, folder: Path) -> None:
        began = time.monotonic()
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        self.process = subprocess.Popen(
            ["make", "run"],
            cwd=folder,
            env=environment | {"PORT": str(port)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.printed = ""
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        assert self.ready.wait(READY_WITHIN_S), self.printed
        self.took_s = time.monotonic() - began
        assert self.process.poll() is None, self.printed
        self.links = dict(re.findall(r", (\S+@\S+)\n +(http\S+)", self.printed))

    def read(self) -> None:
        with self.process.stdout as output:
            for line in output:
                self.printed += line
                if "Ctrl+C" in line:
                    self.ready.set()
        self.ready.set()

    def stop(self) -> str:
        """Press Ctrl+C, which a terminal sends to the whole group, and return everything it printed."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=20)
        self.reader.join(timeout=20)
        return self.printed
