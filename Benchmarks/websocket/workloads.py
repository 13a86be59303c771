"""What is measured. Each workload takes a server's class and gives a dictionary of figures."""
import json
import re
import socket
import subprocess
import threading
import time

from servers import HERE, LOAD_CORE, Server, Tallywire


#: How many clients stall.
STALLED = 100


def wsload(arguments: list[str], cores: str = LOAD_CORE, timeout: float = 300) -> dict:
    command = ["taskset", "-c", cores, str(HERE / "load/wsload"), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if result.returncode != 0 or not result.stdout:
        raise RuntimeError("wsload: " + result.stderr + result.stdout)
    return json.loads(result.stdout)


def watch(server: Server) -> list[str]:
    return ["--watch-pid", ",".join(map(str, server.pids))]


def is_exact(result: dict) -> bool:
    """Whether every client got every event once, in order, and nobody was lost."""
    return (result["pub"]["missing"] == 0 and not any(result["seq"].values()) and not result["closed_early"]
            and not result["failed"] and not result["protocol_errors"])


def fan_out(server_type, clients: int, seconds: float, window: int) -> dict:
    """One publisher, all clients in one room; the publisher goes on when the clients have, on average, all but `window`."""
    with server_type() as server:
        result = wsload(["-n", str(clients), "-d", str(seconds), "--settle", "1", "--pub-window", str(window),
                         *server.publish, *watch(server), *server.subscribe])
    return {
        "exact": is_exact(result), "deliveries_s": result["msgs_per_s"], "cpu_s_per_million": result["server"]["cpu_s_per_million"],
        # What one core does when it is all the server's: comparable when a run did not fill the core, too.
        "deliveries_per_core_s": round(1e6 / max(result["server"]["cpu_s_per_million"], 1e-9)),
        "bytes_per_event": round(result["bytes"] / max(result["messages"], 1)), "server_cpu": result["server"]["cpu_pct"],
        "load_cpu": result["loadgen"]["cpu_pct"], "foreign_cpu": result["host"]["foreign_cpu_pct"],
        "error": result["first_error"],
    }


def latency(server_type, clients: int, seconds: float, rate: int) -> dict:
    """So many events a second to all clients; from the publisher's sending to each client's receiving, all deliveries."""
    with server_type() as server:
        result = wsload(["-n", str(clients), "-d", str(seconds), "--settle", "1", "--pub-rate", str(rate),
                         *server.publish, *watch(server), *server.subscribe])
    return {
        "exact": is_exact(result), "p50_ms": result["latency_us"]["p50"] / 1000, "p99_ms": result["latency_us"]["p99"] / 1000,
        "max_ms": result["latency_us"]["max"] / 1000, "server_cpu": result["server"]["cpu_pct"],
        "load_cpu": result["loadgen"]["cpu_pct"], "foreign_cpu": result["host"]["foreign_cpu_pct"], "error": result["first_error"],
    }


def idle(server_type, clients: int) -> dict:
    """Resident memory of a connection that has joined and is silent; then after ten events to all."""
    with server_type() as server:
        result = wsload(["-n", str(clients), "-d", "20", "--settle", "10", "--src", "127.0.0.2:4", "--pub-rate", "2", "--pub-count", "10",
                         *server.publish, *watch(server), *server.subscribe])
    process = result["server"]["procs"][0]
    return {
        "exact": is_exact(result), "kib_per_connection": result["server"]["rss_kb_per_conn"],
        "kib_after_events": round((process["rss_end_kb"] - process["rss_before_kb"]) / max(result["ready"], 1), 2),
        "base_mib": round(process["rss_before_kb"] / 1024, 1), "connect_s": result["connect_time_s"],
        "foreign_cpu": result["host"]["foreign_cpu_pct"], "error": result["first_error"],
    }


class Clients:
    """Clients that stay until this is left. With `ready`, each is ready when it got a message with this text."""

    def __init__(self, server: Tallywire, number: int, *options: str, address: str | None = None, ready: str | None = None):
        url = address or server.subscribe[-1]
        self.command = ["taskset", "-c", "0,1", str(HERE / "load/wsload"), "-n", str(number), "-d", "0", "--settle", "0",
                        "--ready-file", f"{server.folder}/clients", *options, "-k", "movementId", "-w", ready or '"joined"', url]
        self.file = HERE / f"{server.folder}/clients"

    def __enter__(self):
        self.file.unlink(missing_ok=True)
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        deadline = time.time() + 150
        while not self.file.exists():
            if self.process.poll() is not None or time.time() > deadline:
                self.process.kill()
                raise RuntimeError("the clients did not become ready")
            time.sleep(0.05)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.result = json.loads(self.process.communicate(timeout=60)[0])


def storm(server_type, clients: int, missed: int) -> dict:
    """All clients lose their connections at once, `missed` events later all come back at once with `since`.

    A client is live again when it has the last event that it missed. Server and clients share both cores.
    """
    with server_type(cores="0,1") as server:
        sources = ["--src", "127.0.0.2:4"]
        with Clients(server, clients, *sources, "--concurrency", "256"):
            time.sleep(3)
            before = server.resident()
        time.sleep(1)
        since = server.position
        for number in range(missed):
            name = "storm-last" if number == missed - 1 else f"storm-{number}"
            server.call("/api/movements", {"id": name, "lines": [{"sku": "TEE-RED-M", "operation": "add", "quantity": 1}]})
        address = f"{server.subscribe[-1]}&since={since}"
        began = time.time()
        with Clients(server, clients, *sources, "--concurrency", str(clients), address=address, ready='"storm-last"') as storm_clients:
            seen = time.time() - began
            peak = server.resident()
            time.sleep(5)
            after = server.resident()
        result = storm_clients.result
    return {
        "exact": result["ready"] == clients and not any(result["seq"].values()) and not result["closed_early"],
        "all_live_s": result["connect_time_s"], "p50_ms": result["setup_us"]["p50"] / 1000, "p99_ms": result["setup_us"]["p99"] / 1000,
        "seen_by_runner_s": round(seen, 2), "rss_before_mib": round(before / 1024, 1), "rss_then_mib": round(peak / 1024, 1),
        "rss_after_mib": round(after / 1024, 1), "rss_change_percent": round((after - before) / before * 100, 1),
        "error": result["first_error"],
    }


def stalled(server_type, updates: int, variants: int) -> dict:
    """Clients that read nothing while `updates` updates of `variants` variants are committed: what each of them costs in memory.

    The same updates go through the server before they come, so that what every server keeps (the ring of recent events, caches)
    is there already, and once more beside clients that read, which shows how far memory moves by itself. There are a hundred of them, since
    one is less than what memory moves by; the events that wait for several are shared.
    """
    with server_type(cores="0,1", products=variants, ring=4096) as server:
        publish(server, updates, variants)
        start = server.resident()
        with Clients(server, STALLED):
            publish(server, updates, variants)
            reading = server.resident()
        with Clients(server, STALLED, "--stall", str(STALLED), "--rcvbuf", "4096") as clients:
            time.sleep(0.5)
            publish(server, updates, variants)
            end = server.resident()
        result = clients.result
    return {
        "start_mib": round(start / 1024, 1), "beside_a_reader_mib": round(reading / 1024, 1), "beside_the_stalled_mib": round(end / 1024, 1),
        "cost_mib": round((end - reading) / 1024 / STALLED, 2), "closed": result["closed_early"] > 0, "error": result["first_error"],
    }


def publish(server: Tallywire, updates: int, variants: int) -> None:
    """Brings movements in as one NDJSON body, and reads the results while it sends, as a client should."""
    with socket.create_connection(("127.0.0.1", server.port)) as connection:
        connection.sendall((f"POST /api/movements HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n"
                            "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n").encode())
        answers = bytearray()

        def read():
            while piece := connection.recv(1 << 20):
                answers.extend(re.findall(rb"HTTP/1.1 \d+|urn:tallywire:problem:\w+", piece)[:1] and piece[:300])

        reader = threading.Thread(target=read)
        reader.start()
        for start in range(0, updates, 500):
            lines = "".join('{"lines":[{"sku":"SKU-%d","operation":"add","quantity":1}]}\n' % (number % variants)
                            for number in range(start, min(start + 500, updates)))
            connection.sendall(b"%x\r\n%s\r\n" % (len(lines), lines.encode()))
        connection.sendall(b"0\r\n\r\n")
        reader.join()
    if b"urn:tallywire:problem" in answers or b"HTTP/1.1 200" not in answers:
        raise RuntimeError(f"movements were refused: {bytes(answers[:300])}")
