"""The sink socket.io with real clients: PyPI's python-socketio, and the official one in a browser."""

import subprocess
from pathlib import Path

import pytest
import socketio
from bed.processes import eventually
from bed.server import REPOSITORY

SECRET = "a secret that only this test knows of, and nobody else"


def _site(sites, **more):
    return sites(settings={"sinks": [{"plugin": "socket.io", "pingInterval": "1s", "pingTimeout": "5s"}], **more}, catalogue=False)


def _set(site, quantity: int) -> None:
    site.server.call("POST", "/api/movements", {"lines": [{"sku": "TEE", "operation": "set", "quantity": quantity}]})


def _stocked(sites):
    site = _site(sites)
    site.server.call("POST", "/api/locations", {"code": "WH1", "name": "Warehouse"})
    site.server.call("POST", "/api/products", {"name": "Tee", "price": 19.99, "sku": "TEE"})
    return site


class _FrontEnd:
    """The guide's front end in Python: it joins its room whenever it is connected."""

    def __init__(self, url: str, transports: list[str], auth: dict | None = None):
        self.events: list[tuple[str, dict, str | None]] = []
        self.joined: list[dict] = []
        self.client = socketio.Client(reconnection_delay=0.1, reconnection_delay_max=0.5)
        self.client.on("connect", lambda: self.client.emit("join_admin_room", callback=self.joined.append))
        for name in ("inventory_updated", "stock_alert", "product_status_changed", "error"):
            self.client.on(name, lambda data, offset=None, name=name: self.events.append((name, data, offset)))
        self.client.connect(url, transports=transports, auth=auth, wait_timeout=20)

    def has(self, name: str, **values: object) -> bool:
        return any(event == name and values.items() <= data.items() for event, data, _ in list(self.events))


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_a_python_client(sites, transports):
    site = _stocked(sites)
    front_end = _FrontEnd(site.url, transports)
    try:
        eventually("it is in its room", lambda: front_end.joined)
        assert front_end.joined == [{"ok": True, "room": "admin_room"}]
        assert front_end.client.transport() == transports[-1]
        _set(site, 5)
        eventually("it hears the change", lambda: front_end.has("inventory_updated", sku="TEE", stock=5))
        eventually("it hears the alert", lambda: front_end.has("stock_alert", sku="TEE", stockLevel="low"))
        offsets = [offset for _, _, offset in front_end.events]
        assert len(set(offsets)) == len(offsets), "each once"
        site.server.kill()
        site.server.start()
        eventually("it is in its room again", lambda: len(front_end.joined) > 1)
        _set(site, 0)
        eventually("it goes on", lambda: front_end.has("stock_alert", sku="TEE", stockLevel="out"))
    finally:
        front_end.client.disconnect()


def test_rights_and_secrets(sites):
    site = _site(sites, auth={"mode": "jwt", "secret": SECRET})
    token = site.server.make_token("admin")
    site.server.token = token
    nobody = _FrontEnd(site.url, ["websocket"])
    admin = _FrontEnd(site.url, ["websocket"], auth={"token": token})
    query = _FrontEnd(f"{site.url}?token={token}", ["polling"])
    try:
        eventually("they are answered", lambda: nobody.joined and admin.joined and query.joined)
        assert nobody.joined[0]["ok"] is False and nobody.joined[0]["code"] == "forbidden"
        assert admin.joined[0]["ok"] is True and query.joined[0]["ok"] is True
        with pytest.raises(socketio.exceptions.ConnectionError):
            _FrontEnd(site.url, ["websocket"], auth={"token": token[:-8] + "AAAAAAAA"})
    finally:
        for front_end in (nobody, admin, query):
            front_end.client.disconnect()
    files = [site.server.folder / "server.log", *(site.server.folder / "sinks").iterdir()]
    for file in files:
        assert token not in file.read_text(errors="replace"), f"the token is in {file.name}"


_BEGIN = """
(transports) => {
  globalThis.told = []
  globalThis.socket = io({ transports, reconnectionDelay: 100, reconnectionDelayMax: 500 })
  socket.on("connect", () => {
    told.push({ recovered: socket.recovered })
    if (!socket.recovered) socket.emit("join_admin_room", (answer) => told.push(answer))
  })
  for (const name of ["inventory_updated", "stock_alert"]) socket.on(name, (data, offset) => told.push({ name, ...data, offset }))
}
"""


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"], ["websocket", "polling"]])
def test_the_official_client_in_a_browser(sites, page, transports):
    site = _stocked(sites)
    found = subprocess.run([REPOSITORY / "scripts/socket-io-client"], capture_output=True, text=True, check=True, timeout=300)
    # A page of the server that has no scripts of its own. What a test serves itself is of no address, and may open no WebSocket here.
    page.goto(f"{site.url}/openapi.json")
    page.evaluate(Path(found.stdout.strip()).read_text())
    page.evaluate(_BEGIN, transports)

    def told(condition: str) -> None:
        page.wait_for_function(f"told.some((line) => {condition})", timeout=30_000)

    told("line.ok")
    if transports == ["polling", "websocket"]:
        page.wait_for_function("socket.io.engine.transport.name === 'websocket'")
    _set(site, 5)
    told("line.name === 'stock_alert' && line.stockLevel === 'low'")
    site.server.kill()
    site.server.start()
    _set(site, 0)
    told("line.recovered === true")
    told("line.name === 'stock_alert' && line.stockLevel === 'out'")
    offsets = page.evaluate("told.filter((line) => line.offset).map((line) => Number(line.offset.split(':').pop()))")
    assert offsets == sorted(set(offsets)), "each once, in order"
    page.evaluate("socket.disconnect()")
    # The browser says that the server was away, as it was.
    page.watch.faults.clear()
