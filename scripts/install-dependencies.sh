#!/usr/bin/env bash
# Installs the system packages that are missing, with the argument `tests` also those that only tests need. Asks for root only if there is one.
set -euo pipefail

missing=()
need() { missing+=("$1"); }

command -v pkg-config >/dev/null || need pkg-config
command -v curl >/dev/null || need curl
command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || need mosquitto
command -v mosquitto_pub >/dev/null || need mosquitto-clients
# The scripts of the smoke run and of the examples.
[ -z "${CI:-}" ] || command -v python3 >/dev/null || need python3
[ -e /usr/include/mosquitto.h ] || need libmosquitto-dev
[ -e /usr/include/openssl/ssl.h ] || need libssl-dev
[ -e /usr/include/sqlite3.h ] || need libsqlite3-dev
[ -e /usr/include/jemalloc/jemalloc.h ] || need libjemalloc-dev

if [ "${1:-}" = tests ]; then
    command -v python3 >/dev/null || need python3
    python3 -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
    command -v chromium >/dev/null || { need chromium; need fonts-dejavu-core; }
    command -v node >/dev/null || need nodejs
    command -v tsc >/dev/null || need node-typescript
    for module in ws jsdom react react-dom; do [ -e "/usr/share/nodejs/$module" ] || need "node-$module"; done
fi

[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    echo "These packages are missing, and there is no apt-get to install them: ${missing[*]}" >&2
    exit 1
fi
echo "Installing: ${missing[*]}"
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root: apt-get install ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq "${missing[@]}" >/dev/null
