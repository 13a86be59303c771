#!/usr/bin/env python3
"""Runs the MQTT bridge and a bare libmosquitto loop in turns at one mosquitto, and prints what each reached. See README.md."""
import argparse, json, os, shutil, socket, subprocess, tempfile, time, urllib.request
from datetime import datetime

HERE = os.path.dirname(os.path.abspath(__file__))
BARE = os.path.join(HERE, "load", "mqttbare")
TALLYWIRE = os.environ.get("TALLYWIRE", os.path.join(HERE, "../../.build/release/tallywire"))
CODE = "4006381333931"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Broker:
    """A mosquitto that queues without limits and writes nothing to disk."""

    def __enter__(self):
        self.port = free_port()
        self.folder = tempfile.mkdtemp(prefix="mqtt-bench-")
        path = os.path.join(self.folder, "mosquitto.conf")
        with open(path, "w") as file:
            file.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
                       "persistence false\nlog_type none\nset_tcp_nodelay true\n")
        self.process = subprocess.Popen(["mosquitto", "-c", path], stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("mosquitto does not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def bare(self, *arguments):
        done = subprocess.run([BARE, str(self.port), *map(str, arguments)], capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"mqttbare {' '.join(map(str, arguments))}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout else {}


class Server:
    """Tallywire with its journal in the folder of this benchmark, whose disk it flushes to."""

    def __init__(self, broker, sources=(), sinks=()):
        self.folder = tempfile.mkdtemp(prefix="run-", dir=HERE)
        with open(os.path.join(self.folder, "plugins.json"), "w") as file:
            json.dump({"journal": {"path": "tallywire.db"}, "http": {"port": 0}, "defaultLocation": "MAIN",
                       "sources": [{"plugin": "mqtt-scanners", "broker": f"mqtt://127.0.0.1:{broker.port}",
                                    "devices": {"*": {"operation": "add"}}, **source} for source in sources],
                       "sinks": [{"plugin": "mqtt", "broker": f"mqtt://127.0.0.1:{broker.port}", **sink} for sink in sinks]}, file)

    def start(self, *options):
        ready = os.path.join(self.folder, "ready.json")
        if os.path.exists(ready):
            os.remove(ready)
        self.process = subprocess.Popen([TALLYWIRE, "serve", "--ready-file", "ready.json", *options], cwd=self.folder,
                                        stdout=subprocess.DEVNULL, stderr=open(os.path.join(self.folder, "log"), "a"))
        while not os.path.exists(ready):
            if self.process.poll() is not None:
                raise RuntimeError(open(os.path.join(self.folder, "log")).read())
            time.sleep(0.01)
        self.url = json.load(open(ready))["http"]["url"]
        return self

    def get(self, path):
        return json.load(urllib.request.urlopen(self.url + path))

    def post(self, path, body):
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request))

    def until(self, condition, pause=0.01):
        while True:
            answer = self.get("/api/pipeline")
            if condition(answer):
                return answer
            time.sleep(pause)

    def cpu(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def time_of(self, seq):
        stamp = self.get(f"/api/events?after={seq - 1}&limit=1")["items"][0]["timestamp"]
        return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()


def scans(count, answers, stored=False):
    """How fast COUNT scans that wait at the broker are taken: applied, on disk, answered, acknowledged. The bare client commits them too if
    STORED."""
    with Broker() as broker, tempfile.TemporaryDirectory(prefix="run-", dir=HERE) as folder:
        broker.bare("session", "bare", "scanners/+/scan")
        broker.bare("publish", "scanners/dock-1/scan", count, 500)
        mode, more = ("store", [os.path.join(folder, "bare.db")]) if stored else ("receive", [])
        bare = broker.bare(mode, "bare", "scanners/+/scan", count, *more)["per_second"]
    with Broker() as broker:
        server = Server(broker, sources=[{} if answers else {"answers": "asked"}]).start()
        server.post("/api/products", {"name": "Tee", "sku": "TEE", "barcodes": [CODE]})
        server.until(lambda status: status["sources"][0]["state"] == "connected")
        server.stop()
        broker.bare("publish", "scanners/dock-1/scan", count, 500)
        server.start()
        status = server.until(lambda status: status["sources"][0]["applied"] >= count, pause=0.1)
        cpu = server.cpu()
        seconds = server.time_of(status["seq"]) - server.time_of(status["seq"] - count + 1)
        server.stop()
        server.remove()
    return {"bare": bare, "tallywire": count / seconds, "ratio": count / seconds / bare, "cpu_us": cpu / count * 1e6}


def live(count, window):
    """How fast COUNT scans are taken while they are published, with WINDOW of them unacknowledged at the publisher."""
    def publisher(broker):
        arguments = [BARE, broker.port, "publish", "scanners/dock-1/scan", count, window]
        return subprocess.Popen(list(map(str, arguments)), stdout=subprocess.DEVNULL)

    with Broker() as broker:
        broker.bare("session", "bare", "scanners/+/scan")
        with publisher(broker):
            bare = broker.bare("receive", "bare", "scanners/+/scan", count)["per_second"]
    with Broker() as broker:
        server = Server(broker, sources=[{"answers": "asked"}]).start()
        server.post("/api/products", {"name": "Tee", "sku": "TEE", "barcodes": [CODE]})
        server.until(lambda status: status["sources"][0]["state"] == "connected")
        before = server.cpu()
        with publisher(broker):
            status = server.until(lambda status: status["sources"][0]["applied"] >= count, pause=0.1)
        cpu = server.cpu() - before
        seconds = server.time_of(status["seq"]) - server.time_of(status["seq"] - count + 1)
        server.stop()
        server.remove()
    return {"bare": bare, "tallywire": count / seconds, "ratio": count / seconds / bare, "cpu_us": cpu / count * 1e6}


def displays(count, window):
    """How fast COUNT messages of a sink that was behind are published and acknowledged."""
    with Broker() as broker:
        bare = broker.bare("publish", "events/inventory_updated", count, window, "x" * 440)["per_second"]
    with Broker() as broker:
        server = Server(broker, sinks=[{"window": window, "publish": [{"topic": "events/{event}", "qos": 1}]}])
        server.start("--without", "mqtt")
        server.post("/api/products", {"name": "Tee", "sku": "TEE"})
        line = {"lines": [{"sku": "TEE", "operation": "add", "quantity": 1}]}
        for _ in range(count // 500):
            server.post("/api/movements", [line] * 500)
        server.stop()
        server.start()
        first = server.until(lambda status: status["sinks"][0]["delivered"] > 0)["sinks"][0]["delivered"]
        begin = time.monotonic()
        last = server.until(lambda status: status["sinks"][0]["pending"] == 0, pause=0.02)["sinks"][0]["delivered"]
        rate = (last - first) / (time.monotonic() - begin)
        server.stop()
        server.remove()
    return {"bare": bare, "tallywire": rate, "ratio": rate / bare}


def answered(broker, name, rate, count, *file):
    """The same from and to a client that sends each scan back, after flushing it to FILE if there is one."""
    arguments = [BARE, broker.port, "answer", f"{name}/scan", f"{name}/ack", count, *file]
    with subprocess.Popen(list(map(str, arguments)), stdout=subprocess.PIPE) as answerer:
        answerer.stdout.readline()
        return broker.bare("ask", f"{name}/scan", f"{name}/ack", rate, count, CODE)


def roundtrip(rate, count, beside):
    """From a scan's PUBLISH to its answer, RATE a second, beside the broker's own publish to subscribe, or a bare client that answers."""
    with Broker() as broker:
        server = Server(broker, sources=[{}])
        if beside == "echo":
            bare = broker.bare("echo", "echo", rate, count)
        else:
            bare = answered(broker, "bare", rate, count, *([os.path.join(server.folder, beside)] if beside in ("flushed", "bare.db") else []))
        server.start()
        server.post("/api/products", {"name": "Tee", "sku": "TEE", "barcodes": [CODE]})
        server.until(lambda status: status["sources"][0]["state"] == "connected")
        asked = broker.bare("ask", "scanners/dock-1/scan", "scanners/dock-1/ack", rate, count, CODE)
        server.stop()
        server.remove()
    return {"bare": bare["p99_ms"], "tallywire": asked["p99_ms"], "ratio": asked["p99_ms"] / bare["p99_ms"],
            "bare_p50": bare["p50_ms"], "tallywire_p50": asked["p50_ms"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--count", type=int, default=100_000, help="scans, and messages of a sink")
    parser.add_argument("-r", "--repetitions", type=int, default=3)
    parser.add_argument("--window", type=int, default=200)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("-w", "--workloads", default="scans-live,scans,scans-unanswered,scans-stored,displays,roundtrip,roundtrip-answered,roundtrip-flushed,"
                        "roundtrip-stored")
    options = parser.parse_args()
    workloads = {
        "scans-live": ("scans a second while they are published, answered where asked for", lambda: live(options.count, options.window)),
        "scans": ("scans a second, each answered", lambda: scans(options.count, True)),
        "scans-unanswered": ("scans a second, answered where asked for", lambda: scans(options.count, False)),
        "scans-stored": ("scans a second, answered where asked for, beside a bare client that commits them to SQLite",
                         lambda: scans(options.count, False, True)),
        "displays": (f"messages a second, window {options.window}", lambda: displays(options.count, options.window)),
    }
    for name, beside, what in (("roundtrip", "echo", "the broker's own round trip"), ("roundtrip-answered", "answer", "a bare client that answers"),
                               ("roundtrip-flushed", "flushed", "a bare client that flushes and answers"),
                               ("roundtrip-stored", "bare.db", "a bare client that commits to SQLite and answers")):
        workloads[name] = (f"scan to answer at {options.rate}/s beside {what}, p99 in ms",
                           lambda beside=beside: roundtrip(options.rate, 10 * options.rate, beside))
    print("| workload | bare libmosquitto | Tallywire | ratio | |\n| --- | --- | --- | --- | --- |")
    for name in options.workloads.split(","):
        what, run = workloads[name]
        results = [run() for _ in range(options.repetitions)]
        middle = sorted(results, key=lambda result: result["ratio"])[len(results) // 2]
        number = (lambda value: f"{value:.2f}") if name.startswith("roundtrip") else (lambda value: f"{value:,.0f}")
        more = f"{middle['cpu_us']:.0f} µs CPU a scan" if "cpu_us" in middle else (
            f"p50 {middle['bare_p50']:.2f} and {middle['tallywire_p50']:.2f}" if "bare_p50" in middle else "")
        ratios = " – ".join(f"{value:.2f}" for value in (min(r["ratio"] for r in results), max(r["ratio"] for r in results)))
        print(f"| {what} | {number(middle['bare'])} | {number(middle['tallywire'])} | {middle['ratio']:.2f} ({ratios}) | {more} |", flush=True)


main()
