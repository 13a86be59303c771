"""Delivering events to one sink again: the command, the page, and a server that is killed meanwhile."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bed.processes import eventually
from bed.rounds import journal, sink
from playwright.sync_api import expect

# Takes every event into FILE, and refuses each second while FILE.closed is there.
PROGRAM = """
import json, os, sys, time
print('{"tallywire":1}', flush=True)
for line in sys.stdin:
    message = json.loads(line)
    if message["seq"] % 2 and os.path.exists(sys.argv[1] + ".closed"):
        print(json.dumps({"reject": message["seq"], "reason": "we are closed"}), flush=True)
        continue
    with open(sys.argv[1], "a") as file:
        print(json.dumps({"seq": message["seq"], "replay": message.get("replay", False)}), file=file)
    time.sleep(float(sys.argv[2]))
    print(json.dumps({"ack": message["seq"]}), flush=True)
"""


class Taker:
    """The program of the sink `out`, what it took, and the letters that the server keeps for it."""

    def __init__(self, sites, folder: Path, pause: float = 0.0, **options: object):
        self.file = folder / "taken.jsonl"
        self.file.touch()
        self.closed = folder / "taken.jsonl.closed"
        program = folder / "take.py"
        program.write_text(PROGRAM)
        entry = {"plugin": "exec", "name": "out", "command": [sys.executable, str(program), str(self.file), str(pause)],
                 "deadLetter": str(folder / "letters.jsonl"), "retry": {"initial": "5ms", "max": "100ms"}}
        self.letters_file = folder / "letters.jsonl"
        self.site = sites({"sinks": [{"plugin": "websocket"}, entry | options]})
        self.server = self.site.server

    @property
    def taken(self) -> list[dict]:
        return [json.loads(line) for line in self.file.read_text().splitlines()]

    @property
    def letters(self) -> list[dict]:
        return [json.loads(line) for line in self.letters_file.read_text().splitlines()]

    def catch_up(self) -> int:
        head = self.server.call("GET", "/api/pipeline")["seq"]
        eventually("all was delivered", lambda: sink(self.server, "out")["position"] == head, 60)
        return head

    def command(self, *arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.server.program, "replay", *arguments, "--server", self.server.url], capture_output=True, text=True,
                              timeout=120, check=False)

    def refuse(self, count: int) -> list[int]:
        """Makes so many movements while each second event is refused, and returns the events that are dead letters."""
        self.catch_up()
        self.closed.touch()
        for _ in range(count):
            self.server.move("TEE-RED-M", "add", 1)
        self.catch_up()
        self.closed.unlink()
        return [letter["seq"] for letter in self.letters if "delivered" not in letter]


def test_the_command_delivers_what_was_refused_and_marks_it(sites, tmp_path):
    taker = Taker(sites, tmp_path)
    refused = taker.refuse(6)
    assert len(refused) == 3
    assert [letter["reason"] for letter in taker.letters] == ["we are closed"] * 3
    before = taker.taken
    plan = taker.command("out", "--dead-letters", "--dry-run")
    assert plan.stdout == f"out: 3 dead letters would be delivered, from event {refused[0]} to event {refused[2]}\n"
    assert (plan.returncode, plan.stderr) == (0, "") and taker.taken == before
    done = taker.command("out", "--dead-letters", "--to", str(refused[1]))
    assert done.stdout.splitlines()[-1] == "out: 2 delivered" and done.returncode == 0
    assert taker.taken[len(before):] == [{"seq": seq, "replay": True} for seq in refused[:2]]
    assert [bool(letter.get("delivered")) for letter in taker.letters] == [True, True, False]
    # While it is closed again, the last one is refused again and stays what it is.
    taker.closed.touch()
    done = taker.command("out", "--dead-letters")
    assert done.returncode == 1 and "0 delivered, 1 refused, which are dead letters, we are closed" in done.stderr
    taker.closed.unlink()
    assert taker.command("out", "--dead-letters").returncode == 0
    assert all(letter["delivered"] for letter in taker.letters) and len(taker.letters) == 3
    taken = taker.taken
    again = taker.command("out", "--dead-letters")
    assert again.stdout.startswith("out: there is no dead letter to deliver\n") and again.returncode == 0
    assert taker.taken == taken
    assert {event["seq"] for event in taken} == {event["seq"] for event in journal(taker.server)}
    found = sink(taker.server, "out")
    assert found["dropped"] == 3 and found["replay"]["state"] == "finished"


def test_a_range_comes_again_in_order_beside_what_is_current(sites, tmp_path):
    taker = Taker(sites, tmp_path, pause=0.001)
    for _ in range(300):
        taker.server.move("TEE-RED-M", "add", 1)
    head = taker.catch_up()
    begun = taker.server.call("POST", "/api/pipeline/out/replay", {"from": 5, "to": head - 10})
    assert begun["state"] == "running" and begun["events"] == head - 14
    for _ in range(20):
        taker.server.move("TEE-RED-M", "add", 1)
    eventually("the replay ends", lambda: sink(taker.server, "out")["replay"]["state"] != "running", 60)
    taker.catch_up()
    assert [event["seq"] for event in taker.taken if event["replay"]] == list(range(5, head - 9))
    assert [event["seq"] for event in taker.taken if not event["replay"]] == list(range(1, head + 21))


@pytest.mark.parametrize(("arguments", "code", "text"), [
    (["out", "--from", "4", "--dead-letters"], 64, "--from is for events of the journal"),
    (["no-thing"], 1, "there is no sink “no-thing”"), (["websocket"], 1, "[not_durable]"), (["out", "--from", "999999"], 1, "(at from)"),
    (["out", "--from", "0"], 1, "an event has a number from 1 on"), (["out", "--cancel"], 1, "[no_replay]"),
    (["out", "--cancel", "--dry-run"], 64, "--cancel stands alone")], ids=str)
def test_the_command_says_what_is_wrong(sites, tmp_path, arguments, code, text):
    taker = Taker(sites, tmp_path)
    done = taker.command(*arguments)
    assert done.returncode == code and text in done.stderr, done.stderr


def test_a_server_that_is_killed_loses_no_letter(sites, tmp_path):
    # Slow, so that the end comes in the middle.
    taker = Taker(sites, tmp_path, pause=0.03)
    refused = taker.refuse(200)
    for number in range(2):
        before = len(taker.taken)
        taker.server.call("POST", "/api/pipeline/out/replay", {"deadLetters": True})
        eventually("some were delivered", lambda before=before, number=number: len(taker.taken) >= before + 10 * (number + 1), 30)
        taker.server.kill()
        taker.server.start()
    taker.catch_up()
    assert taker.command("out", "--dead-letters").returncode == 0
    replayed = [event["seq"] for event in taker.taken if event["replay"]]
    assert set(replayed) == set(refused)
    assert all(letter.get("delivered") for letter in taker.letters) and len(taker.letters) == len(refused)
    taken = taker.taken
    assert "there is no dead letter" in taker.command("out", "--dead-letters").stdout
    assert taker.taken == taken


def test_the_page_delivers_again(sites, page, tmp_path, photograph, faultless):
    taker = Taker(sites, tmp_path)
    refused = taker.refuse(4)
    page.goto(f"{taker.site.url}/admin#/pipeline")
    page.locator('[data-part="sink:out"]').get_by_role("button", name="Deliver again").click()
    dialog = page.get_by_role("dialog")
    status = dialog.get_by_role("status")
    expect(status).to_have_text(f"2 events would be delivered, from event {refused[0]} to event {refused[1]}.")
    dialog.get_by_label("Events by number").check()
    dialog.get_by_label("From").fill("999999")
    expect(status).to_contain_text("and gets 999999 anyway")
    expect(dialog.get_by_role("button", name="Deliver", exact=True)).to_be_disabled()
    dialog.get_by_label("Dead letters").check()
    expect(status).to_contain_text("2 events would be delivered")
    faultless(page)
    photograph(page, "replay")
    dialog.get_by_role("button", name="Deliver", exact=True).click()
    expect(status).to_have_text("Done: 2 delivered, 0 left out by the filter, 0 refused.")
    assert all(letter["delivered"] for letter in taker.letters)
    page.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    expect(page.locator('[data-part="sink:websocket"]').get_by_role("button", name="Deliver again")).to_be_hidden()
