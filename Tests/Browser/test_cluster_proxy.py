"""Three nodes behind one name, as docs/CLUSTER.md says: its own configuration of nginx, with ports and certificates of the test's."""

import json
import re
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from bed.cluster import Cluster
from bed.processes import Child, eventually, free_port, program, required
from bed.server import REPOSITORY, SAMPLE, Server
from playwright.sync_api import Page, expect

SECRET = "a secret of thirty-two bytes or more"


def documented(document: str) -> list[str]:
    return re.findall(r"```nginx\n(.*?)```", (REPOSITORY / "docs" / document).read_text(), re.S)


def nginx(folder: Path, port: int, nodes: list[int], certificates: Path) -> list[str]:
    upstream, passing = documented("CLUSTER.md")
    for number, node in enumerate(nodes, 1):
        upstream = upstream.replace(f"10.0.0.{number}:8443", f"127.0.0.1:{node}")
    passing = passing.replace("/etc/ssl/tallywire/ca.pem", f"{certificates}/ca.pem")
    server = documented("WEB.md")[0].replace("443", f"127.0.0.1:{port}").replace("stock.example;", "localhost;")
    server = re.sub(r"/etc/ssl/stock\.example", str(certificates / "node"), server)
    assert server.count("proxy_pass http://127.0.0.1:8080;") == 1
    server = server.replace("proxy_pass http://127.0.0.1:8080;", passing)
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
                                       f"http {{\naccess_log off;\n{temporary}{upstream}{server}}}\n")
    return [program("nginx"), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """The authority and one node's certificate, as `cluster etcd` makes them."""
    subprocess.run([Server.program, "cluster", "etcd", "--nodes", "a=127.0.0.1", "--output", "made"], cwd=tmp_path, check=True,
                   capture_output=True, timeout=60)
    return tmp_path / "made" / "a"


@pytest.fixture
def stock(tmp_path: Path, certificates: Path) -> Iterator[SimpleNamespace]:
    """A cluster behind nginx: `url` is the one name, `token` is good at each node."""
    required("nginx")
    settings = {"http": {"trustedProxies": ["127.0.0.1"]}, "auth": {"mode": "jwt", "secret": SECRET}}
    cluster = Cluster(tmp_path / "cluster", settings=settings, certificates=certificates)
    port = free_port()
    proxy = Child(nginx(tmp_path, port, [node.port for node in cluster.nodes.values()], certificates), tmp_path / "proxy.log")
    try:
        url = f"https://localhost:{port}"
        trust = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
        token = cluster.nodes["a"].make_token("admin")

        def call(path: str, body: dict | None = None) -> dict:
            request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
            request.data = json.dumps(body).encode() if body else None
            with urllib.request.urlopen(request, context=trust, timeout=20) as response:
                return json.load(response)

        eventually("the proxy passes on", lambda: call("/health/ready"))
        subprocess.run([Server.program, "import", str(SAMPLE), "--server", url, "--ca", certificates / "ca.pem", "--token", token],
                       check=True, capture_output=True, timeout=120)
        yield SimpleNamespace(cluster=cluster, url=url, token=token, call=call)
    finally:
        proxy.stop()
        cluster.stop()


def welcomes(page: Page) -> list[dict]:
    """The `welcome` of each WebSocket that the page opens from now on."""
    found: list[dict] = []

    def take(frame: str | bytes) -> None:
        message = json.loads(frame)
        if message.get("type") == "welcome":
            found.append(message)

    page.on("websocket", lambda socket: socket.on("framereceived", take))
    return found


def test_a_page_whose_node_is_killed_is_live_again_at_another_one(stock, pages):
    page = pages(ignore_https_errors=True)
    nodes = welcomes(page)
    page.goto(f"{stock.url}/admin#/stock")
    page.get_by_label("Token").fill(stock.token)
    page.keyboard.press("Enter")
    shown = page.get_by_role("button", name="Adjust Pocket knife")
    expect(shown).to_be_visible()
    connection = page.locator("#connection")
    expect(connection).to_have_attribute("data-state", "live")
    page.evaluate("globalThis.isTheSamePage = true")

    first = nodes[-1]["node"]
    stock.cluster.nodes[first].kill()
    # Playwright hands over what happened while it waits.
    second = eventually("the page is at another node", lambda: page.wait_for_timeout(100) or nodes[-1]["node"] != first and nodes[-1]["node"], 30)
    expect(connection).to_have_attribute("data-state", "live", timeout=30_000)
    assert nodes[-1]["epoch"] == nodes[0]["epoch"] and second in stock.cluster.nodes

    # What happens from now on is seen there, and what the person does is done.
    move = {"lines": [{"sku": "KNIFE-POCKET", "operation": "set", "quantity": 7_777, "location": "WH1"}]}
    eventually("a movement is taken", lambda: stock.call("/api/movements", move), 30)
    expect(page.locator("main")).to_contain_text("7,777", timeout=30_000)
    page.get_by_role("link", name="Cluster", exact=True).click()
    expect(page.locator(f'[data-node="{first}"] td .badge')).to_have_text("Silent", timeout=40_000)
    assert page.evaluate("isTheSamePage"), "nobody has loaded the page again"
