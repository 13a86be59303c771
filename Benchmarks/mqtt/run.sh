#!/usr/bin/env bash
# Measures the MQTT bridge beside the least that libmosquitto can do: ./run.sh [-n SCANS] [-r REPETITIONS]. See README.md.
set -euo pipefail
[ -z "${TALLYWIRE:-}" ] || { TALLYWIRE=$(realpath -m "$TALLYWIRE"); export TALLYWIRE; }
cd "$(dirname "$0")"
make -s -C load
[ -n "${TALLYWIRE:-}" ] || (cd ../.. && swift build -c release --product tallywire 2>&1 | tail -1)
exec python3 run.py "$@"
