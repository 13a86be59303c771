"""The sink `postgres` against a real database that is killed."""

import subprocess

import pytest
from bed.postgres import Postgres
from bed.processes import eventually
from bed.rounds import journal, play, sink
from bed.server import Server


@pytest.fixture
def postgres(tmp_path):
    database = Postgres(tmp_path)
    database.run(subprocess.run([Server.program, "plugins", "postgres", "--ddl"], capture_output=True, text=True, check=True).stdout)
    yield database
    database.stop()


def settings(postgres: Postgres) -> dict:
    return {"sinks": [{"plugin": "websocket"}, {"plugin": "postgres", "name": "db", "connection": postgres.connection, "timeout": "5s",
                                                "retry": {"initial": "5ms", "max": "100ms"}}]}


def caught_up(server: Server) -> None:
    head = server.call("GET", "/api/pipeline")["seq"]
    eventually("all was delivered", lambda: sink(server, "db")["position"] == head, 60)


def compare(server: Server, postgres: Postgres) -> None:
    """Every row is that of the journal, and the stock that of the server."""
    events = journal(server)
    rows = postgres.rows("SELECT seq, type, sku, location, data, to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS at "
                         "FROM tallywire_events ORDER BY seq")
    assert [row["seq"] for row in rows] == [event["seq"] for event in events]
    for row, event in zip(rows, events, strict=True):
        assert (row["type"], row["data"], row["at"]) == (event["type"], event["data"], event["timestamp"])
    pages = server.call("GET", "/api/stock?limit=1000")["items"]
    wanted = sorted((item["sku"], item["location"], item["onHand"], item["reserved"], item["stock"]) for item in pages)
    stock = postgres.rows("SELECT sku, location, on_hand, reserved, stock FROM tallywire_stock")
    found = sorted((row["sku"], row["location"], row["on_hand"], row["reserved"], row["stock"]) for row in stock)
    assert [row for row in found if row in wanted or any(row[2:])] == [row for row in wanted if row in found or any(row[2:])]
    pipeline = server.call("GET", "/api/pipeline")
    assert postgres.rows("SELECT sink, epoch, seq FROM tallywire_position") == [
        {"sink": "db", "epoch": pipeline["epoch"], "seq": sink(server, "db")["position"]}]


def test_every_event_is_there_once_whoever_is_killed(sites, postgres):
    site = sites(settings(postgres))
    play(site.server, [postgres.kill_and_start])
    caught_up(site.server)
    assert sink(site.server, "db")["dropped"] == 0
    compare(site.server, postgres)


def test_the_stock_follows_the_catalogue(sites, postgres):
    site = sites(settings(postgres))
    server = site.server
    server.call("PATCH", "/api/variants/11", {"sku": "TEE-RED-MEDIUM"})
    server.move("TEE-RED-MEDIUM", "add", 3)
    held = server.call("POST", "/api/reservations", {"lines": [{"sku": "TEE-RED-MEDIUM", "quantity": 2}]})
    product = server.call("POST", "/api/products", {"name": "Cup", "price": 3, "sku": "CUP"})
    server.move("CUP", "add", 1)
    server.move("CUP", "subtract", 1)
    server.call("DELETE", f"/api/products/{product['id']}")
    caught_up(server)
    compare(server, postgres)
    skus = {row["sku"] for row in postgres.rows("SELECT DISTINCT sku FROM tallywire_stock")}
    assert "TEE-RED-MEDIUM" in skus and not {"TEE-RED-M", "CUP"} & skus
    assert postgres.rows("SELECT sum(reserved) AS units FROM tallywire_stock WHERE sku = 'TEE-RED-MEDIUM'") == [{"units": 2}]
    server.call("POST", f"/api/reservations/{held['reservationId']}/release", {})
    caught_up(server)
    compare(server, postgres)


def test_scans_are_answered_while_the_database_hangs(sites, postgres):
    site = sites(settings(postgres))
    caught_up(site.server)
    with subprocess.Popen(["psql", "-X", "-q", "-d", postgres.connection], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        holder.stdin.write("BEGIN; LOCK TABLE tallywire_events IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n")
        holder.stdin.flush()
        while "locked" not in holder.stdout.readline():
            pass
        for _ in range(100):
            site.server.move("TEE-RED-M", "add", 1)
        assert sink(site.server, "db")["lagEvents"] >= 100
        holder.stdin.close()
    caught_up(site.server)
    compare(site.server, postgres)
