"""A broker, a server and a sample catalogue, as one."""

from pathlib import Path

from .broker import Broker
from .proxy import Proxy
from .server import Server


class Site:
    """What a warehouse has running. `url` is where browsers go."""

    def __init__(self, folder: Path, settings: dict | None = None):
        folder.mkdir(parents=True, exist_ok=True)
        self.broker = Broker(folder)
        try:
            self.server = Server(folder, self.broker, settings)
            self.server.start()
        except BaseException:
            self.stop()
            raise
        self._proxies: list[Proxy] = []

    @property
    def url(self) -> str:
        return self.server.url

    def scan(self, code: str | dict | list, device: str = "dock-1") -> None:
        self.broker.scan(code, device)

    def proxy(self) -> Proxy:
        """A way to the server that can be cut."""
        proxy = Proxy(self.server.port)
        self._proxies.append(proxy)
        return proxy

    def stop(self) -> None:
        for proxy in getattr(self, "_proxies", []):
            proxy.stop()
        if server := getattr(self, "server", None):
            server.stop()
        self.broker.stop()
