#!/usr/bin/env python3
"""Many reservations that end in the same second, and scans meanwhile: storm.py [-n RESERVATIONS]. See README.md."""
import argparse, http.client, json, os, subprocess, sys, tempfile, time
from datetime import datetime, timedelta, timezone

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
TALLYWIRE = os.path.realpath(os.environ.get("TALLYWIRE", os.path.join(ROOT, ".build/release/tallywire")))
LINES, JSON = {"Content-Type": "application/x-ndjson"}, {"Content-Type": "application/json"}


class Server:
    def __init__(self, folder: str):
        self.folder = folder
        with open(os.path.join(folder, "plugins.json"), "w") as file:
            json.dump({"journal": {"path": "tallywire.db"}, "http": {"host": "127.0.0.1", "port": 0}, "sources": [], "sinks": []}, file)
        self.process = subprocess.Popen([TALLYWIRE, "serve", "--ready-file", "ready.json"], cwd=folder, stdout=subprocess.DEVNULL)
        ready = os.path.join(folder, "ready.json")
        try:
            while not (os.path.exists(ready) and os.path.getsize(ready)):
                if self.process.poll() is not None:
                    sys.exit("the server ended")
                time.sleep(0.05)
            with open(ready) as file:
                self.connection = http.client.HTTPConnection("127.0.0.1", json.load(file)["http"]["port"], timeout=120)
        except BaseException:
            self.stop()
            raise

    def call(self, method: str, path: str, body=None, headers=JSON):
        self.connection.request(method, path, body if isinstance(body, (str, type(None))) else json.dumps(body), headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status >= 300:
            sys.exit(f"{method} {path}: {response.status} {answer[:500].decode()}")
        return answer

    def stop(self):
        self.process.terminate()
        self.process.wait()


def movement(sku: str, operation: str, quantity: int) -> dict:
    return {"lines": [{"sku": sku, "location": "MAIN", "operation": operation, "quantity": quantity}]}


def scans_until(server: Server, is_over) -> list[float]:
    """One scan after the other; the milliseconds of each."""
    times = []
    while not is_over(len(times)):
        start = time.monotonic()
        server.call("POST", "/api/movements", movement("PEN", "add", 1))
        times.append((time.monotonic() - start) * 1000)
    return times


def text(times: list[float]) -> str:
    times = sorted(times)
    return f"p50 {times[len(times) // 2]:.1f} ms, p99 {times[len(times) * 99 // 100]:.1f} ms, at most {times[-1]:.1f} ms, {len(times)} scans"


def ends(server: Server) -> dict[str, int]:
    """How often each reservation has ended, by the events."""
    found, after = {}, 0
    while True:
        page = json.loads(server.call("GET", f"/api/events?type=reservation_changed&limit=1000&after={after}"))
        for event in page["items"]:
            if event["data"]["status"] == "expired":
                found[event["data"]["reservationId"]] = found.get(event["data"]["reservationId"], 0) + 1
        if page["last"] == after:
            return found
        after = page["last"]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("-n", dest="count", type=int, default=100_000, help="reservations")
    count = arguments.parse_args().count
    with tempfile.TemporaryDirectory() as folder:
        server = Server(folder)
        try:
            server.call("POST", "/api/products", {"name": "Mug", "sku": "MUG"})
            server.call("POST", "/api/products", {"name": "Pen", "sku": "PEN"})
            server.call("POST", "/api/movements", movement("MUG", "set", count))
            calm = scans_until(server, lambda number: number == 1_000)
            # Time enough to make all of them.
            over = datetime.now(timezone.utc) + timedelta(seconds=10 + count / 2_500)
            line = {"expiresAt": over.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "lines": [{"sku": "MUG", "quantity": 1}]}
            # In pieces: the server answers while it reads, and this client reads only after it has sent everything.
            for first in range(0, count, 2_000):
                numbers = range(first, min(first + 2_000, count))
                server.call("POST", "/api/reservations", "\n".join(json.dumps({"id": f"r-{number}", **line}) for number in numbers), LINES)
            if datetime.now(timezone.utc) >= over:
                sys.exit("the reservations were not made before they ended: the machine is too slow for this number")
            time.sleep(max(0, (over - datetime.now(timezone.utc)).total_seconds()))

            def is_over(number: int) -> bool:
                if number % 50:
                    return False
                return json.loads(server.call("GET", "/api/variants/1"))["stock"] == count or time.time() > over.timestamp() + 300

            storm = scans_until(server, is_over)
            took = time.time() - over.timestamp()
            found = ends(server)
            print(f"before:    {text(calm)}")
            print(f"meanwhile: {text(storm)}")
            wrong = [id for id in (f"r-{number}" for number in range(count)) if found.get(id) != 1]
            print(f"{len(found)} of {count} reservations had ended {took:.1f} s after, {len(wrong)} of them not exactly once")
            sys.exit(1 if wrong else 0)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
