# What the checks of the examples have in common; they source it. Everything that they start ends with them.
#
# `work` is a temporary folder. What a child process says goes to a file there whose name ends with .log, and is shown when a check fails.

work=$(mktemp -d)
bed=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tallywire=$(realpath -m "${TALLYWIRE:-$bed/../../.build/release/tallywire}")
# Process ids, the newest first, so that what delivers to another ends before it.
children=()
server= url=

finish() {
    local pid
    for pid in ${children[@]+"${children[@]}"}; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT

fail() {
    echo "FAILED: $1" >&2
    tail -n 100 "$work"/*.log >&2 2>/dev/null || true
    exit 1
}

# not_checked WHY: ends a check that cannot be made here. In CI everything can be.
not_checked() {
    [ -z "${CI:-}" ] || fail "$1"
    echo "$1"
    exit 0
}

# eventually WHAT COMMAND…: waits until a command succeeds, for half a minute.
eventually() {
    local what=$1
    shift
    for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    fail "$what"
}

# start NAME COMMAND…: runs a command beside the check, with what it says in NAME.log. Its process id is in `started`.
start() {
    local name=$1
    shift
    "$@" >> "$work/$name.log" 2>&1 &
    started=$!
    children=("$started" ${children[@]+"${children[@]}"})
}

# start_server PORT [OPTIONS…]: a server of the check's own, at `url`, with its data in `work`.
start_server() {
    local port=$1
    shift
    [ -x "$tallywire" ] || fail "there is no $tallywire: run “make build” first, or set TALLYWIRE"
    rm -f "$work/ready.json"
    start server "$tallywire" serve --data "$work/data" --port "$port" --ready-file "$work/ready.json" "$@"
    server=$started
    eventually "the server starts" test -e "$work/ready.json"
    url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$work/ready.json")
}

stop_server() {
    local pid others=()
    for pid in "${children[@]}"; do [ "$pid" = "$server" ] || others+=("$pid"); done
    children=(${others[@]+"${others[@]}"})
    kill -TERM "$server"
    wait "$server" || fail "the server ended with an error"
}

# send METHOD PATH BODY: a call that has to succeed.
send() { curl -fsS --max-time 20 -X "$1" "$url$2" -H 'Content-Type: application/json' -d "$3" > /dev/null || fail "$1 $2 was refused"; }

# stock VARIANT QUANTITY
stock() { send PATCH "/api/variants/$1/inventory" "{\"operation\":\"set\",\"quantity\":$2}"; }

# Whether a page can be looked at here.
has_browser() {
    chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    [ -n "$chromium" ] && command -v python3 > /dev/null
}

# open_page URL: opens it in a headless Chromium.
open_page() {
    mkfifo "$work/conditions" "$work/answers"
    TMPDIR=$work python3 "$bed/browser.py" "$chromium" "$1" < "$work/conditions" > "$work/answers" 2>&1 &
    children=($! ${children[@]+"${children[@]}"})
    exec 3> "$work/conditions" 4< "$work/answers"
}

# shows EXPRESSION: waits until it is true in the page.
shows() {
    local answer=
    echo "$1" >&3
    read -r -t 150 answer <&4 || true
    [ "$answer" = ok ] || fail "in the browser: $answer $(timeout 1 cat <&4 || true)"
}
