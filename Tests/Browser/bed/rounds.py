"""Rounds in which servers and the systems beside them are killed while movements go on."""

import os
import random
import threading
import time
from collections.abc import Callable

from .server import Server

# How many rounds are played; `make rounds` plays fifty.
ROUNDS = int(os.environ.get("ROUNDS", "2"))
SEED = int(os.environ.get("ROUNDS_SEED") or random.randrange(1 << 32))


class Traffic:
    """Movements that go on while the server comes and goes, each with an id of its own, repeated until it is answered."""

    def __init__(self, server: Server, sku: str = "TEE-RED-M"):
        self.server = server
        self.sku = sku
        self.answered = 0
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._ends.is_set():
            movement = {"id": f"round-{self.answered}", "lines": [{"sku": self.sku, "operation": "add", "quantity": 1, "location": "WH1"}]}
            try:
                self.server.call("POST", "/api/movements", movement)
                self.answered += 1
            except (OSError, AssertionError, ValueError):
                time.sleep(0.02)  # the server is away: the same movement again

    def stop(self) -> None:
        self._ends.set()
        self._thread.join(30)


def play(server: Server, others: list[Callable[[], None]], least: int = 20) -> Traffic:
    """Kills the server and the others in random order at random moments, each followed by some movements, and says which seed it was.

    Each of `others` kills another system and starts it again."""
    chance = random.Random(SEED)
    print(f"ROUNDS={ROUNDS} ROUNDS_SEED={SEED}")
    traffic = Traffic(server)
    try:
        for _ in range(ROUNDS):
            victims = [*others, lambda: (server.kill(), server.start())]
            chance.shuffle(victims)
            for kill in victims:
                time.sleep(chance.random() * 0.3)
                kill()
            goal = traffic.answered + least
            deadline = time.monotonic() + 60
            while traffic.answered < goal:
                assert time.monotonic() < deadline, f"no movements were answered any more; the server's log ends with {server.log[-2000:]}"
                time.sleep(0.01)
    finally:
        traffic.stop()
    return traffic


def journal(server: Server) -> list[dict]:
    """All events of the journal, in order."""
    events: list[dict] = []
    while True:
        page = server.call("GET", f"/api/events?after={events[-1]['seq'] if events else 0}&limit=1000")
        if not page["items"]:
            return events
        events += page["items"]


def sink(server: Server, name: str) -> dict:
    """A sink as `/api/pipeline` shows it. Its counters are conserved at every moment."""
    found = next(sink for sink in server.call("GET", "/api/pipeline")["sinks"] if sink["name"] == name)
    counted = sum(found[key] for key in ("delivered", "filtered", "merged", "dropped", "pending"))
    assert found["offered"] == counted, found
    return found
