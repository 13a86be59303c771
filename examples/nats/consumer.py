#!/usr/bin/env python3
"""Follows a stream and prints the stock of each item at each location: NATS_URL=nats://127.0.0.1:4222 consumer.py STOCK

It may be stopped and started at any moment: the server of NATS keeps how far it has come, under the name “shop”. An event that comes again
has the `Nats-Msg-Id` of the first time, and an older version than what is known; so it changes nothing.
"""

import asyncio
import json
import os
import sys

import nats


async def main(stream: str) -> None:
    connection = await nats.connect(os.environ.get("NATS_URL", "nats://127.0.0.1:4222"))
    subscription = await connection.jetstream().subscribe("", stream=stream, durable="shop", manual_ack=True)
    versions: dict[str, int] = {}
    async for message in subscription.messages:
        event = json.loads(message.data)
        data = event["data"]
        if event["type"] == "inventory_updated" and data["version"] > versions.get(data["sku"], 0):
            versions[data["sku"]] = data["version"]
            print(event["seq"], message.subject, data["sku"], data.get("location"), data.get("locationStock"), flush=True)
        await message.ack()


asyncio.run(main(sys.argv[1]))
