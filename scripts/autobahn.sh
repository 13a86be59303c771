#!/usr/bin/env bash
# Holds the WebSocket endpoint to Autobahn's test suite: its fuzzing client against the echo endpoint of the release build, all cases
# without compression. Every case has to pass strictly. Arguments choose other cases, such as '6.4.*'.
#
# The suite is Python 2. It comes from PyPI, into .build/autobahn; where there is no Python 2.7 the script says so and ends without
# having tested. The same rules are held by the tests of MessageReader in any case.
set -euo pipefail
cd "$(dirname "$0")/.."
version=25.10.1
suite=$PWD/.build/autobahn/$version
report=$PWD/.build/autobahn/report
cases=("$@")
[ ${#cases[@]} -gt 0 ] || cases=('1.*' '2.*' '3.*' '4.*' '5.*' '6.*' '7.*' '9.*' '10.*')

python=
for candidate in "${AUTOBAHN_PYTHON:-}" python2.7 ~/.pyenv/versions/2.7*/bin/python2.7 /opt/pyenv/versions/2.7*/bin/python2.7; do
    if [ -n "$candidate" ] && "$candidate" -m pip --version >/dev/null 2>&1; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "SKIPPED: Autobahn's test suite needs Python 2.7 with pip, and there is none here (AUTOBAHN_PYTHON can name one)."
    exit 0
fi
if [ ! -e "$suite/done" ]; then
    echo "Installing autobahntestsuite $version"
    rm -rf "$suite"
    mkdir -p "$suite"
    # What it would take as the newest of these does not run on the last pip for Python 2.7.
    "$python" -m pip install --quiet --disable-pip-version-check --no-warn-script-location --target "$suite/packages" \
        "autobahntestsuite==$version" > "$suite/install.log" 2>&1 || { tail -20 "$suite/install.log" >&2; exit 1; }
    touch "$suite/done"
fi

work=$(mktemp -d)
server=
finish() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
cat > "$work/plugins.json" <<'JSON'
{ "sinks": [{ "plugin": "websocket", "echo": "/ws/echo" }] }
JSON
"${TALLYWIRE:-.build/release/tallywire}" serve --plugins "$work/plugins.json" --data "$work/data" --port 0 --ready-file "$work/ready.json" \
    > "$work/server.log" 2>&1 &
server=$!
for _ in $(seq 100); do
    [ -s "$work/ready.json" ] && break
    kill -0 "$server" 2>/dev/null || { cat "$work/server.log" >&2; exit 1; }
    sleep 0.1
done

rm -rf "$report"
python3 - "$work" "$report" "${cases[@]}" <<'PYTHON'
import json, sys
work, report, *cases = sys.argv[1:]
port = json.load(open(f"{work}/ready.json"))["http"]["port"]
spec = {"options": {"failByDrop": False}, "outdir": report, "cases": cases, "exclude-cases": [], "exclude-agent-cases": {},
        "servers": [{"agent": "tallywire", "url": f"ws://127.0.0.1:{port}/ws/echo"}]}
json.dump(spec, open(f"{work}/spec.json", "w"))
PYTHON
# As a site folder, since one of its packages is found through a .pth file.
"$python" -c 'import site, sys; site.addsitedir(sys.argv.pop(1)); from autobahntestsuite.wstest import run; run()' "$suite/packages" \
    --mode fuzzingclient --spec "$work/spec.json" > "$work/suite.log" 2>&1 || { tail -20 "$work/suite.log" >&2; exit 1; }
python3 - "$report" <<'PYTHON'
import collections, json, sys
results = json.load(open(f"{sys.argv[1]}/index.json"))["tallywire"]
good = {"OK", "INFORMATIONAL"}
bad = {case: result for case, result in results.items() if not {result["behavior"], result["behaviorClose"]} <= good}
order = lambda case: [int(part) for part in case.split(".")]
for case in sorted(bad, key=order):
    print(f"{case}: {bad[case]['behavior']}, close {bad[case]['behaviorClose']}; see {sys.argv[1]}/{bad[case]['reportfile']}")
counts = collections.Counter(result["behavior"] for result in results.values())
print(f"{len(results)} cases: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
sys.exit(1 if bad or not results else 0)
PYTHON
