#!/usr/bin/env bash
# Measures the WebSocket gateway beside its peers: ./run.sh, or ./run.sh -s tallywire,nats -w W1 -r 1. See README.md.
set -euo pipefail
[ -z "${TALLYWIRE:-}" ] || { TALLYWIRE=$(realpath -m "$TALLYWIRE"); export TALLYWIRE; }
cd "$(dirname "$0")"
make -s -C load
[ -n "${TALLYWIRE:-}" ] || (cd ../.. && swift build -c release --product tallywire 2>&1 | tail -1)
if [ -z "${UWS_PYTHON:-}" ] && [ ! -e .venv/bin/python ]; then
    python3 -m venv .venv && .venv/bin/pip install --quiet socketify==0.0.31 \
        || echo "uWebSockets (socketify from PyPI) cannot be installed and is left out" >&2
fi
exec python3 run.py "$@"
