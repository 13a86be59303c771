#!/usr/bin/env bash
# Measures the WebSocket gateway beside its peers: ./run.sh, or ./run.sh -s tallywire,nats -w W1 -r 1. See README.md.
set -euo pipefail
[ -z "${TALLYWIRE:-}" ] || { TALLYWIRE=$(realpath -m "$TALLYWIRE"); export TALLYWIRE; }
cd "$(dirname "$0")"
make -s -C load
(cd .. && swift build -c release --product NIOFloor 2>&1 | tail -1)
[ -n "${TALLYWIRE:-}" ] || (cd ../.. && swift build -c release --product tallywire 2>&1 | tail -1)
# An environment of this folder's own. One that is half made, or was made by a Python that is gone, is made anew.
if [ -z "${UWS_PYTHON:-}" ] && ! .venv/bin/python -c 'import sys, importlib.util as u; sys.exit(not u.find_spec("socketify"))' 2>/dev/null; then
    rm -rf .venv
    python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check socketify==0.0.31 \
        || echo "uWebSockets (socketify from PyPI) cannot be installed and is left out" >&2
fi
exec python3 run.py "$@"
