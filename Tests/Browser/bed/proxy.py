"""A TCP proxy that can be cut: the cable between a page and its server."""

import asyncio
import threading

from .processes import free_port


class Proxy:
    """Passes connections on to a port. `cut` breaks them, `hold` lets them stand with nothing passing, as a dead mobile network does."""

    def __init__(self, target: int):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._target = target
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._flows = None
        self._is_cut = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._started = threading.Event()
        self._thread.start()
        self._started.wait(5)

    def cut(self) -> None:
        """Breaks what is open, and refuses what comes, until `mend`."""
        self._is_cut = True
        self._call(self._close_all)

    def hold(self) -> None:
        """Nothing passes any more, and nobody is told."""
        self._call(lambda: self._flows.clear())

    def mend(self) -> None:
        """All passes again, also what was held."""
        self._is_cut = False
        self._call(lambda: self._flows.set())

    def stop(self) -> None:
        self._call(self._close_all)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _call(self, work) -> None:
        done = threading.Event()
        self._loop.call_soon_threadsafe(lambda: (work(), done.set()))
        done.wait(5)

    def _close_all(self) -> None:
        for writer in list(self._open):
            if writer.transport:
                writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)

        async def listen() -> None:
            self._flows = asyncio.Event()
            self._flows.set()
            await asyncio.start_server(self._accept, "127.0.0.1", self.port)
            self._started.set()

        self._loop.run_until_complete(listen())
        self._loop.run_forever()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        finally:
            self._open.discard(writer)
            if writer.transport:
                writer.transport.abort() if self._is_cut else writer.close()
