"""Opens a page in a headless Chromium and waits until it shows what it should: browser.py CHROMIUM URL < conditions

Each line of standard input is a JavaScript expression. When it becomes true in the page, `ok` is printed and the next line is read;
after 20 seconds the page's text is printed and the check ends with 1. It speaks the DevTools protocol through the browser's pipe,
so it needs nothing but Python.
"""

import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time


class Page:
    """A page in a browser that is driven through two pipes, in which messages end with a zero byte."""

    def __init__(self, chromium, url, folder):
        from_us, self.output = os.pipe()
        self.input, to_us = os.pipe()
        # Chromium reads commands from descriptor 3 and answers on 4.
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", f'exec "$0" "$@" 3<&{from_us} 4>&{to_us}', chromium, "--headless", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={folder}"],
            pass_fds=(from_us, to_us), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(from_us)
        os.close(to_us)
        self.buffer = b""
        self.count = 0
        self.session = None
        target = self.call("Target.createTarget", url=url)["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method, **parameters):
        self.count += 1
        message = {"id": self.count, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.output, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            while b"\0" in self.buffer:
                line, self.buffer = self.buffer.split(b"\0", 1)
                answer = json.loads(line)
                if answer.get("id") == self.count:
                    return answer.get("result", {})
            ready, _, _ = select.select([self.input], [], [], max(0, deadline - time.monotonic()))
            piece = os.read(self.input, 65536) if ready else b""
            if not piece:
                raise SystemExit(f"the browser did not answer {method}")
            self.buffer += piece

    def evaluate(self, expression):
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True).get("result", {}).get("value")

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def main(chromium, url):
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = Page(chromium, url, folder)
        try:
            for condition in sys.stdin:
                deadline = time.monotonic() + 20
                while page.evaluate(condition) is not True:
                    if time.monotonic() > deadline:
                        print(f"never became true: {condition.strip()}\nthe page shows:\n{page.evaluate('document.body.innerText')}")
                        return 1
                    time.sleep(0.05)
                print("ok", flush=True)
        finally:
            page.close()
    return 0


if __name__ == "__main__":
    # Ended from outside, it ends the browser and removes its profile all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(*sys.argv[1:]))
