"""Serves this folder, and React's files from where Debian's packages node-react and node-react-dom put them: serve.py [PORT]"""

import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

MODULES = os.environ.get("REACT_MODULES", "/usr/share/nodejs")


class Handler(SimpleHTTPRequestHandler):
    def translate_path(self, path):
        parts = path.split("?")[0].split("/")
        if len(parts) == 4 and parts[1] == "vendor" and parts[2] in ("react", "react-dom") and parts[3].endswith(".js"):
            return os.path.join(MODULES, parts[2], "umd", parts[3])
        return super().translate_path(path)


if __name__ == "__main__":
    here = os.path.dirname(os.path.abspath(__file__))
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    with ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, directory=here)) as server:
        print(f"http://127.0.0.1:{server.server_port}/", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
