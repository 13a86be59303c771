#!/usr/bin/env python3
"""An exec sink: the newest stock of each SKU, in a SQLite file."""
import json, sqlite3, sys
table = sqlite3.connect(sys.argv[1])
table.execute("CREATE TABLE IF NOT EXISTS stock (sku TEXT PRIMARY KEY, stock INTEGER)")
print('{"tallywire":1}', flush=True)
for line in sys.stdin:
    message = json.loads(line)
    event, data = message["event"], message["event"]["data"]
    if event["type"] == "inventory_updated":
        table.execute("INSERT OR REPLACE INTO stock VALUES (?, ?)", (data["sku"], data["stock"]))
        table.commit()
    print(json.dumps({"ack": message["seq"]}), flush=True)
