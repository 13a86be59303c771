"""The sink `webhook` against a receiver that verifies with the official library, fails at random and is killed."""

import json
import sys
from pathlib import Path

import pytest
from bed.processes import Child, eventually, free_port
from bed.rounds import journal, play, sink

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BED = Path(__file__).parent / "bed"


class Receiver:
    """The receiver as a child process, and what it kept."""

    def __init__(self, folder: Path, failures: float = 0.0):
        self.port = free_port()
        self.file = folder / "received.jsonl"
        self.file.touch()
        self.failures = failures
        self.starts = 0
        self.log = folder / "receiver.log"
        self.start()

    def start(self) -> None:
        self.starts += 1
        self.child = Child(
            [sys.executable, str(BED / "webhooks.py"), str(self.port), SECRET, str(self.file), str(self.failures), str(self.starts)], self.log)

    def kill_and_start(self) -> None:
        self.child.kill()
        self.start()

    @property
    def lines(self) -> list[dict]:
        text = self.file.read_text()
        assert "UNVERIFIED" not in text, text
        # A line that was being written when the receiver was killed is not whole.
        return [json.loads(line) for line in text.split("\n")[:-1]]

    @property
    def events(self) -> list[dict]:
        return [line["event"] for line in self.lines]


def settings(receiver: Receiver, **options: object) -> dict:
    entry = {"plugin": "webhook", "name": "hook", "url": f"http://127.0.0.1:{receiver.port}/hook", "secret": ["whsec_" + "A" * 32, SECRET],
             "allowPrivate": True, "timeout": "5s", "retry": {"initial": "5ms", "max": "100ms"}}
    return {"sinks": [{"plugin": "websocket"}, entry | options]}


def firsts(events: list[dict]) -> list[int]:
    """The seqs in the order in which each came for the first time."""
    return list(dict.fromkeys(event["seq"] for event in events))


@pytest.mark.parametrize("options", [{}, {"concurrency": 8}, {"body": "batch", "batch": 7}], ids=["in order", "side by side", "in batches"])
def test_every_event_arrives_whoever_is_killed(sites, tmp_path, options):
    receiver = Receiver(tmp_path, failures=0.2)
    site = sites(settings(receiver, **options))
    play(site.server, [receiver.kill_and_start])
    head = site.server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(site.server, "hook")["position"] == head, 60)
    found = sink(site.server, "hook")
    assert found["pending"] == 0 and found["dropped"] == 0
    events = journal(site.server)
    received = receiver.events
    assert {event["seq"] for event in received} == {event["seq"] for event in events}
    by_seq = {event["seq"]: event for event in events}
    assert all(event == by_seq[event["seq"]] for event in received), "an event arrived changed"
    if "concurrency" not in options:
        assert firsts(received) == sorted(by_seq)
    changes = [(event["data"]["sku"], event) for event in received if event["type"] == "inventory_updated"]
    for variant in {sku for sku, _ in changes}:
        seqs = firsts([event for sku, event in changes if sku == variant])
        assert seqs == sorted(seqs), f"the events of variant {variant} are not in order"
    # The same event has the same id, whenever it comes again; of a batch, the last.
    assert all(line["id"].split(":")[0] == site.server.call("GET", "/api/pipeline")["epoch"] for line in receiver.lines)
    deliveries = site.server.call("GET", "/api/pipeline/hook/deliveries")["items"]
    assert 0 < len(deliveries) <= 200 and deliveries[0]["status"] == 204


def test_scans_are_answered_while_the_receiver_hangs(sites, tmp_path):
    receiver = Receiver(tmp_path)
    site = sites(settings(receiver))
    head = site.server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(site.server, "hook")["position"] == head, 60)
    receiver.child.freeze()
    try:
        for number in range(200):
            site.server.move("TEE-RED-M", "add", 1)
        found = sink(site.server, "hook")
        assert found["lagEvents"] >= 200 and found["state"] in ("running", "retrying")
    finally:
        receiver.child.thaw()
    head = site.server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(site.server, "hook")["position"] == head, 60)


def test_the_delivery_log_is_on_the_pipeline_page(sites, page, tmp_path, photograph, faultless):
    receiver = Receiver(tmp_path, failures=0.3)
    site = sites(settings(receiver))
    for _ in range(20):
        site.server.move("TEE-RED-M", "add", 1)
    head = site.server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(site.server, "hook")["position"] == head, 60)
    page.goto(f"{site.url}/admin#/pipeline")
    node = page.locator('[data-part="sink:hook"]')
    node.get_by_role("button", name="Deliveries").click()
    dialog = page.get_by_role("dialog")
    rows = dialog.locator("tbody tr")
    rows.first.wait_for()
    assert "204" in rows.first.inner_text()
    faultless(page)
    photograph(page, "deliveries")
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
