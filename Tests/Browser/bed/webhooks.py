"""A receiver of webhooks, as a program of its own: it verifies each request with the official library, fails at random, and keeps what
it took in a file, a line for each event.

    python webhooks.py PORT SECRET FILE FAILURES SEED
"""

import http.server
import json
import os
import random
import sys
import time

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Without it each answer waits for the acknowledgement of the one before.
    disable_nagle_algorithm = True
    webhook: Webhook
    file: int
    failures: float
    chance: random.Random

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) < length:
            return  # the sender was killed within the request
        try:
            self.webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            os.write(self.file, f"UNVERIFIED {error}\n".encode())
            return self.answer(401)
        fails = self.chance.random() < self.failures
        if fails and self.chance.random() < 0.5:
            return self.fail()
        events = json.loads(body)
        lines = [json.dumps({"id": self.headers["webhook-id"], "event": event}) for event in (events if isinstance(events, list) else [events])]
        os.write(self.file, ("\n".join(lines) + "\n").encode())
        if fails:
            return self.fail()  # after it was kept: the same comes again
        self.answer(204)

    def fail(self) -> None:
        """One of the ways in which receivers fail."""
        match self.chance.randrange(4):
            case 0: self.close_connection = True
            case 1: self.answer(500)
            case 2: self.answer(503, {"Retry-After": "0"})
            case 3:
                time.sleep(0.05)
                self.answer(429)

    def answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    port, secret, file, failures, seed = sys.argv[1:]
    Receiver.webhook = Webhook(secret)
    Receiver.file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    Receiver.failures = float(failures)
    Receiver.chance = random.Random(int(seed))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
