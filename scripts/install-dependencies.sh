#!/usr/bin/env bash
# Installs the system packages that are missing, with the argument `tests` also those that only tests need, and with `packages` those that
# make and check packages. Asks for root only if there is one.
set -euo pipefail
unpacked=$(cd "$(dirname "$0")/.." && pwd)/.build/proxies

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
[ -e /usr/include/qrencode.h ] || need libqrencode-dev
[ -e /usr/include/postgresql/libpq-fe.h ] || need libpq-dev
[ -e /usr/include/nats/nats.h ] || need libnats-dev
[ -e /usr/include/zstd.h ] || need libzstd-dev
[ -e /usr/include/sqlite3.h ] || need libsqlite3-dev
[ -e /usr/include/jemalloc/jemalloc.h ] || need libjemalloc-dev

if [ "${1:-}" = tests ]; then
    command -v python3 >/dev/null || need python3
    python3 -c 'import venv, ensurepip' 2>/dev/null || need python3-venv
    [ -x /usr/lib/postgresql/15/bin/postgres ] || need postgresql
    command -v chromium >/dev/null || { need chromium; need fonts-dejavu-core; }
    command -v node >/dev/null || need nodejs
    command -v tsc >/dev/null || need node-typescript
    command -v jq >/dev/null || need jq
    for module in ws jsdom react react-dom; do [ -e "/usr/share/nodejs/$module" ] || need "node-$module"; done
fi

if [ "${1:-}" = packages ]; then
    command -v dpkg-shlibdeps >/dev/null || need dpkg-dev
    command -v objcopy >/dev/null || need binutils
    for program in lintian mmdebstrap umoci skopeo jq; do command -v "$program" >/dev/null || need "$program"; done
    command -v debootstrap >/dev/null || [ -x /usr/sbin/debootstrap ] || need debootstrap
    command -v systemd-analyze >/dev/null || need systemd
fi

# The NATS server, and the proxies of Tests/Browser/test_proxies.py, are unpacked next to the build and not installed: Debian's packages are
# services, which would take ports 4222, 80 and 443 of a developer's machine, at once or from its next start on. The libraries that they need
# are on every Debian.
unpackable=()
if [ "${1:-}" = packages ]; then
    # Prometheus is a service too.
    unpacked=${unpacked%proxies}package/tools
    PATH="$PATH:$unpacked/usr/bin" command -v promtool >/dev/null || unpackable+=(prometheus)
fi
if [ "${1:-}" = tests ]; then
    for program in nginx caddy nats-server etcd etcdctl; do
        PATH="$PATH:/usr/sbin:$unpacked/usr/sbin:$unpacked/usr/bin" command -v "$program" >/dev/null || unpackable+=("$program")
    done
    # Debian's names of the packages with these two programs.
    unpackable=("${unpackable[@]/#etcdctl/etcd-client}")
    unpackable=("${unpackable[@]/%etcd/etcd-server}")
fi

[ $((${#missing[@]} + ${#unpackable[@]})) -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
    [ ${#unpackable[@]} -eq 0 ] || echo "There is no ${unpackable[*]} here, and no apt-get to fetch them: the tests that need them will be skipped, or fail." >&2
    [ ${#missing[@]} -gt 0 ] || exit 0
    echo "These packages are missing, and there is no apt-get to install them: ${missing[*]}" >&2
    exit 1
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)

if [ ${#missing[@]} -gt 0 ]; then
    # Debian's package would start a database of its own at once. The tests start theirs, so none is made where there was none.
    if [[ " ${missing[*]} " == *" postgresql "* && ! -e /etc/postgresql-common/createcluster.conf ]]; then
        ${as_root[@]+"${as_root[@]}"} mkdir -p /etc/postgresql-common
        echo "create_main_cluster = false" | ${as_root[@]+"${as_root[@]}"} tee /etc/postgresql-common/createcluster.conf >/dev/null
    fi
    echo "Installing: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null || { echo "Run as root: apt-get install ${missing[*]}" >&2; exit 1; }
    ${as_root[@]+"${as_root[@]}"} apt-get update -qq
    DEBIAN_FRONTEND=noninteractive ${as_root[@]+"${as_root[@]}"} apt-get install -y -qq "${missing[@]}" >/dev/null
fi

if [ ${#unpackable[@]} -gt 0 ]; then
    echo "Unpacking into .build: ${unpackable[*]}"
    download=$(mktemp -d)
    trap 'rm -rf "$download"' EXIT
    # Packages can be fetched by everybody, but which there are has to be known already, or only root can find out.
    fetch() { (cd "$download" && apt-get download -qq "${unpackable[@]}" 2>"$download/errors"); }
    if fetch || { ${as_root[@]+"${as_root[@]}"} apt-get update -qq && fetch; }; then
        # In a fresh clone there is no .build yet, and dpkg-deb makes only the last folder.
        mkdir -p "$unpacked"
        for package in "$download"/*.deb; do dpkg-deb --extract "$package" "$unpacked"; done
    else
        cat "$download/errors" >&2
        echo "The tests that need them will be skipped, or fail." >&2
    fi
fi
