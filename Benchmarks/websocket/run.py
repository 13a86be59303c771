#!/usr/bin/env python3
"""Runs workloads against Tallywire and its peers, taking turns, and prints tables of medians. See README.md."""
import argparse
import datetime
import json
import os
import signal
import statistics
import sys
import time

from servers import HERE, SERVERS
import workloads

WORKLOADS = ["W1", "W1s", "W2", "W3", "storm", "stalled"]
#: Only Tallywire has what these are about.
OWN = {"storm", "stalled"}
COLUMNS = {
    "W1": ["exact", "deliveries_s", "cpu_s_per_million", "deliveries_per_core_s", "bytes_per_event", "server_cpu", "load_cpu", "foreign_cpu"],
    "W2": ["exact", "p50_ms", "p99_ms", "max_ms", "server_cpu", "load_cpu", "foreign_cpu"],
    "W3": ["exact", "kib_per_connection", "kib_after_events", "base_mib", "connect_s", "foreign_cpu"],
    "storm": ["exact", "all_live_s", "p50_ms", "p99_ms", "rss_before_mib", "rss_then_mib", "rss_after_mib", "rss_change_percent"],
    "stalled": ["start_mib", "beside_a_reader_mib", "beside_the_stalled_mib", "cost_mib", "closed"],
}
COLUMNS["W1s"] = COLUMNS["W1"]


def run(workload: str, server, options) -> dict:
    if workload == "W1":
        return workloads.fan_out(server, options.clients, options.seconds, window=32)
    if workload == "W1s":
        return workloads.fan_out(server, options.clients, options.seconds, window=1)
    if workload == "W2":
        return workloads.latency(server, options.clients, options.seconds, rate=options.rate)
    if workload == "W3":
        return workloads.idle(server, options.connections)
    if workload == "storm":
        return workloads.storm(server, options.connections, options.missed)
    return workloads.stalled(server, options.updates, variants=1000)


def busy() -> float:
    """Seconds of CPU that the machine has spent."""
    with open("/proc/stat") as file:
        fields = list(map(int, file.readline().split()[1:9]))
    return (sum(fields) - fields[3] - fields[4]) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(limit: float) -> None:
    """Other work on the machine spoils a run."""
    deadline = time.time() + limit
    while time.time() < deadline:
        before = busy()
        time.sleep(0.7)
        if busy() - before < 0.07:
            return


def table(workload: str, rows: list[dict]) -> str:
    columns = COLUMNS[workload]
    lines = [f"**{workload}**", "", "| server | runs | " + " | ".join(column.replace("_", " ") for column in columns) + " |",
             "| --- | --- |" + " --- |" * len(columns)]
    for name in dict.fromkeys(row["server"] for row in rows):
        runs = [row for row in rows if row["server"] == name]
        lines.append(f"| {name} | {len(runs)} | " + " | ".join(cell([run[column] for run in runs]) for column in columns) + " |")
    return "\n".join(lines)


def cell(values: list) -> str:
    """The median, and in brackets the least and the most."""
    if isinstance(values[0], bool):
        return "yes" if all(values) else "NO"
    shown = [f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}" for value in (statistics.median(values), min(values), max(values))]
    return shown[0] if len(values) == 1 else f"{shown[0]} ({shown[1]}–{shown[2]})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-s", "--servers", default="tallywire,tallywire-200,mosquitto,nats,node-ws,uws,floor", help=", ".join(SERVERS))
    parser.add_argument("-w", "--workloads", default=",".join(WORKLOADS))
    parser.add_argument("-r", "--repetitions", type=int, default=3)
    parser.add_argument("-n", "--clients", type=int, default=1000, help="W1, W1s, W2")
    parser.add_argument("-d", "--seconds", type=float, default=8, help="W1, W1s, W2")
    parser.add_argument("--rate", type=int, default=100, help="W2: events a second")
    parser.add_argument("--connections", type=int, default=10_000, help="W3, storm")
    parser.add_argument("--missed", type=int, default=100, help="storm: events that everybody missed")
    parser.add_argument("--updates", type=int, default=1_000_000, help="stalled")
    parser.add_argument("--quiet-within", type=float, default=60, help="seconds to wait for other work on the machine to end")
    parser.add_argument("--results", default=str(HERE / "results" / f"{datetime.datetime.now():%Y%m%d-%H%M%S}.jsonl"))
    options = parser.parse_args()
    chosen = []
    for name in options.servers.split(","):
        if name not in SERVERS:
            parser.error(f"no server is named {name}; there are {', '.join(SERVERS)}")
        if SERVERS[name]().available():
            chosen.append(SERVERS[name])
        else:
            print(f"{name} is left out: it is not here, or this build does not know its options ({SERVERS[name].needs})", file=sys.stderr)
    os.makedirs(os.path.dirname(options.results) or ".", exist_ok=True)
    rows: dict[str, list[dict]] = {}
    for workload in options.workloads.split(","):
        if workload not in WORKLOADS:
            parser.error(f"no workload is named {workload}; there are {', '.join(WORKLOADS)}")
        for repetition in range(options.repetitions):
            # The servers take turns, so that what drifts on the machine drifts for all.
            for server in chosen:
                if workload in OWN and not server.name == "tallywire":
                    continue
                wait_for_quiet(options.quiet_within)
                try:
                    row = {"workload": workload, "server": server.name, **run(workload, server, options)}
                except Exception as error:
                    print(f"FAILED {workload} {server.name}: {error}", file=sys.stderr, flush=True)
                    continue
                rows.setdefault(workload, []).append(row)
                print(json.dumps(row), file=sys.stderr, flush=True)
                with open(options.results, "a") as file:
                    file.write(json.dumps({"time": datetime.datetime.now().isoformat(timespec="seconds"), **row}) + "\n")
    for workload, results in rows.items():
        print("\n" + table(workload, results))


if __name__ == "__main__":
    # So that servers and their files go when it is ended from outside.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    main()
