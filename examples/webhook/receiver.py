#!/usr/bin/env python3
"""A receiver of Tallywire's webhooks: it verifies each request and prints what happened.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_… examples/webhook/receiver.py 9090
"""

import http.server
import os
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
handled: set[str] = set()  # a shop keeps the ids in its database, in the transaction of what it does


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            return self.answer(401)
        if self.headers["webhook-id"] not in handled:
            handled.add(self.headers["webhook-id"])
            print(event["seq"], event["type"], event["data"].get("sku", ""), event["data"].get("stock", ""), flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
