#!/usr/bin/env python3
"""Makes a stream, as `nats stream add NAME --subjects SUBJECT --discard new` does: stream.py NAME SUBJECT"""

import asyncio
import os
import sys

import nats
from nats.js.api import DiscardPolicy


async def main(name: str, subject: str) -> None:
    connection = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    await connection.jetstream().add_stream(name=name, subjects=[subject], discard=DiscardPolicy.NEW, max_bytes=64 << 20)
    await connection.close()


asyncio.run(main(*sys.argv[1:3]))
