"""Behind nginx and Caddy with TLS, as docs/WEB.md says: its own configurations, with ports and certificates of the test's."""

import re
import ssl
import subprocess
import urllib.request

import pytest
from bed.processes import Child, eventually, free_port, program, required
from bed.server import REPOSITORY
from bed.watch import until
from playwright.sync_api import expect

SECRET = "a secret of thirty-two bytes or more"
DOCUMENT = (REPOSITORY / "docs/WEB.md").read_text()


def documented(language: str) -> str:
    return re.search(rf"```{language}\n(.*?)```", DOCUMENT, re.S).group(1)


def nginx(folder, port: int, upstream: int) -> list[str]:
    text = documented("nginx").replace("443", f"127.0.0.1:{port}").replace("stock.example;", "localhost;").replace("8080", str(upstream))
    text = re.sub(r"/etc/ssl/stock\.example", str(folder / "server"), text)
    own = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
                                       f"http {{\naccess_log off;\n{own}{text}}}\n")
    return [program("nginx"), "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf"]


def caddy(folder, port: int, upstream: int) -> list[str]:
    text = documented("caddy").replace("stock.example {", f"https://localhost:{port} {{\n    tls {folder}/server.pem {folder}/server.key")
    (folder / "Caddyfile").write_text("{\n    admin off\n    auto_https disable_redirects\n    storage file_system " + f"{folder}/caddy\n}}\n"
                                      + text.replace("8080", str(upstream)))
    return [program("caddy"), "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


@pytest.mark.parametrize("proxy", [nginx, caddy])
def test_pages_websockets_and_streams_go_through(sites, pages, tmp_path, proxy):
    required(proxy.__name__)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=DNS:localhost", "-keyout", tmp_path / "server.key", "-out", tmp_path / "server.pem"], check=True, capture_output=True)
    site = sites({"http": {"trustedProxies": ["127.0.0.1"]}, "auth": {"mode": "jwt", "secret": SECRET}}, catalogue=False)
    site.server.token = site.server.make_token("admin")
    site.server.import_catalogue()
    port = free_port()
    child = Child(proxy(tmp_path, port, site.server.port), tmp_path / "proxy.log")
    try:
        url = f"https://localhost:{port}"
        trust = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
        eventually("the proxy passes on", lambda: urllib.request.urlopen(f"{url}/health/ready", context=trust, timeout=2).status == 200)

        page = pages(ignore_https_errors=True)
        sockets = []
        page.on("websocket", lambda socket: sockets.append(socket.url))
        page.goto(f"{url}/displays#/WH1/TEE-RED-M")
        expect(page.locator(".shelf .stock")).to_have_text("42 here")
        expect(page.locator(".connection")).to_have_text("Live")
        site.scan({"barcode": "4006381333931", "operation": "subtract", "quantity": 2, "location": "WH1"})
        expect(page.locator(".shelf .stock")).to_have_text("40 here")
        assert sockets and all(address.startswith(f"wss://localhost:{port}/ws") for address in sockets)

        # A change by a page of this origin is the server's own page's.
        phone = pages(ignore_https_errors=True)
        phone.goto(f"{url}/scan")
        until(phone, "document.getElementById('location').options.length > 1")
        phone.get_by_label("Location").select_option("WH1")
        phone.get_by_label("Code").fill(site.server.make_token("device", "phone-1"))
        phone.keyboard.press("Enter")
        phone.get_by_label("Code").fill("4006381333931")
        phone.keyboard.press("Enter")
        expect(phone.locator("#verdict")).to_have_attribute("data-fate", "applied")
        expect(page.locator(".shelf .stock")).to_have_text("39 here")
        # Browsers give no service worker to a certificate that they were only told to overlook.
        phone.watch.faults[:] = [fault for fault in phone.watch.faults if "SSL certificate" not in fault]

        request = urllib.request.Request(f"{url}/api/events/stream", headers={"Authorization": f"Bearer {site.server.token}"})
        with urllib.request.urlopen(request, context=trust, timeout=10) as stream:
            assert stream.readline().startswith(b"retry:")
            site.scan("4006381333931")
            lines = []
            eventually("the event comes at once", lambda: lines.append(stream.readline()) or b"inventory_updated" in lines[-1])
    finally:
        child.stop()
