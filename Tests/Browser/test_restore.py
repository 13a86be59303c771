"""A backup that is put back after more has happened: pages and displays show it by themselves, and whoever keeps events can tell."""

import json
import subprocess

import pytest
from bed.postgres import Postgres
from bed.processes import eventually
from bed.rounds import journal, sink
from bed.server import Server
from playwright.sync_api import expect
from test_postgres import settings as postgres_settings
from test_resilience import PLACES, open_page, set_stock, shown
from test_webhook import Receiver
from test_webhook import settings as webhook_settings


def run(*arguments: str) -> str:
    done = subprocess.run([Server.program, *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def database(tmp_path):
    database = Postgres(tmp_path)
    database.run(run("plugins", "postgres", "--ddl"))
    yield database
    database.stop()


@pytest.fixture
def receiver(tmp_path):
    receiver = Receiver(tmp_path)
    yield receiver
    receiver.child.kill()


@pytest.fixture
def site(site, database, receiver):
    """The sample's server, with a webhook and a database beside its sinks."""
    plugins = json.loads(site.server.plugins.read_text())
    plugins["sinks"] += [settings["sinks"][1] for settings in (postgres_settings(database), webhook_settings(receiver))]
    site.server.plugins.write_text(json.dumps(plugins))
    site.server.restart()
    return site


def all_delivered(server: Server, *names: str) -> None:
    head = server.call("GET", "/api/pipeline")["seq"]
    for name in names:
        eventually(f"{name} has all", lambda name=name: sink(server, name)["position"] == head, 60)


def test_who_follows_a_server_follows_the_restored_one(site, pages, database, receiver):
    server, folder = site.server, site.server.folder
    sinks = ("shelf-displays", "json-log", "db", "hook")
    set_stock(site, 4)
    tabs = {path: pages() for path in PLACES}
    for path, page in tabs.items():
        open_page(page, site.url, path)
        expect(PLACES[path](page)).to_have_text(shown(path, 4))
    all_delivered(server, *sinks)
    run("backup", "--data", str(folder), "--to", str(folder / "copy.db"))
    kept = json.loads((folder / "copy.db.json").read_text())

    for units in (3, 2, 1):
        server.move("TEE-RED-L", "set", units, "WH1")
    for path, page in tabs.items():
        expect(PLACES[path](page)).to_have_text(shown(path, 1))
    all_delivered(server, *sinks)
    before = journal(server)
    head = before[-1]["seq"]
    server.stop()
    assert f"{head - kept['seq']} events more, {kept['seq'] + 1} to {head}: they will be lost" in run(
        "restore", str(folder / "copy.db"), "--data", str(folder), "--yes")
    server.start()

    # Pages and displays, though nothing moves.
    for path, page in tabs.items():
        expect(PLACES[path](page)).to_have_text(shown(path, 4), timeout=40_000)
        expect(page.locator(".connection")).to_have_text("Live")
    eventually("the display is repaired", lambda: site.broker.retained("displays/WH1/TEE-RED-L")["stock"] == 4, 30)

    # Whoever keeps events: the number that comes next means something else now, and each says so.
    pipeline = server.call("GET", "/api/pipeline")
    assert pipeline["previous"] == {"epoch": kept["epoch"], "seq": kept["seq"]} and pipeline["epoch"] != kept["epoch"]
    server.move("TEE-RED-L", "set", 5, "WH1")
    all_delivered(server, "shelf-displays", "json-log", "hook")
    after = journal(server)
    assert after[: kept["seq"]] == before[: kept["seq"]] and after[kept["seq"]] != before[kept["seq"]]
    for path, page in tabs.items():
        expect(PLACES[path](page)).to_have_text(shown(path, 5))

    def lines(name: str) -> list[dict]:
        return [json.loads(line) for line in (folder / name).read_text().splitlines()]

    assert [event["seq"] for event in lines("events.jsonl.1")] == [event["seq"] for event in before]
    # From where the sink was when the backup was made.
    log = lines("events.jsonl")
    assert log[0]["seq"] <= kept["seq"] + 1 and log == after[log[0]["seq"] - 1:]
    came = [(line["id"], line["event"]) for line in receiver.lines]
    lost = [event for identity, event in came if identity.startswith(f"{kept['epoch']}:") and event["seq"] > kept["seq"]]
    assert lost == before[kept["seq"]:]
    anew = [event for identity, event in came if identity.startswith(f"{pipeline['epoch']}:")]
    assert anew and anew == after[anew[0]["seq"] - 1:]
    said = eventually("the database's sink stops", lambda: sink(server, "db")["lastError"])
    assert f"the events {kept['seq'] + 1} to {head} of the epoch {kept['epoch']}, which the journal lost" in said
    assert database.rows("SELECT max(seq) AS seq FROM tallywire_events") == [{"seq": head}]
