"""A real Tallywire server on a free port, with a temporary folder, that can be killed and started again."""

import csv
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from .broker import Broker
from .processes import Child, eventually, free_port

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLE = REPOSITORY / "examples" / "catalogue.csv"
COLUMNS = ["productId", "product", "status", "variantId", "sku", "variant", "price", "barcodes", "lowStockThreshold", "rearm",
           "location", "stock"]


class Refused(AssertionError):
    """A call that the server answered with a problem."""

    def __init__(self, status: int, problem: dict):
        super().__init__(f"{status}: {problem}")
        self.status = status
        self.code = problem.get("code")


class Server:
    """The server under test. `settings` are laid over plugins.json of the repository, member by member."""

    program = os.environ.get("TALLYWIRE") or str(REPOSITORY / ".build/debug/tallywire")

    def __init__(self, folder: Path, broker: Broker, settings: dict | None = None):
        self.folder = folder
        self.broker = broker
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.token: str | None = None
        self.child: Child | None = None
        self.plugins = folder / "plugins.json"
        self.plugins.write_text(json.dumps(self._configuration(settings or {}), indent=2))

    def _configuration(self, settings: dict) -> dict:
        """The sample's plugins.json, so that the pages are tested with what `make run` has, with ports and folders of its own."""
        lines = (REPOSITORY / "plugins.json").read_text().splitlines()
        configuration = json.loads("\n".join(line for line in lines if not line.strip().startswith("//")))
        configuration["journal"] = {"path": str(self.folder / "tallywire.db")}
        configuration["http"] = {"host": "127.0.0.1", "port": self.port}
        pages = os.environ.get("TALLYWIRE_PAGES") or str(REPOSITORY)
        if pages != "embedded":
            configuration["http"]["pages"] = pages
        for entry in configuration["sources"] + configuration["sinks"]:
            if "broker" in entry:
                entry["broker"] = self.broker.url
        for sink in configuration["sinks"]:
            if sink["plugin"] == "json-log":
                sink["path"] = str(self.folder / "events.jsonl")
        return _laid_over(configuration, settings)

    # Running

    def start(self) -> "Server":
        """Starts it and comes back when it takes requests."""
        ready = self.folder / "ready.json"
        ready.unlink(missing_ok=True)
        self.child = Child(
            [self.program, "serve", "--plugins", str(self.plugins), "--ready-file", str(ready), "--log-level", "info"],
            self.folder / "server.log")

        def is_ready() -> bool:
            if not self.child.is_running:
                raise RuntimeError(f"the server ended:\n{self.log[-3000:]}")
            return ready.exists() and ready.stat().st_size > 0

        eventually("the server is ready", is_ready, 60)
        return self

    def kill(self) -> None:
        """Ends it at once, without a word to anybody."""
        self.child.kill()

    def stop(self) -> None:
        """Ends it in order."""
        if self.child:
            self.child.stop()

    def restart(self) -> None:
        self.stop()
        self.start()

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text(errors="replace")

    # Asking

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> dict:
        """A call of the HTTP API: what it answers, or `Refused`."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token or self.token:
            request.add_header("Authorization", f"Bearer {token or self.token}")
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return json.loads(response.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise Refused(error.code, json.loads(error.read() or b"{}")) from None

    def stock(self, sku: str, location: str | None = None) -> int:
        """A variant's stock, or what of it lies at a location."""
        query = f"/api/stock?sku={sku}" + (f"&location={location}" if location else "")
        return sum(item["stock"] for item in self.call("GET", query)["items"])

    def move(self, sku: str, operation: str, quantity: int, location: str = "WH1", **more: object) -> dict:
        line = {"sku": sku, "operation": operation, "quantity": quantity, "location": location}
        return self.call("POST", "/api/movements", {"lines": [line], **more})

    def import_catalogue(self, file: Path = SAMPLE) -> None:
        """Loads a catalogue as `tallywire import` does."""
        command = [self.program, "import", str(file), "--server", self.url]
        if self.token:
            command += ["--token", self.token]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

    def import_rows(self, rows: list[dict]) -> None:
        """Loads rows of a catalogue; what a row leaves out is what a plain item has."""
        file = self.folder / "rows.csv"
        with file.open("w", newline="") as output:
            writer = csv.DictWriter(output, COLUMNS)
            writer.writeheader()
            for row in rows:
                writer.writerow({"status": "active", "price": "9.99", "lowStockThreshold": 10, "rearm": 0, "location": "WH1",
                                 "stock": 100} | row)
        self.import_catalogue(file)

    def make_token(self, role: str, device: str | None = None, ttl: str = "1h") -> str:
        """A token signed with the secret of its plugins.json."""
        command = [self.program, "token", "--plugins", str(self.plugins), "--role", role, "--ttl", ttl]
        if device:
            command += ["--device", device]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.strip()


def _laid_over(below: dict, above: dict) -> dict:
    merged = dict(below)
    for key, value in above.items():
        is_table = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _laid_over(merged[key], value) if is_table else value
    return merged
