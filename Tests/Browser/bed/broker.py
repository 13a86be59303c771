"""A mosquitto of the test's own, and scanners that publish to it."""

import json
import socket
import subprocess
from pathlib import Path

from .processes import Child, eventually, free_port, program


class Broker:
    """A mosquitto on a free port."""

    def __init__(self, folder: Path):
        self.port = free_port()
        self.url = f"mqtt://127.0.0.1:{self.port}"
        configuration = folder / "mosquitto.conf"
        configuration.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 100000\n")
        self.child = Child([program("mosquitto"), "-c", str(configuration)], folder / "mosquitto.log")
        eventually("the broker listens", self.listens)

    def listens(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True

    def scan(self, code: str | dict | list, device: str = "dock-1") -> None:
        """Publishes a scan as a scanner does, and comes back when the broker has it."""
        text = code if isinstance(code, str) else json.dumps(code)
        self.publish(f"scanners/{device}/scan", text)

    def publish(self, topic: str, text: str) -> None:
        subprocess.run(
            [program("mosquitto_pub"), "-V", "5", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-m", text],
            check=True, timeout=10)

    def publish_lines(self, topic: str) -> subprocess.Popen:
        """A mosquitto_pub that stays: each line written to its standard input is published as soon as it is there."""
        return subprocess.Popen(
            [program("mosquitto_pub"), "-V", "5", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-l"],
            stdin=subprocess.PIPE, text=True, bufsize=1)

    def retained(self, topic: str) -> dict | None:
        """What a shelf display would show that is switched on now: the retained message of its topic."""
        found = subprocess.run(
            [program("mosquitto_sub"), "-V", "5", "-h", "127.0.0.1", "-p", str(self.port), "-q", "1", "-t", topic, "-C", "1", "-W", "3"],
            capture_output=True, text=True, timeout=10)
        return json.loads(found.stdout) if found.stdout.strip() else None

    def stop(self) -> None:
        self.child.stop()
