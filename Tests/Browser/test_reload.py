"""Reading plugins.json again: the call, the command, the signal, and what goes on meanwhile."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest
import websocket
from bed.processes import eventually
from bed.rounds import journal, sink
from bed.server import Refused, Server

SECRET = "MARKED-SECRET-OF-AT-LEAST-THIRTY-TWO-BYTES"

# Takes every event into FILE.
PROGRAM = """
import json, sys
print('{"tallywire":1}', flush=True)
for line in sys.stdin:
    seq = json.loads(line)["seq"]
    with open(sys.argv[1], "a") as file:
        print(seq, file=file)
    print(json.dumps({"ack": seq}), flush=True)
"""


class Setup:
    """A server whose plugins.json can be changed: `websocket`, a log, and a program."""

    def __init__(self, sites, folder: Path):
        self.taken = folder / "taken.txt"
        self.taken.touch()
        (folder / "take.py").write_text(PROGRAM)
        self.log = {"plugin": "json-log", "name": "archive", "path": str(folder / "archive.jsonl"), "fsync": "never",
                    "rotate": {"size": "1GiB"}}
        self.program = {"plugin": "exec", "name": "out", "command": [sys.executable, str(folder / "take.py"), str(self.taken)]}
        self.sockets = {"plugin": "websocket"}
        self.site = sites({"sinks": [self.sockets, self.log, self.program], "sources": []})
        self.server: Server = self.site.server

    def write(self, **changes: object) -> None:
        """Puts members into plugins.json, such as `sinks`."""
        configuration = json.loads(self.server.plugins.read_text())
        self.server.plugins.write_text(json.dumps(configuration | changes, indent=2))

    def reload(self) -> dict:
        return self.server.call("POST", "/api/configuration/reload")

    def command(self) -> subprocess.CompletedProcess:
        return subprocess.run([self.server.program, "reload", "--server", self.server.url], capture_output=True, text=True, timeout=60,
                              check=False)

    @property
    def seqs(self) -> list[int]:
        return [int(line) for line in self.taken.read_text().split()]

    @property
    def archived(self) -> list[int]:
        return [json.loads(line)["seq"] for line in Path(self.log["path"]).read_text().splitlines()]

    def catch_up(self, *names: str) -> int:
        head = self.server.call("GET", "/api/pipeline")["seq"]
        for name in names:
            eventually(f"{name} is up to date", lambda name=name: sink(self.server, name)["position"] >= head, 60)
        return head


def joined(server: Server, *rooms: str) -> websocket.WebSocket:
    client = websocket.create_connection(server.url.replace("http", "ws") + "/ws", timeout=20)
    for room in rooms:
        client.send(json.dumps({"type": "join", "room": room}))
        until(client, "joined")
    return client


def until(client: websocket.WebSocket, kind: str) -> dict:
    """The next message of this type."""
    while True:
        message = json.loads(client.recv())
        if message["type"] == kind:
            return message


def test_entries_start_stop_and_are_replaced(sites, tmp_path):
    setup = Setup(sites, tmp_path)
    server = setup.server
    assert setup.reload() == {"applied": [], "started": [], "stopped": [], "restarted": [], "restartNeeded": [], "revision": 1}
    server.move("TEE-RED-M", "add", 1)
    before = sink(server, "archive")
    second = setup.program | {"name": "second", "command": [*setup.program["command"][:2], str(tmp_path / "second.txt")]}
    setup.write(sinks=[setup.sockets, setup.log, setup.program | {"inFlight": 7}, second])
    assert setup.reload() == {"applied": [], "started": ["second"], "stopped": [], "restarted": ["out"], "restartNeeded": [], "revision": 2}
    server.move("TEE-RED-M", "add", 1)
    head = setup.catch_up("archive", "out", "second")
    assert setup.seqs == list(range(1, head + 1)), "the replaced sink went on from its position"
    assert [int(line) for line in (tmp_path / "second.txt").read_text().split()] == list(range(1, head + 1))
    # The counters of an entry that did not change go on; those of a replaced one begin anew.
    assert sink(server, "archive")["delivered"] == before["delivered"] + before["pending"] + 1
    assert sink(server, "out")["offered"] == 1
    setup.write(sinks=[setup.sockets, second])
    done = setup.command()
    assert done.stdout == "stopped: archive, out\nrevision 3\n" and done.returncode == 0
    server.move("TEE-RED-M", "add", 1)
    head = setup.catch_up("second")
    assert [entry["name"] for entry in server.call("GET", "/api/pipeline")["sinks"]] == ["websocket", "second"]
    assert setup.seqs[-1] == head - 1
    # Back again, each goes on where it was.
    setup.write(sinks=[setup.log, setup.program, setup.sockets])
    assert setup.reload() == {"applied": [], "started": ["archive", "out"], "stopped": ["second"], "restarted": [], "restartNeeded": [],
                              "revision": 4}
    head = setup.catch_up("archive", "out")
    assert setup.seqs == list(range(1, head + 1)) and setup.archived == list(range(1, head + 1))


def test_mistakes_change_nothing_and_are_all_named(sites, tmp_path):
    setup = Setup(sites, tmp_path)
    server = setup.server
    lines = ["{", '  "sinks": [', '    { "plugin": "websocket", "rooms": 3 },', '    { "plugin": "exek", "command": ["x"] }', "  ],",
             '  "prot": 1', "}"]
    server.plugins.write_text("\n".join(lines))
    with pytest.raises(Refused) as refused:
        setup.reload()
    assert (refused.value.status, refused.value.code) == (422, "invalid_configuration")
    try:
        urllib.request.urlopen(urllib.request.Request(server.url + "/api/configuration/reload", method="POST"), timeout=20)
    except urllib.error.HTTPError as error:
        problem = json.loads(error.read())
    assert sorted((mistake["line"], mistake["column"]) for mistake in problem["errors"]) == [(3, 39), (4, 17), (6, 3)]
    assert all(f"{server.plugins}:{line}:{column}: error: " in problem["detail"] for line, column in [(3, 39), (4, 17), (6, 3)])
    done = setup.command()
    assert done.returncode == 78 and done.stderr.strip() == problem["detail"]
    os.kill(server.child.process.pid, signal.SIGHUP)
    eventually("the log says it", lambda: server.log.count("nothing was changed") >= 4)
    assert "configuration cannot be used as it is now" in server.call("GET", "/health/ready")["warnings"][0]
    server.plugins.unlink()
    assert setup.command().returncode == 78
    # It goes on as before.
    server.move("TEE-RED-M", "add", 1)
    head = setup.catch_up("out", "archive")
    assert setup.seqs[-1] == head and server.call("GET", "/api/configuration")["revision"] == 1


def test_a_signal_reloads_and_what_needs_a_start_is_said(sites, tmp_path):
    setup = Setup(sites, tmp_path)
    server = setup.server
    configuration = json.loads(server.plugins.read_text())
    setup.write(http=configuration["http"] | {"limits": {"streams": 7}}, defaultLocation="STORE",
                journal=configuration["journal"] | {"retention": {"age": "12h"}}, sinks=[setup.sockets, setup.log])
    os.kill(server.child.process.pid, signal.SIGHUP)
    eventually("the program is gone", lambda: len(server.call("GET", "/api/pipeline")["sinks"]) == 2)
    again = setup.reload()
    assert [pending["path"] for pending in again["restartNeeded"]] == ["http.limits.streams", "defaultLocation"]
    assert all(pending["reason"] for pending in again["restartNeeded"]) and again["revision"] == 2
    running = server.call("GET", "/api/configuration")["configuration"]
    assert running["journal"]["retention"]["age"] == "12h" and running["defaultLocation"] == configuration["defaultLocation"]
    assert running["http"]["limits"]["streams"] == 1000
    assert "changes with the next start: http.limits.streams, since the port is open with these settings" in setup.command().stdout
    server.restart()
    assert setup.reload()["restartNeeded"] == []


def test_rooms_change_in_place(sites, tmp_path):
    setup = Setup(sites, tmp_path)
    server = setup.server
    # Whatever a room leaves out, everybody must not get.
    setup.sockets["broadcast"] = {"events": ["inventory_updated"], "fields": ["sku", "stock"], "stock": {"bands": [0, 5]}}
    rooms = {"prices": {"events": ["product_status_changed"]}, "stock": {"events": ["inventory_updated"]}, "old": {"events": ["stock_alert"]}}
    setup.write(sinks=[setup.sockets | {"rooms": rooms}, setup.log, setup.program])
    # The rooms that it has without a word are other ones, and nothing else differs.
    assert setup.reload()["applied"] == ["websocket"]
    with contextlib.closing(joined(server, "prices", "stock", "old")) as client:
        server.move("TEE-RED-M", "add", 1)
        assert until(client, "inventory_updated")["data"]["stock"] > 0
        # One is gone, one is new, one has other members of its events, one other types.
        rooms = {"new": {"events": ["stock_alert"]}, "stock": {"events": ["inventory_updated"], "fields": ["sku", "stock"]},
                 "prices": {"events": ["product_status_changed", "inventory_updated"], "stock": {"bands": [0, 5]}}}
        setup.write(sinks=[setup.sockets | {"rooms": rooms}, setup.log, setup.program])
        report = setup.reload()
        assert report["applied"] == ["websocket"] and report["restarted"] == []
        left = until(client, "left")
        assert left["room"] == "old" and left["code"] == "unknown_room"
        server.move("TEE-RED-M", "add", 1)
        data = until(client, "inventory_updated")["data"]
        assert "operation" not in data and data["sku"] == "TEE-RED-M" and isinstance(data["stock"], int)
        client.send(json.dumps({"type": "leave", "room": "stock"}))
        until(client, "left")
        server.move("TEE-RED-M", "add", 1)
        server.call("PATCH", "/api/products/1/status", {"status": "inactive"})
        # Within a band nothing is sent, so the status comes next.
        assert json.loads(client.recv())["type"] == "product_status_changed"
        client.send(json.dumps({"type": "join", "room": "new"}))
        assert until(client, "joined")["room"] == "new"
        client.send(json.dumps({"type": "join", "room": "old"}))
        assert until(client, "error")["code"] == "unknown_room"
        # Another path needs another sink: the connection is closed, and the old path is gone.
        setup.write(sinks=[setup.sockets | {"rooms": rooms, "path": "/live"}, setup.log, setup.program])
        assert setup.reload()["restarted"] == ["websocket"]
        with pytest.raises((websocket.WebSocketException, OSError, ValueError)):
            while True:
                json.loads(client.recv())
    with pytest.raises(websocket.WebSocketBadStatusException):
        joined(server)
    websocket.create_connection(server.url.replace("http", "ws") + "/live", timeout=20).close()


def test_secrets_are_shown_nowhere(sites, tmp_path):
    secret = tmp_path / "token"
    secret.write_text("MARKED-FILE")
    setup = Setup(sites, tmp_path)
    hook = {"plugin": "webhook", "url": "http://127.0.0.1:9/MARKED-PATH?key=MARKED-QUERY", "secret": "whsec_" + "MARKED00" * 4,
            "allowPrivate": True, "headers": {"Authorization": "Bearer MARKED-HEADER", "X-Key": f"${{file:{secret}}}"}}
    program = setup.program | {"environment": {"API_KEY": "MARKED-VARIABLE"},
                               "command": [*setup.program["command"], "--password", "MARKED-ARGUMENT"]}
    database = {"plugin": "postgres", "connection": "postgresql://tallywire:MARKED-PASSWORD@127.0.0.1:9/shop"}
    shelf = {"plugin": "mqtt", "broker": f"mqtt://shelf:MARKED-BROKER@127.0.0.1:{setup.site.broker.port}", "publish": [{"topic": "t"}]}
    setup.write(sinks=[setup.sockets, hook, program, database, shelf])
    assert setup.reload()["started"] == ["webhook", "postgres", "mqtt"]
    eventually("the database was tried", lambda: sink(setup.server, "postgres")["lastError"])
    shown = json.dumps(setup.server.call("GET", "/api/configuration"))
    metrics = urllib.request.urlopen(setup.server.url + "/metrics", timeout=20).read().decode()
    pipeline = json.dumps(setup.server.call("GET", "/api/pipeline"))
    setup.server.plugins.write_text(setup.server.plugins.read_text().replace('"allowPrivate": true', '"allowPrivate": "MARKED-TRUE?"'))
    with pytest.raises(Refused):
        setup.reload()
    # A text that is wrong is shown where it is wrong, and that is all.
    assert "MARKED" not in shown + metrics + pipeline + setup.server.log.replace("MARKED-TRUE?", "")
    entries = {entry["name"]: entry for entry in json.loads(shown)["configuration"]["sinks"]}
    assert entries["webhook"]["url"] == "http://127.0.0.1:9/***" and entries["webhook"]["timeout"] == "15s"
    assert entries["webhook"]["headers"] == {"Authorization": "***", "X-Key": f"${{file:{secret}}}"}
    assert entries["out"]["command"] == [sys.executable, "***", "***", "***", "***"] and entries["out"]["environment"] == {"API_KEY": "***"}
    assert entries["postgres"]["connection"] == "***" and entries["mqtt"]["broker"] == f"mqtt://***@127.0.0.1:{setup.site.broker.port}"


def test_thousands_of_events_a_second_go_through_reloads(sites, tmp_path):
    """None is lost, none comes twice, and no connection of another sink is closed."""
    setup = Setup(sites, tmp_path)
    server = setup.server
    client = joined(server, "journal")
    seen: list[int] = []
    goes = threading.Event()
    goes.set()

    def follow() -> None:
        client.settimeout(60)
        while True:
            message = json.loads(client.recv())
            if "seq" in message and "data" in message:
                seen.append(message["seq"])
            if message["type"] == "product_status_changed":
                return

    def press() -> None:
        line = json.dumps({"lines": [{"sku": "TEE-RED-M", "operation": "add", "quantity": 1, "location": "WH1"}]})
        body = "\n".join([line] * 1000).encode()
        while goes.is_set():
            # Two of these make 11,000 a second, where the machine is fast enough.
            next_time = time.monotonic() + 2 * 1000 / 11_000
            request = urllib.request.Request(server.url + "/api/movements", body, {"Content-Type": "application/x-ndjson"}, method="POST")
            with urllib.request.urlopen(request, timeout=60) as response:
                response.read()
            time.sleep(max(0, next_time - time.monotonic()))

    first = server.call("GET", "/api/pipeline")["seq"]
    follower = threading.Thread(target=follow)
    followers = [follower, *(threading.Thread(target=press) for _ in range(2))]
    for thread in followers:
        thread.start()
    begin = time.monotonic()
    for number in range(6):
        time.sleep(0.5)
        setup.write(sinks=[setup.sockets, setup.log, setup.program | {"inFlight": 100 + number}])
        assert setup.reload()["restarted"] == ["out"]
    goes.clear()
    for thread in followers[1:]:
        thread.join(60)
    rate = (server.call("GET", "/api/pipeline")["seq"] - first) / (time.monotonic() - begin)
    print(f"{rate:.0f} events a second")
    server.call("PATCH", "/api/products/1/status", {"status": "inactive"})
    follower.join(60)
    client.close()
    head = setup.catch_up("archive", "out")
    # A client that reads more slowly gets several changes of an item as one.
    assert seen == sorted(set(seen)) and seen[-1] == head, "the connection got each event once at most, in order, and the last"
    assert setup.archived == list(range(1, head + 1)), "so did the log"
    assert setup.seqs == list(range(1, head + 1)), "and the program that was replaced"
    assert head == len(journal(server))
