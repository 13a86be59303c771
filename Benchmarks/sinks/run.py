#!/usr/bin/env python3
"""How fast durable sinks catch up with a journal, each beside the least that the other side needs for the same events.

    Benchmarks/sinks/run.py [--events 60000] [--runs 3] [postgres] [webhook] [nats]

It makes a journal of movements, and starts the release build with one new sink on a copy of it. The time is from the first event that
the sink took to the last. `postgres`: beside psql, which copies the same rows into the same table, 1,000 a transaction. `webhook`: with
`concurrency` 16 to an nginx that answers 204, beside wrk, which posts one of the events over 16 connections and signs nothing. `nats`: into a stream on the disk, beside a loop that writes the same
events to a bare socket, 256 at once, and counts the acknowledgements.

It needs PostgreSQL 15, nginx, wrk and nats-server from Debian's packages.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "Tests/Browser"))
sys.dont_write_bytecode = True
os.environ["PATH"] += f":/usr/sbin:{REPOSITORY}/.build/proxies/usr/sbin"

from bed.postgres import Postgres  # noqa: E402
from bed.processes import Child, eventually, free_port, program  # noqa: E402

TALLYWIRE = os.environ.get("TALLYWIRE", str(REPOSITORY / ".build/release/tallywire"))


class Server:
    """The release build in a folder, with some sinks."""

    def __init__(self, folder: Path, sinks: list[dict]):
        (folder / "plugins.json").write_text(json.dumps({"journal": {"path": str(folder / "data/tallywire.db")}, "sinks": sinks}))
        ready = folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.child = Child([TALLYWIRE, "serve", "--plugins", str(folder / "plugins.json"), "--port", "0", "--ready-file", str(ready)], folder / "log")
        eventually("the server is ready", lambda: ready.exists() and ready.stat().st_size > 0, 60)
        self.url = json.loads(ready.read_text())["http"]["url"]

    def call(self, path: str, body: bytes | None = None, kind: str = "application/json") -> dict | list[str]:
        request = urllib.request.Request(self.url + path, body, {"Content-Type": kind})
        with urllib.request.urlopen(request, timeout=120) as response:
            text = response.read()
        return json.loads(text) if kind == "application/json" else text.decode().splitlines()

    def rate(self) -> float:
        """Events a second until the sink has all of them."""
        samples: list[tuple[float, int]] = []
        while True:
            status = self.call("/api/pipeline")
            found = status["sinks"][0]
            samples.append((time.monotonic(), found["position"]))
            if found["position"] == status["seq"]:
                break
            time.sleep(0.01)
        begun = next(sample for sample in samples if sample[1] > 0)
        end = samples[-1]
        return (end[1] - begun[1]) / (end[0] - begun[0])


def make_journal(folder: Path, events: int) -> list[dict]:
    """Fills a journal. Returns its first events."""
    server = Server(folder, [])
    variants = [{"sku": f"SKU-{number}", "name": f"Item {number}"} for number in range(200)]
    server.call("/api/products", json.dumps({"name": "Bench", "price": 9.99, "variants": variants}).encode())
    for begin in range(0, events, 2_000):
        lines = [json.dumps({"reason": "received", "lines": [{"sku": f"SKU-{number % 200}", "operation": "add", "quantity": 1}]})
                 for number in range(begin, min(begin + 2_000, events))]
        server.call("/api/movements", "\n".join(lines).encode(), "application/x-ndjson")
    first = server.call("/api/events?after=210&limit=1000")["items"]
    server.child.stop()
    return first


def caught_up(folder: Path, sink: dict) -> float:
    """The rate of a new sink on a copy of the journal."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(folder / "data", Path(copy) / "data")
        server = Server(Path(copy), [sink])
        try:
            return server.rate()
        finally:
            server.child.stop()


def copied(postgres: Postgres, events: list[dict], count: int) -> float:
    """psql's rate for rows of the same size, 1,000 a transaction."""
    quote = str.maketrans({"\\": "\\\\", "\t": "\\t"})
    postgres.run("CREATE TABLE bare (LIKE tallywire_events INCLUDING ALL); TRUNCATE bare")
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        for begin in range(0, count, len(events)):
            rows = ["\t".join([str(begin + index + 1), event["timestamp"], event["type"], "1", "1", event["data"]["sku"], "MAIN",
                               json.dumps(event["data"], separators=(",", ":")).translate(quote)]) for index, event in enumerate(events)]
            file.write("BEGIN;\nCOPY bare (seq, timestamp, type, product_id, variant_id, sku, location, data) FROM STDIN;\n" + "\n".join(rows) + "\n\\.\nCOMMIT;\n")
        file.flush()
        begun = time.monotonic()
        subprocess.run(["psql", "-X", "-q", "-d", postgres.connection, "-f", file.name], check=True, timeout=600)
        rate = count / (time.monotonic() - begun)
    postgres.run("DROP TABLE bare")
    return rate


def bench_postgres(folder: Path, events: list[dict], count: int) -> tuple[float, float]:
    postgres = Postgres(folder, fsync=True)
    try:
        postgres.run(subprocess.run([TALLYWIRE, "plugins", "postgres", "--ddl"], capture_output=True, text=True, check=True).stdout)
        ours = caught_up(folder.parent / "journal", {"plugin": "postgres", "connection": postgres.connection})
        return ours, copied(postgres, events, count)
    finally:
        postgres.stop()


def bench_webhook(folder: Path, events: list[dict], _count: int) -> tuple[float, float]:
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; keepalive_requests 10000000; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
        f"  server {{ listen 127.0.0.1:{port}; location / {{ return 204; }} }} }}\n")
    nginx = Child([program("nginx"), "-c", str(configuration)], folder / "nginx.log")
    script = folder / "post.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = [==[{json.dumps(events[0])}]==]\n")
    try:
        eventually("nginx listens", lambda: subprocess.run(["curl", "-s", f"http://127.0.0.1:{port}/"], check=False).returncode == 0)
        ours = caught_up(folder.parent / "journal", {
            "plugin": "webhook", "url": f"http://127.0.0.1:{port}/hook", "secret": "whsec_" + "A" * 44, "allowPrivate": True, "concurrency": 16})
        text = subprocess.run([program("wrk"), "-t", "1", "-c", "16", "-d", "5", "-s", str(script), f"http://127.0.0.1:{port}/hook"], capture_output=True,
                              text=True, check=True).stdout
        return ours, float(next(line for line in text.splitlines() if line.startswith("Requests/sec")).split()[1])
    finally:
        nginx.stop()


class Line:
    """A connection to a NATS server that writes what it is told."""

    def __init__(self, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(b'CONNECT {"verbose":false}\r\nSUB answers 1\r\n')
        self.socket.recv(4096)

    def send(self, messages: bytes, count: int) -> bytes:
        """Sends messages, and returns their answers."""
        self.socket.sendall(messages)
        answers = b""
        while answers.count(b"MSG answers ") < count or not answers.endswith(b"}\r\n"):
            answers += self.socket.recv(1 << 20)
        return answers


def message(subject: str, payload: bytes) -> bytes:
    return f"PUB {subject} answers {len(payload)}\r\n".encode() + payload + b"\r\n"


def bench_nats(folder: Path, events: list[dict], count: int) -> tuple[float, float]:
    port = free_port()
    configuration = folder / "nats.conf"
    configuration.write_text(f'listen: 127.0.0.1:{port}\njetstream {{ store_dir: "{folder}/jetstream" }}\n')
    server = Child([program("nats-server"), "-c", str(configuration)], folder / "nats.log")
    try:
        eventually("the NATS server listens", lambda: socket.create_connection(("127.0.0.1", port)).close() is None)
        line = Line(port)
        for name in ("STOCK", "BARE"):
            made = {"name": name, "subjects": [f"{name.lower()}.>"], "storage": "file"}
            line.send(message(f"$JS.API.STREAM.CREATE.{name}", json.dumps(made).encode()), 1)
        ours = caught_up(folder.parent / "journal", {
            "plugin": "nats", "servers": f"nats://127.0.0.1:{port}", "stream": "STOCK", "subject": "stock.{event}.{sku}"})
        window = b"".join(message(f"bare.inventory_updated.{event['data']['sku']}", json.dumps(event, separators=(",", ":")).encode())
                          for event in events[:256])
        begun = time.monotonic()
        for _ in range(0, count, 256):
            line.send(window, 256)
        return ours, count / (time.monotonic() - begun)
    finally:
        server.stop()


BENCHES = {"postgres": ("psql COPY", bench_postgres), "webhook": ("wrk, unsigned", bench_webhook),
           "nats": ("a bare socket", bench_nats)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("sinks", nargs="*", metavar="sink", help=", ".join(BENCHES))
    arguments.add_argument("--events", type=int, default=60_000)
    arguments.add_argument("--runs", type=int, default=3)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        place = Path(place)
        place.chmod(0o711)
        (place / "journal").mkdir()
        events = make_journal(place / "journal", asked.events)
        for name in asked.sinks or BENCHES:
            baseline, bench = BENCHES[name]
            results = []
            for run in range(asked.runs):
                folder = place / f"{name}-{run}"
                folder.mkdir(mode=0o711)
                results.append(bench(folder, events, asked.events))
                print(f"{name}: {results[-1][0]:,.0f} events/s; {baseline}: {results[-1][1]:,.0f} a second; {results[-1][0] / results[-1][1]:.2f}", flush=True)
            print(f"{name}: median {statistics.median(ours for ours, _ in results):,.0f} events/s, "
                  f"{statistics.median(ours / least for ours, least in results):.2f} of {baseline}", flush=True)


if __name__ == "__main__":
    main()
