"""Three servers that are nodes of one cluster, with an etcd and a broker."""

import json
import socket
import subprocess
import urllib.parse
from pathlib import Path

from .broker import Broker
from .processes import Child, eventually, free_port, required
from .server import Server

SITE = "main"
SECRET = "a secret of nodes for tests, of more than 32 bytes"


class Cluster:
    """Nodes `a`, `b` and `c`, of which `a` leads first. `etcd` is the child process of the log; `nodes` are the servers by name.
    `settings` are those of all nodes. With `certificates`, a folder, everybody speaks TLS with the certificates in there."""

    def __init__(self, folder: Path, names: tuple[str, ...] = ("a", "b", "c"), settings: dict | None = None, certificates: Path | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.children: list[Child | Server | Broker] = []
        self.settings = settings or {}
        self.certificates = certificates
        try:
            self.etcd, endpoint = self._start_etcd(folder)
            broker = Broker(folder)
            self.children.append(broker)
            self.nodes = {name: self._server(folder / name, broker, name, endpoint) for name in names}
            self._initialize(self.nodes[names[0]])
            for node in self.nodes.values():
                node.start()
        except BaseException:
            self.stop()
            raise

    def _start_etcd(self, folder: Path) -> tuple[Child, str]:
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        secure: list[str] = []
        if self.certificates:
            client = client.replace("http", "https")
            secure = ["--client-cert-auth", "--trusted-ca-file", f"{self.certificates}/ca.pem", "--cert-file", f"{self.certificates}/node.pem",
                      "--key-file", f"{self.certificates}/node.key"]
        etcd = Child([
            required("etcd"), "--name", "m", "--data-dir", str(folder / "etcd"), "--listen-client-urls", client,
            "--advertise-client-urls", client, "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
            "--initial-cluster", f"m={peer}", *secure], folder / "etcd.log")
        self.children.append(etcd)

        def listens() -> bool:
            with socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(client).port), timeout=1):
                return True

        eventually("etcd listens", listens)
        return etcd, client

    def _server(self, folder: Path, broker: Broker, name: str, endpoint: str) -> Server:
        folder.mkdir()
        server = Server(folder, broker, self.settings | {
            "cluster": {"site": SITE, "node": name, "endpoints": [endpoint], "secret": SECRET}})
        if self.certificates:
            plugins = json.loads(server.plugins.read_text())
            own = {"certificate": f"{self.certificates}/node.pem", "key": f"{self.certificates}/node.key"}
            plugins["cluster"] |= {"address": f"https://127.0.0.1:{server.port}", "tls": own | {"ca": f"{self.certificates}/ca.pem"}}
            plugins["http"]["tls"] = own
            server.plugins.write_text(json.dumps(plugins))
        self.children.append(server)
        return server

    def _initialize(self, node: Server) -> None:
        """Makes the cluster, of the first node's journal."""
        made = subprocess.run(
            [node.program, "cluster", "init", "--plugins", str(node.plugins)], capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, made.stdout + made.stderr

    @property
    def leader(self) -> str | None:
        """The name of the node that leads, as the nodes that answer agree; `None` while they do not."""
        told = {server.call("GET", "/api/cluster")["leader"] for server in self.nodes.values() if server.child.is_running}
        return told.pop() if len(told) == 1 else None

    def followers(self) -> list[str]:
        leader = eventually("a node leads", lambda: self.leader)
        return [name for name in self.nodes if name != leader]

    def stop(self) -> None:
        # The newest first: nodes end in order while etcd and the broker are there.
        for child in reversed(self.children):
            child.stop()
