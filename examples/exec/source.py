#!/usr/bin/env python3
"""An exec source: each line of a file is the code of something that was sold. The receipts go to another file."""
import json, sys
sold, receipts = open(sys.argv[1]), open(sys.argv[2], "a")
for number, code in enumerate(sold, start=1):
    line = {"code": code.strip(), "operation": "subtract", "quantity": 1}
    print(json.dumps({"id": f"{sys.argv[1]}:{number}", "reason": "sale", "lines": [line]}), flush=True)
    receipts.write(sys.stdin.readline())
    receipts.flush()
sys.stdin.read()  # A program that ends is started again.
