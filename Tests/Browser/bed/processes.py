"""Child processes, free ports and waiting for conditions."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

Found = TypeVar("Found")


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def eventually(what: str, look: Callable[[], Found], seconds: float = 15) -> Found:
    """What `look` finds, once it finds something; fails after the deadline with what it said last."""
    deadline = time.monotonic() + seconds
    last: BaseException | Found | None = None
    while time.monotonic() < deadline:
        try:
            last = look()
            if last:
                return last
        except (AssertionError, OSError, KeyError) as error:
            last = error
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {what} (last: {last!r})")


def program(name: str) -> str:
    """Where a program is, also in the folders that only root has in its path."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not found:
        raise FileNotFoundError(name)
    return found


def required(name: str) -> str:
    """Where a program is that a test cannot do without: it is skipped where there is none, but in CI nothing may go untested."""
    try:
        return program(name)
    except FileNotFoundError:
        reason = f"{name} is not here; scripts/install-dependencies.sh tests should have brought it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)


class Child:
    """A child process whose output goes to a file, and which is ended by its own id."""

    def __init__(self, command: list[str], log: Path):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def stop(self, seconds: float = 20) -> int:
        """Asks it to end, and makes it if it does not; its exit code."""
        if self.is_running:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(seconds)
            self.kill()
        return self.process.wait()

    def kill(self) -> None:
        """Ends it at once, as a power cut would."""
        if self.is_running:
            self.process.kill()
        self.process.wait()

    def freeze(self) -> None:
        """Lets it do nothing until `thaw`, with its connections open."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.process.pid, signal.SIGCONT)
