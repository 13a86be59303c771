"""The sink `nats` against a real server with JetStream that is killed."""

import pytest
from bed.nats import Nats
from bed.processes import eventually
from bed.rounds import journal, play, sink
from bed.server import Server
from nats.js.api import DiscardPolicy


@pytest.fixture
def nats(tmp_path):
    server = Nats(tmp_path)
    yield server
    server.stop()


def settings(nats: Nats, **options: object) -> dict:
    entry = {"plugin": "nats", "name": "bus", "servers": nats.url, "stream": "STOCK", "subject": "stock.{event}.{location}.{sku}", "timeout": "5s",
             "retry": {"initial": "5ms", "max": "100ms"}}
    return {"sinks": [{"plugin": "websocket"}, entry | options]}


def caught_up(server: Server) -> None:
    head = server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(server, "bus")["position"] == head, 60)


def compare(server: Server, nats: Nats) -> None:
    """The stream has every event of the journal, each once and in order."""
    events = journal(server)
    epoch = server.call("GET", "/api/pipeline")["epoch"]
    messages = nats.messages()
    assert [event["seq"] for _, _, event in messages] == [event["seq"] for event in events]
    for (subject, identity, found), event in zip(messages, events, strict=True):
        data = event["data"]
        assert (found, identity) == (event, f"{epoch}:{event['seq']}")
        if event["type"] == "inventory_updated":
            assert subject == f"stock.inventory_updated.{data['location']}.{data['sku']}"


def test_every_event_is_in_the_stream_once_whoever_is_killed(sites, nats):
    site = sites(settings(nats))
    play(site.server, [nats.kill_and_start])
    caught_up(site.server)
    assert sink(site.server, "bus")["dropped"] == 0
    compare(site.server, nats)


def test_scans_are_answered_while_the_server_hangs(sites, nats):
    site = sites(settings(nats))
    caught_up(site.server)
    nats.child.freeze()
    try:
        for _ in range(100):
            site.server.move("TEE-RED-M", "add", 1)
        assert sink(site.server, "bus")["lagEvents"] >= 100
        # Not even its end waits for the sink longer than the drain lasts.
        site.server.restart()
    finally:
        nats.child.thaw()
    caught_up(site.server)
    compare(site.server, nats)


def test_a_full_stream_costs_a_position(sites, tmp_path):
    nats = Nats(tmp_path, max_msgs=60)
    try:
        site = sites(settings(nats))
        for _ in range(100):
            site.server.move("TEE-RED-M", "add", 1)
        eventually("the stream refuses", lambda: "maximum messages exceeded" in (sink(site.server, "bus")["lastError"] or ""), 60)
        found = sink(site.server, "bus")
        assert found["position"] == 60 and found["dropped"] == 0

        async def widen(connection) -> None:
            await connection.jetstream().update_stream(name="STOCK", subjects=["stock.>"], discard=DiscardPolicy.NEW, max_msgs=-1)

        nats.run(widen)
        caught_up(site.server)
        compare(site.server, nats)
    finally:
        nats.stop()
