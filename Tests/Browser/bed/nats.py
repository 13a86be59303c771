"""A NATS server of the test's own on a free port, which can be killed and started again."""

import asyncio
import base64
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nats
from nats.js.api import DiscardPolicy

from .processes import Child, eventually, free_port, required


class Nats:
    """The server with JetStream, and a stream `STOCK` that refuses what is too much."""

    def __init__(self, folder: Path, **limits: int):
        self.program = required("nats-server")
        self.port = free_port()
        self.log = folder / "nats.log"
        self.configuration = folder / "nats.conf"
        self.configuration.write_text(f'listen: 127.0.0.1:{self.port}\njetstream {{ store_dir: "{folder}/jetstream" }}\n')
        self.start()

        async def make(connection: nats.NATS) -> None:
            await connection.jetstream().add_stream(name="STOCK", subjects=["stock.>"], discard=DiscardPolicy.NEW, **limits)

        try:
            self.run(make)
        except BaseException:
            self.child.kill()
            raise

    def start(self) -> None:
        def listens() -> bool:
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", self.port)) == 0

        self.child = Child([self.program, "-c", str(self.configuration)], self.log)
        eventually("the NATS server listens", listens, 60)

    def kill_and_start(self) -> None:
        self.child.kill()
        self.start()

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def run(self, work):
        """Runs `await work(connection)` with a connection, and returns what it returns."""

        async def connected():
            connection = await nats.connect(self.url)
            try:
                return await work(connection)
            finally:
                await connection.close()

        # Where a page was tested before, this thread has a loop that runs.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, connected()).result()

    def messages(self) -> list[tuple[str, str, dict]]:
        """Subject, `Nats-Msg-Id` and event of each message, in the stream's order."""

        async def read(connection: nats.NATS) -> list[tuple[str, str, dict]]:
            state = (await connection.jetstream().stream_info("STOCK")).state
            found = []
            for number in range(state.first_seq, state.last_seq + 1):
                answer = await connection.request("$JS.API.STREAM.MSG.GET.STOCK", json.dumps({"seq": number}).encode(), timeout=10)
                message = json.loads(answer.data)["message"]
                headers = dict(line.split(": ", 1) for line in base64.b64decode(message["hdrs"]).decode().split("\r\n")[1:] if line)
                found.append((message["subject"], headers["Nats-Msg-Id"], json.loads(base64.b64decode(message["data"]))))
            return found

        return self.run(read)

    def stop(self) -> None:
        self.child.stop()
