#!/usr/bin/env python3
"""Measures three nodes, as `make cluster` starts them, beside a single server on the same machine in the same run.

Prints medians and 99th percentiles of lone changes, movements a second under a flood, and what a node with an empty folder costs
that copies a journal. Both servers take turns. Needs nothing but Python, a built program, and what `make cluster` needs.
"""

import argparse
import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PLUGINS = REPOSITORY / "examples/cluster/plugins.json"


def free_ports(count: int) -> int:
    """The first of `count` ports in a row that nobody uses."""
    for first in range(20_000, 60_000, 20):
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            for port in range(first, first + count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    raise SystemExit("there are no free ports")


def eventually(what: str, holds: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if holds():
                return
        time.sleep(0.02)
    raise SystemExit(f"never happened: {what}")


class Node:
    """A server at a port, whose calls go over one connection."""

    def __init__(self, port: int):
        self.port = port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)

    def call(self, method: str, path: str, body: str | None = None, kind: str = "application/json") -> tuple[int, bytes]:
        try:
            self.connection.request(method, path, body, {"Content-Type": kind} if body else {})
            response = self.connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            raise

    def change(self) -> None:
        status, text = self.call("PATCH", "/api/variants/11/inventory", '{"operation":"add","quantity":1}')
        if status != 200:
            raise SystemExit(f"a change was refused with {status}: {text.decode()}")

    def head(self) -> int:
        return json.loads(self.call("GET", "/health/ready")[1])["seq"]

    def is_ready(self) -> bool:
        return self.call("GET", "/health/ready")[0] == 200


# Servers


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


class Cluster:
    """What `scripts/cluster.sh` has started."""

    def __init__(self, first: int, folder: Path, log: Path):
        self.broker, self.folder, self.log = first, folder, log
        self.ports = {name: first + 1 + number for number, name in enumerate("abc")}

    def is_running(self) -> bool:
        return "Ctrl-C ends everything" in self.log.read_text()

    def process(self, name: str) -> int:
        return int(re.findall(rf"\b{name} http://\S+ \(process (\d+)\)", self.log.read_text())[0])

    def node(self, name: str) -> Node:
        return Node(self.ports[name])

    def leader(self) -> str:
        return json.loads(self.node("a").call("GET", "/api/cluster")[1])["leader"]


@contextlib.contextmanager
def servers(program: str, folder: Path) -> Iterator[tuple[Cluster, Node]]:
    """A cluster, and a single server with the same plugins at the same broker, at topics of its own."""
    first = free_ports(11)
    log = folder / "cluster.log"
    environment = os.environ | {"DATA": str(folder / "cluster"), "TALLYWIRE": program, "FIRST": str(first)}
    with running([str(REPOSITORY / "scripts/cluster.sh")], environment, log):
        cluster = Cluster(first, folder / "cluster", log)
        eventually(f"the cluster runs; see {log}", cluster.is_running)
        text = re.sub(r'"cluster": \{.*?\n  \},\n', "", PLUGINS.read_text(), flags=re.S)
        for topic in ("scanners/", "displays/", "events/"):
            text = text.replace(f'"{topic}', f'"single/{topic}')
        (folder / "plugins.json").write_text(text)
        environment = os.environ | {"NODE": "single", "PORT": str(first + 10), "BROKER": f"mqtt://127.0.0.1:{first}"}
        command = [program, "serve", "--plugins", str(folder / "plugins.json"), "--data", str(folder / "single")]
        command += ["--set", f"sinks.json-log.path={folder}/single/events.jsonl"]
        # Sessions of its own at the broker that both share.
        command += ["--set", "sources.mqtt-scanners.clientId=single-scanners", "--set", "sinks.shelf-displays.clientId=single-displays"]
        with running(command, environment, folder / "single.log"):
            single = Node(first + 10)
            eventually(f"the single server runs; see {folder}/single.log", single.is_ready)
            subprocess.run([program, "import", "examples/catalogue.csv", "--server", f"http://127.0.0.1:{first + 10}"],
                           cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
            yield cluster, single


# Measuring


def percentiles(times: list[float]) -> str:
    times = sorted(times)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[int((len(times) - 1) * 0.99)]:.1f} ms"


def lone(act: Callable[[], None], count: int = 500) -> list[float]:
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        act()
        times.append((time.perf_counter() - begin) * 1000)
        time.sleep(0.01)
    return times


def lone_scans(broker: int, topics: str, count: int = 500) -> str:
    """From a scan's PUBLISH to its answer, 50 a second, so that each is alone."""
    folder = REPOSITORY / "Benchmarks/mqtt/load"
    subprocess.run(["make", "-s", "-C", str(folder), "mqttbare"], check=True)
    command = [str(folder / "mqttbare"), str(broker), "ask", f"{topics}scanners/dock-1/scan", f"{topics}scanners/dock-1/ack", "50", str(count)]
    took = json.loads(subprocess.run([*command, "4006381333931"], check=True, capture_output=True, text=True).stdout)
    return f"p50 {took['p50_ms']:.1f} ms, p99 {took['p99_ms']:.1f} ms"


def flood(port: int, count: int, connections: int = 4) -> float:
    """Movements a second, as NDJSON over a few connections."""
    line = json.dumps({"lines": [{"sku": "TEE-RED-M", "operation": "add", "quantity": 1, "location": "WH1"}]}) + "\n"
    answers: list[int] = []

    def send() -> None:
        status, text = Node(port).call("POST", "/api/movements", line * (count // connections), "application/x-ndjson")
        answers.append(text.count(b'"applied"') if status == 200 else 0)

    begin = time.perf_counter()
    threads = [threading.Thread(target=send) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    if sum(answers) != count // connections * connections:
        raise SystemExit(f"{sum(answers)} of {count} movements were applied")
    return sum(answers) / seconds


class Watch(threading.Thread):
    """Changes one after another at a node until it is ended, and what each took."""

    def __init__(self, port: int):
        super().__init__()
        self.node, self.times, self.ends = Node(port), [], threading.Event()

    def run(self) -> None:
        while not self.ends.is_set():
            self.times += lone(self.node.change, 1)

    def end(self) -> list[float]:
        self.ends.set()
        self.join()
        return self.times


def measure_lone(cluster: Cluster, single: Node, rounds: int) -> None:
    leader = cluster.leader()
    follower = next(name for name in cluster.ports if name != leader)
    acts = {
        "a change over HTTP, single server": single.change,
        "a change over HTTP at the leader": cluster.node(leader).change,
        "a change over HTTP at a follower": cluster.node(follower).change,
    }
    for _ in range(rounds):
        for what, act in acts.items():
            print(f"{what}: {percentiles(lone(act))}", flush=True)
        for what, topics in {"a scan over MQTT, single server": "single/", "a scan over MQTT, three nodes": ""}.items():
            print(f"{what}: {lone_scans(cluster.broker, topics)}", flush=True)


def measure_flood(cluster: Cluster, single: Node, rounds: int) -> None:
    for _ in range(rounds):
        alone = flood(single.port, 60_000)
        together = flood(cluster.ports[cluster.leader()], 60_000)
        print(f"a flood: single server {alone:,.0f}/s, three nodes {together:,.0f}/s: {together / alone:.2f}", flush=True)


def measure_fresh(cluster: Cluster, events: int) -> None:
    """A node whose folder is empty, while changes go on at the leader."""
    leader = cluster.node(cluster.leader())
    while (missing := events - leader.head()) > 0:
        flood(leader.port, min(missing, 100_000))
    name = next(name for name in reversed(cluster.ports) if cluster.ports[name] != leader.port)
    # The same command as the script's.
    process = Path(f"/proc/{cluster.process(name)}")
    command = process.joinpath("cmdline").read_text().split("\0")[:-1]
    environment = dict(entry.split("=", 1) for entry in process.joinpath("environ").read_text().split("\0")[:-1])
    os.kill(int(process.name), signal.SIGTERM)
    eventually(f"node {name} ends", lambda: not process.exists())
    shutil.rmtree(cluster.folder / name)
    (cluster.folder / name).mkdir()
    time.sleep(5)
    watch = Watch(leader.port)
    watch.start()
    time.sleep(10)
    before = watch.end()
    watch = Watch(leader.port)
    watch.start()
    begin = time.perf_counter()
    with running(command, environment, cluster.folder / f"{name}.log"):
        eventually(f"node {name} is ready", Node(cluster.ports[name]).is_ready, 300)
        seconds = time.perf_counter() - begin
        meanwhile = watch.end()
        print(f"a fresh node with {leader.head():,} events: ready after {seconds:.1f} s; the leader's changes before: {percentiles(before)}, "
              f"meanwhile: {percentiles(meanwhile)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=str(REPOSITORY / ".build/release/tallywire"))
    parser.add_argument("--rounds", type=int, default=3, help="how often each is measured")
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events a fresh node copies")
    parser.add_argument("--only", choices=["lone", "flood", "fresh"], action="append")
    options = parser.parse_args()
    only = options.only or ["lone", "flood", "fresh"]
    with tempfile.TemporaryDirectory() as folder, servers(options.program, Path(folder)) as (cluster, single):
        if "lone" in only:
            measure_lone(cluster, single, options.rounds)
        if "flood" in only:
            measure_flood(cluster, single, options.rounds)
        if "fresh" in only:
            measure_fresh(cluster, options.events)


if __name__ == "__main__":
    main()
