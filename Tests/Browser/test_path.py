"""Behind nginx and Caddy under a path, as docs/WEB.md says: everything that the server serves, and no request that leaves the path."""

import json
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import socketio
from bed.processes import Child, eventually, free_port, program, required
from bed.server import REPOSITORY, Server
from bed.watch import until
from playwright.sync_api import Page, expect

DOCUMENT = (REPOSITORY / "docs/WEB.md").read_text()


def documented(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.S)


def nginx(folder: Path, port: int, upstream: int) -> list[str]:
    # The first block of the document is a whole server, of which this needs the first line.
    mapping, location = documented("nginx")[0].splitlines()[0], documented("nginx")[1]
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}{mapping}\n"
        f"server {{\nlisten 127.0.0.1:{port};\n{location.replace('8080', str(upstream))}\n}}\n}}\n")
    return [program("nginx"), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def caddy(folder: Path, port: int, upstream: int) -> list[str]:
    text = documented("caddy")[1].replace("example.com {", f"http://127.0.0.1:{port} {{").replace("8080", str(upstream))
    (folder / "Caddyfile").write_text(f"{{\n    admin off\n    storage file_system {folder}/caddy\n}}\n{text}")
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@pytest.fixture
def stock(sites, tmp_path, request) -> Iterator[SimpleNamespace]:
    """A site that a proxy, nginx unless the test says otherwise, serves under /stock/; `url` is that address, without the slash at its end."""
    proxy = getattr(request, "param", nginx)
    required(proxy.__name__)
    port = free_port()
    url = f"http://127.0.0.1:{port}/stock"
    site = sites({"http": {"trustedProxies": ["127.0.0.1"], "base": url}})
    child = Child(proxy(tmp_path, port, site.server.port), tmp_path / "proxy.log")
    try:
        eventually("the proxy passes on", lambda: urllib.request.urlopen(f"{url}/health/ready", timeout=2).status == 200)
        yield SimpleNamespace(site=site, url=url)
    finally:
        child.stop()


@pytest.fixture
def inside(pages, stock):
    """Opens pages whose every request has to stay under the path."""
    seen: list[str] = []

    def make(**options: object) -> Page:
        page = pages(**options)
        # Of the context, so that those of its service worker are among them.
        page.context.on("request", lambda request: seen.append(request.url))
        page.on("websocket", lambda socket: seen.append(socket.url))
        return page

    yield make
    allowed = (f"{stock.url}/", f"ws{stock.url.removeprefix('http')}/", "data:", "blob:")
    assert seen and not [url for url in seen if not url.startswith(allowed)]
    assert any("/stock/ws" in url for url in seen)


@pytest.mark.parametrize("stock", [nginx, caddy], indirect=True)
def test_every_page_is_found_from_the_first_one_and_stays_under_the_path(stock, inside):
    page = inside()
    with urllib.request.urlopen(stock.url, timeout=10) as response:
        assert response.url == f"{stock.url}/"
    for name, content in [("Admin", "ADVENT-26"), ("Shop", "T-shirt"), ("Shelf displays", "WH1"), ("Codes", "TW:UNDO"), ("Scan", "Location")]:
        page.goto(f"{stock.url}/")
        page.locator("a.card", has=page.get_by_text(name, exact=True)).click()
        expect(page.locator("body")).to_contain_text(content)
        if name not in ("Admin", "Scan"):
            page.locator("a.brand").click()
            expect(page).to_have_url(f"{stock.url}/")
    # The address with a slash at its end, as people type it.
    page.goto(f"{stock.url}/displays/#/WH1")
    expect(page).to_have_url(f"{stock.url}/displays#/WH1")
    expect(page.locator("body")).to_contain_text("TEE-RED-M")


def test_what_happens_is_seen_at_once_and_the_admin_acts(stock, inside):
    display, admin, shop = inside(), inside(), inside()
    display.goto(f"{stock.url}/displays#/WH1/TEE-RED-M")
    expect(display.locator(".shelf .stock")).to_have_text("42 here")
    admin.goto(f"{stock.url}/admin#/pipeline")
    expect(admin.locator("#connection")).to_have_attribute("data-state", "live")
    expect(admin.locator("main")).to_contain_text("shelf-displays")
    for view in ("stock", "activity", "alerts", "locations", "devices", "counts", "reservations"):
        admin.goto(f"{stock.url}/admin#/{view}")
    shop.goto(f"{stock.url}/shop")
    expect(shop.locator("body")).to_contain_text("T-shirt")
    stock.site.scan({"barcode": "4006381333931", "operation": "subtract", "quantity": 2, "location": "WH1"})
    expect(display.locator(".shelf .stock")).to_have_text("40 here")


def test_a_phone_scans_undoes_and_opens_without_the_server(stock, inside):
    display, phone = inside(), inside()
    display.goto(f"{stock.url}/displays#/WH1/TEE-RED-M")
    phone.goto(f"{stock.url}/scan")
    until(phone, "document.getElementById('location').options.length > 1")
    phone.get_by_label("Location").select_option("WH1")
    phone.get_by_label("Code").fill("4006381333931")
    phone.keyboard.press("Enter")
    expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
    expect(display.locator(".shelf .stock")).to_have_text("41 here")
    phone.get_by_role("button", name="Undo the scan of TEE-RED-M").click()
    expect(display.locator(".shelf .stock")).to_have_text("42 here")

    assert until(phone, "navigator.serviceWorker.controller?.scriptURL") == f"{stock.url}/scan-worker.js"
    manifest = phone.evaluate("fetch(document.querySelector('[rel=manifest]').href).then((response) => response.json())")
    place = f"{stock.url}/scan/app.webmanifest"
    assert phone.evaluate("([path, base]) => new URL(path, base).href", [manifest["start_url"], place]) == f"{stock.url}/scan"
    phone.context.set_offline(True)
    phone.reload()
    expect(phone.get_by_label("Code")).to_be_visible()
    phone.context.set_offline(False)


def test_the_client_library_finds_its_server_and_takes_addresses_with_a_path(stock, inside):
    page = inside()
    page.goto(f"{stock.url}/shop")
    for options in ("{}", f"{{ url: '{stock.url}/' }}", f"{{ url: '{stock.url}/ws', transports: ['sse'] }}", "{ shared: true }"):
        stock.site.server.move("TEE-RED-M", "set", 10)
        page.evaluate(f"""async () => {{
            const {{ TallywireClient }} = await import('{stock.url}/sdk/tallywire.js');
            globalThis.heard = [];
            globalThis.client = new TallywireClient({options});
            client.on('inventory_updated', (update) => heard.push(update.locationStock));
            await client.connect();
        }}""")
        stock.site.server.move("TEE-RED-M", "set", 77)
        until(page, "heard.includes(77)")
        page.evaluate("client.close()")


@pytest.mark.parametrize("transports", [["websocket"], ["polling"], ["polling", "websocket"]])
def test_socket_io(stock, tmp_path, transports, sites):
    # The sample has no sink of this kind.
    plugins = json.loads(stock.site.server.plugins.read_text())
    plugins["sinks"].append({"plugin": "socket.io"})
    stock.site.server.plugins.write_text(json.dumps(plugins))
    stock.site.server.restart()
    heard: list[int] = []
    client = socketio.Client()
    client.on("inventory_updated", lambda data, *_: heard.append(data["locationStock"]))
    client.connect(stock.url.removesuffix("/stock"), socketio_path="/stock/socket.io", transports=transports, wait_timeout=20)
    try:
        stock.site.server.move("TEE-RED-M", "set", 5)
        eventually("it hears the change", lambda: 5 in heard)
    finally:
        client.disconnect()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def test_addresses_that_the_server_gives_and_commands_that_are_given_one(stock):
    def location(path: str) -> str | None:
        with pytest.raises(urllib.error.HTTPError) as refusal:
            urllib.request.build_opener(_Stay).open(stock.url + path, timeout=10)
        return refusal.value.headers["Location"]

    assert location("/admin/") == "../admin"

    def read(name: str) -> dict:
        with urllib.request.urlopen(f"{stock.url}/{name}", timeout=10) as response:
            return json.load(response)

    assert read("openapi.json")["servers"] == [{"url": stock.url}]
    server = read("asyncapi.json")["servers"]["websocket"]
    assert server["pathname"] == "/stock" and server["variables"]["host"]["default"] == stock.url.split("/")[2]
    assert f"outside    {stock.url}/" in stock.site.server.log

    exported = subprocess.run([Server.program, "export", "--server", f"{stock.url}/"], capture_output=True, text=True, timeout=60)
    assert exported.returncode == 0 and "TEE-RED-M" in exported.stdout, exported.stderr
    output = stock.site.server.folder / "tail.log"
    tail = Child([Server.program, "tail", "--json", "--room", "admin_room", "--server", stock.url], output)
    try:
        def heard() -> bool:
            stock.site.server.move("TEE-RED-M", "add", 1)
            return "TEE-RED-M" in output.read_text()
        eventually("the command follows the events", heard)
    finally:
        tail.stop()
