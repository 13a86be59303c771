"""Tokens of others: an identity provider's keys at a URL, tokens by PyJWT, and the server between restarts and outages of both."""

import concurrent.futures
import http.server
import json
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator

import pytest
from bed.issuer import Issuer
from bed.processes import eventually
from bed.server import REPOSITORY, Refused, Server
from playwright.sync_api import expect

SECRET = "a secret of thirty-two bytes or more"
DOCUMENT = (REPOSITORY / "docs/ACCESS.md").read_text()
EXAMPLES = [json.loads(text)["auth"] for text in re.findall(r"```json\n(.*?)```", DOCUMENT.split("\n## Tokens of others")[1].split("\n## ")[0], re.S)]


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


@pytest.fixture
def trusting(sites, issuer):
    """A server that takes the issuer's tokens."""

    def make(**auth: object):
        settings = {"mode": "jwt", "jwks": issuer.url, "issuer": issuer.name, "audience": "tallywire", "roles": {"claim": "roles"}}
        return sites({"auth": settings | auth}, catalogue=False).server

    return make


def status(server, token: str) -> int:
    """What an admin's call with the token is answered."""
    try:
        server.call("GET", "/api/pipeline", token=token)
        return 200
    except Refused as refused:
        return refused.status


def handshake(server, token: str) -> int:
    """What a WebSocket's handshake with the token is answered."""
    fields = {"Host": "localhost", "Authorization": f"Bearer {token}", "Connection": "Upgrade", "Upgrade": "websocket",
              "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.sendall(("GET /ws HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items()) + "\r\n").encode())
        with connection.makefile("rb") as answer:
            return int(answer.readline().split()[1])


def metric(server, name: str) -> float:
    with urllib.request.urlopen(f"{server.url}/metrics", timeout=20) as response:
        return float(re.search(rf"^{re.escape(name)} (\S+)$", response.read().decode(), re.M).group(1))


def check_keys(folder, url: str, server: dict) -> subprocess.CompletedProcess:
    """What `check --connect` says of the keys at a URL."""
    plugins = folder / "plugins.json"
    plugins.write_text(json.dumps({"auth": {"mode": "jwt", "jwks": url, "issuer": "x", "keyServer": server}, "http": {"port": 0},
                                   "journal": {"path": str(folder / "j.db")}}, indent=1))
    return subprocess.run([Server.program, "check", "--connect", "--plugins", str(plugins)], capture_output=True, text=True, timeout=60)


# The claim with the roles, the audiences, and what else such tokens have.
PROVIDERS = {
    "keycloak": (lambda roles: {"realm_access": {"roles": ["offline_access", *roles]}}, ["stock-admin"],
                 {"aud": ["tallywire", "account"], "typ": "Bearer", "auth_time": 1, "azp": "web", "realm_access": None}),
    "auth0": (lambda roles: {"https://stock.example.com/roles": roles}, ["Stock Admin"],
              {"aud": ["https://stock.example.com", "https://example.eu.auth0.com/userinfo"], "scope": "openid profile"}),
    "entra": (lambda roles: {"roles": roles}, ["admin"], {"aud": "CLIENT", "ver": "2.0", "tid": "TENANT", "oid": "x"}),
}


@pytest.mark.parametrize("example, provider", list(zip(EXAMPLES, PROVIDERS, strict=True)), ids=list(PROVIDERS))
def test_the_examples_of_the_documents_take_such_tokens(trusting, issuer, example, provider):
    issuer.make_key("a")
    issuer.name = example["issuer"]
    server = trusting(**(example | {"jwks": issuer.url}))
    claim, roles, others = PROVIDERS[provider]
    good = {"roles": None} | others | claim(roles)
    assert status(server, issuer.token("a", **good)) == 200
    for wrong in [{"iss": issuer.name + "x"}, {"aud": "another"}, {"exp": 1}, claim(["somebody-else"])]:
        assert status(server, issuer.token("a", **(good | wrong))) == 401, wrong


def test_algorithms_keys_and_nothing_between_them(trusting, issuer):
    for kid, algorithm in [("rs", "RS256"), ("ps", "PS256"), ("es", "ES256")]:
        issuer.make_key(kid, algorithm)
    server = trusting()
    for kid, algorithm in [("rs", "RS256"), ("ps", "PS256"), ("es", "ES256")]:
        assert status(server, issuer.token(kid, algorithm)) == 200, algorithm
    assert status(server, issuer.token("ps", "RS256")) == 401
    assert status(server, issuer.token("rs", "PS256")) == 401
    for header in [{"alg": "none"}, {"alg": "HS256"}]:
        assert status(server, issuer.forged("rs", header)) == 401
    issuer.make_key("stranger", publish=False)
    assert status(server, issuer.token("stranger")) == 401
    checked = subprocess.run([server.program, "check", "--connect", "--plugins", server.plugins, "--set", "http.port=0"], capture_output=True,
                             text=True, cwd=server.folder)
    assert "auth.jwks: 3 can be used: RS256 “rs”, PS256 “ps”, ES256 “es”" in checked.stdout + checked.stderr


def test_a_new_key_counts_from_its_first_token_on_and_unknown_ones_cannot_make_the_server_ask(trusting, issuer):
    issuer.make_key("old")
    server = trusting(keyServer={"askAgain": "1h"})
    old = issuer.token("old")
    assert status(server, old) == 200
    before = issuer.fetches
    issuer.make_key("new")
    token = issuer.token("new")
    with concurrent.futures.ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(lambda n: (handshake if n % 3 == 0 else status)(server, token), range(30)))
    assert set(answers) == {200, 101} and issuer.fetches == before + 1
    for number in range(50):
        issuer.pairs[f"unknown-{number}"] = issuer.pairs["new"]
        assert status(server, issuer.token(f"unknown-{number}")) == 401
    assert issuer.fetches == before + 1

    # What is published no more is taken back.
    issuer.withdraw("old")
    server.child.process.send_signal(1)
    eventually("the old key's tokens are refused", lambda: status(server, old) == 401)
    assert status(server, token) == 200


def test_the_server_goes_on_while_the_keys_cannot_be_fetched_and_starts_without_them(trusting, issuer):
    issuer.make_key("a")
    server = trusting(secret=SECRET)
    token, own = issuer.token("a"), server.make_token("admin")
    assert status(server, token) == 200 and status(server, own) == 200
    assert metric(server, 'tallywire_reload_failing{what="jwks"}') == 0

    issuer.stop()
    server.child.process.send_signal(1)
    eventually("the server notices", lambda: metric(server, 'tallywire_reload_failing{what="jwks"}') == 1)
    assert server.call("GET", "/health/ready")["warnings"]
    issuer.make_key("b")
    assert status(server, token) == 200
    assert status(server, issuer.token("b")) == 503, "nobody knows whether the key is a good one"

    server.restart()
    assert status(server, token) == 503 and handshake(server, token) == 503
    assert status(server, own) == 200, "the server's own tokens need no keys of others"
    assert "cannot fetch the keys" in server.log and "nobody listens there" in server.log
    issuer.start()
    eventually("the keys are fetched by themselves", lambda: status(server, token) == 200, 60)
    assert metric(server, 'tallywire_reload_failing{what="jwks"}') == 0


def test_the_certificate_of_the_keys_has_to_be_trusted(tmp_path):
    certificate = tmp_path / "server.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-keyout", certificate, "-out", tmp_path / "own.pem"], check=True, capture_output=True)
    certificate.write_text(certificate.read_text() + (tmp_path / "own.pem").read_text())
    issuer = Issuer(str(certificate))
    try:
        issuer.make_key("a")
        for ca, expected in [("system", "name the certificate to trust in auth.keyServer.ca"), (str(tmp_path / "own.pem"), "1 can be used: RS256 “a”"),
                             (str(tmp_path / "none.pem"), "holds no certificate in PEM, or cannot be read")]:
            checked = check_keys(tmp_path, issuer.url, {"ca": ca})
            assert expected in checked.stdout + checked.stderr, ca
            assert (checked.returncode == 0) == ("can be used" in expected)
    finally:
        issuer.stop()


def test_people_sign_in_on_the_pages_with_a_token_of_others(trusting, issuer, page):
    issuer.make_key("a", "PS256")
    server = trusting(secret=SECRET, roles={"claim": "groups", "values": {"warehouse": "admin"}})
    server.token = server.make_token("admin")
    server.import_catalogue()
    page.goto(f"{server.url}/admin")
    page.get_by_label("Token").fill(issuer.token("a", "PS256", groups=["x", "warehouse"]))
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Adjust Pocket knife")).to_be_visible()
    expect(page.locator("#connection")).to_have_attribute("data-state", "live")


@pytest.mark.parametrize("body, reason", [
    (b"<html>", "it is not JSON"), (b'{"keys": []}', "no key of it can be used: it is empty"), ("large", "its answer is larger than 1MiB"),
    (None, "it answered 302, to /elsewhere"), ("slow", "it did not answer completely within 300ms"),
], ids=["text", "nothing", "large", "redirect", "slow"])
def test_what_is_wrong_with_the_keys_is_told(tmp_path, body, reason):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302 if body is None else 200)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
            if body == "slow":
                ends.wait(20)
            elif body == "large":
                self.wfile.write(b" " * (1 << 20) + b"{}")
            elif body:
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    ends = threading.Event()
    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=httpd.serve_forever, args=(0.02,), daemon=True).start()
    try:
        started = time.monotonic()
        checked = check_keys(tmp_path, f"http://127.0.0.1:{httpd.server_port}/keys", {"timeout": "300ms" if body == "slow" else "20s"})
        assert checked.returncode == 1 and reason in checked.stderr and "plugins.json:4:11: error: “jwks”: http://127.0.0.1" in checked.stderr, checked.stderr
        assert time.monotonic() - started < 15
    finally:
        ends.set()
        httpd.shutdown()
        httpd.server_close()
