"""The servers that are compared: how each is started, how clients join it, and how events are brought in.

Every one of them gets its movements from outside and sends each to all clients of one room. Tallywire does what it always does: it
decides the movement, commits it to the journal on disk, and sends what was committed. The others keep nothing.
"""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
SERVER_CORE, LOAD_CORE = "0", "1"
SKU = "TEE-RED-M"


class Server:
    """A server that runs while this is entered; all its processes are pinned to one core, unless `cores` says otherwise."""

    name = ""
    #: Options of wsload that make a subscriber, its address last, and the publisher's.
    subscribe: list[str] = []
    publish: list[str] = []
    #: The PyPI package or Debian packages that it needs, for the message when it is not there.
    needs = ""

    def __init__(self, cores: str = SERVER_CORE):
        self.cores = cores
        self.processes: list[subprocess.Popen] = []

    def available(self) -> bool:
        return True

    def commands(self) -> list[tuple[list[str], int]]:
        """The processes in order of start, each with the port it listens on. The last one is the server itself."""
        raise NotImplementedError

    def prepare(self) -> None:
        """Called once all processes listen."""

    def clean(self) -> None:
        """Called when they are gone."""

    def __enter__(self):
        try:
            for command, port in self.commands():
                self.start(command, port)
            time.sleep(0.5)
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, command: list[str], port: int) -> None:
        with socket.socket() as probe:
            if port and probe.connect_ex(("127.0.0.1", port)) == 0:
                raise RuntimeError(f"port {port} is in use")
        log = open(f"/tmp/bench-{self.name}.log", "ab")
        environment = {**os.environ, "NODE_PATH": "/usr/share/nodejs"}
        process = subprocess.Popen(
            ["taskset", "-c", self.cores, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment,
            start_new_session=True)
        self.processes.append(process)
        deadline = time.time() + 30
        while not self.is_up(port):
            if process.poll() is not None or time.time() > deadline:
                raise RuntimeError(f"{command[0]} does not start; see {log.name}")
            time.sleep(0.05)

    def is_up(self, port: int) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        self.processes = []
        self.clean()

    @property
    def pids(self) -> list[int]:
        """The server itself first, since memory is its alone; CPU is the sum of all."""
        return [process.pid for process in reversed(self.processes)]

    def resident(self) -> int:
        """Resident memory of the server itself, in KiB."""
        with open(f"/proc/{self.pids[0]}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class Tallywire(Server):
    name = "tallywire"
    events = "the whole event, about 450 bytes"
    room: dict = {"events": ["inventory_updated"]}

    def __init__(self, cores: str = SERVER_CORE, ingress: str = "http", products: int = 1, ring: int = 65_536):
        super().__init__(cores)
        self.ingress, self.products, self.ring = ingress, products, ring
        self.binary = os.environ.get("TALLYWIRE", str(HERE / "../../.build/release/tallywire"))
        self.folder = ""

    def configuration(self) -> dict:
        websocket = {
            "plugin": "websocket", "rooms": {"bench": self.room},
            # As long as a run, so that all that is counted is what is measured.
            "pingInterval": "10m", "limits": {"connections": 20_000},
            # What a room leaves out must not be had without it.
            "broadcast": self.room,
        }
        sources = [{
            "plugin": "mqtt-scanners", "broker": "mqtt://127.0.0.1:21885", "topic": "scanners/{device}/scan",
            "devices": {"*": {"operation": "add", "location": "MAIN"}},
        }]
        return {
            # Few answers are kept, since what they take would grow with the number of movements.
            "journal": {"path": f"{self.folder}/tallywire.db", "ring": {"events": self.ring}, "idempotency": {"maximum": 10_000}},
            "http": {"port": 0, "limits": {"connections": 25_000, "body": "64MiB"}},
            "sources": sources if self.ingress == "mqtt" else [], "sinks": [websocket],
        }

    def available(self) -> bool:
        if not pathlib.Path(self.binary).exists():
            return False
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(self.configuration(), file)
            file.flush()
            return subprocess.run([self.binary, "check", "--plugins", file.name], capture_output=True).returncode == 0

    def commands(self):
        # On a real disk: what the commit costs belongs to what is measured.
        self.folder = tempfile.mkdtemp(prefix="bench-tallywire-", dir=os.environ.get("BENCH_DISK", "/var/tmp"))
        with open(f"{self.folder}/plugins.json", "w") as file:
            json.dump(self.configuration(), file)
        broker = [(["mosquitto", "-c", str(HERE / "peers/mosquitto-ingress.conf")], 21885)] if self.ingress == "mqtt" else []
        serve = [self.binary, "serve", "--plugins", f"{self.folder}/plugins.json", "--ready-file", f"{self.folder}/ready.json"]
        return broker + [(serve, 0)]

    def is_up(self, port):
        return super().is_up(port) if port else pathlib.Path(f"{self.folder}/ready.json").exists()

    def prepare(self):
        with open(f"{self.folder}/ready.json") as file:
            self.port = json.load(file)["http"]["port"]
        for number in range(self.products):
            sku = SKU if self.products == 1 else f"SKU-{number}"
            self.call("/api/products", {"name": "Tee", "price": 19.99, "sku": sku, "lowStockThreshold": 0})
        lines = [{"sku": SKU if self.products == 1 else f"SKU-{n}", "operation": "set", "quantity": 1_000_000} for n in range(self.products)]
        for start in range(0, len(lines), 1000):
            self.call("/api/movements", {"lines": lines[start:start + 1000]})

    headers = {"Content-Type": "application/json"}

    def call(self, path: str, body=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=None if body is None else json.dumps(body).encode(),
            headers=self.headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    @property
    def position(self) -> str:
        ready = self.call("/health/ready")
        return f"{ready['epoch']}:{ready['seq']}"

    @property
    def subscribe(self):
        return ["-k", "movementId", "-w", '"joined"', f"ws://127.0.0.1:{self.port}/ws?room=bench"]

    @property
    def publish(self):
        if self.ingress == "mqtt":
            template = '{"id":"{ts}","sku":"%s","operation":"add","quantity":1}' % SKU
            return ["--pub", "mqtt://127.0.0.1:21885/scanners/bench/scan", "--pub-qos", "0", "--pub-template", template]
        template = '{"id":"{ts}","lines":[{"sku":"%s","operation":"add","quantity":1}]}' % SKU
        return ["--pub", f"http://127.0.0.1:{self.port}/api/movements", "--pub-template", template]

    def clean(self):
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


class TallywireFields(Tallywire):
    """A room that carries what a shop's page needs, which makes its events as long as those of the peers."""

    name = "tallywire-200"
    room = {"events": ["inventory_updated"], "fields": ["sku", "stock", "version", "level", "movementId"]}


class TallywireSocketIO(Tallywire):
    """The same to clients of Socket.IO, which get the events of the broadcast."""

    name = "tallywire-socket-io"

    def configuration(self) -> dict:
        configuration = super().configuration()
        configuration["sinks"] = [{
            "plugin": "socket.io", "rooms": {"bench": self.room}, "joins": {}, "broadcast": self.room["events"],
            "pingInterval": "10m", "limits": {"connections": 20_000},
        }]
        return configuration

    @property
    def subscribe(self):
        # Connects to the namespace, and is ready when the server has said so. An event's own number is not in its data.
        return ["-k", "movementId", "-S", "version", "-i", "40", "-w", '"pid"', f"ws://127.0.0.1:{self.port}/socket.io/?EIO=4&transport=websocket"]


class TallywireMQTT(Tallywire):
    """The same with scans that come over MQTT, whose broker's CPU counts."""

    name = "tallywire-mqtt"

    def __init__(self, cores: str = SERVER_CORE):
        super().__init__(cores, ingress="mqtt")


class TallywireJWT(TallywireMQTT):
    """The same with a room for admins, whom a signed token has told apart from others."""

    name = "tallywire-jwt"
    room = {"events": ["inventory_updated"], "role": "admin"}

    def configuration(self) -> dict:
        configuration = super().configuration()
        configuration["auth"] = {"mode": "jwt", "secret": "a secret that only this benchmark knows of"}
        configuration["sinks"][0]["broadcast"] = ["inventory_updated"]
        return configuration

    @property
    def token(self) -> str:
        command = [self.binary, "token", "--plugins", f"{self.folder}/plugins.json", "--role", "admin", "--subject", "bench"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    @property
    def headers(self) -> dict:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}

    @property
    def subscribe(self):
        return ["-H", f"Authorization: Bearer {self.token}", *super().subscribe]


class Mosquitto(Server):
    name = "mosquitto"
    needs = "mosquitto"
    subscribe = ["-D", "mqtt", "-T", "inv/r1", "ws://127.0.0.1:21884/mqtt"]
    publish = ["--pub", "mqtt://127.0.0.1:21883/inv/r1"]

    def available(self):
        return shutil.which("mosquitto") is not None

    def commands(self):
        return [(["mosquitto", "-c", str(HERE / "peers/mosquitto.conf")], 21884)]


class NATS(Server):
    name = "nats"
    needs = "nats-server"
    subscribe = ["-D", "nats", "-T", "inv.r1", "ws://127.0.0.1:24223/"]
    publish = ["--pub", "nats://127.0.0.1:24222/inv.r1"]

    def available(self):
        return shutil.which("nats-server") is not None

    def commands(self):
        return [(["nats-server", "-c", str(HERE / "peers/nats.conf")], 24223)]


class NodeWS(Server):
    name = "node-ws"
    needs = "node-ws node-mqtt mosquitto"
    subscribe = ["-w", '"joined"', "ws://127.0.0.1:23001/ws?room=r1"]
    publish = ["--pub", "mqtt://127.0.0.1:21885/inv/r1"]

    def available(self):
        return shutil.which("node") is not None and all(
            pathlib.Path(f"/usr/share/nodejs/{module}").exists() for module in ("ws", "mqtt"))

    def commands(self):
        return [
            (["mosquitto", "-c", str(HERE / "peers/mosquitto-ingress.conf")], 21885),
            (["node", str(HERE / "peers/node_ws.js")], 23001),
        ]


class UWebSockets(Server):
    name = "uws"
    needs = "libuv1, and socketify from PyPI (run.sh installs it)"
    subscribe = ["-w", '"joined"', "ws://127.0.0.1:23003/ws?room=r1"]
    publish = ["--pub", "ws://127.0.0.1:23003/pub"]
    python = os.environ.get("UWS_PYTHON", str(HERE / ".venv/bin/python"))

    def available(self):
        return pathlib.Path(self.python).exists() and subprocess.run(
            [self.python, "-c", "import socketify"], capture_output=True).returncode == 0

    def commands(self):
        return [([self.python, str(HERE / "peers/uws.py")], 23003)]


class Floor(Server):
    """The least a server can do: what the kernel and the load client leave."""

    name = "floor"
    subscribe = ["ws://127.0.0.1:23004/ws"]
    publish = ["--pub", "ws://127.0.0.1:23004/pub"]

    def commands(self):
        return [([str(HERE / "load/wsfloor"), "23004"], 23004)]


class NIOFloor(Server):
    """The least a server on SwiftNIO can do, which Tallywire stands on too."""

    name = "nio-floor"
    needs = "swift build -c release --product NIOFloor in Benchmarks"
    subscribe = ["ws://127.0.0.1:23005/ws"]
    publish = ["--pub", "ws://127.0.0.1:23005/pub"]
    program = HERE.parent / ".build/release/NIOFloor"

    def available(self):
        return self.program.exists()

    def commands(self):
        return [([str(self.program), "23005"], 23005)]


SERVERS = {server.name: server for server in (Tallywire, TallywireSocketIO, TallywireFields, TallywireMQTT, TallywireJWT, Mosquitto, NATS, NodeWS, UWebSockets, Floor, NIOFloor)}
