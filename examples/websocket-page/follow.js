// Follows a room of a Tallywire server for as long as the page is open, and misses nothing.
//
// `onItems` gets current values: at first all of them, with `isWhole`, and when the page was away for too long those that changed.
// `onEvent` gets each event after that. `onState` gets a line for people whenever the connection changes.
export function follow(server, room, { onItems, onEvent, onState }) {
    // Everything up to `seq` of the journal `epoch` is on the page.
    let epoch, seq, timer, failures = 0;

    function connect() {
        const address = new URL("/ws", server);
        address.protocol = address.protocol.replace("http", "ws");
        address.searchParams.set("room", room);
        if (seq === undefined) address.searchParams.set("snapshot", "true");
        else address.searchParams.set("since", `${epoch}:${seq}`);
        const socket = new WebSocket(address);
        let heard = Date.now(), pause;
        socket.onmessage = ({ data }) => {
            heard = Date.now();
            const message = JSON.parse(data);
            switch (message.type) {
            case "welcome":
                epoch = message.epoch;
                // A connection can be dead without anybody having said so. Pings find out, and keep `seq` up to date.
                timer = setInterval(() => {
                    if (Date.now() - heard > 2 * message.pingInterval) socket.close();
                    else socket.send('{"type":"ping"}');
                }, message.pingInterval);
                break;
            case "joined":
                failures = 0;
                onState("live");
                break;
            case "snapshot":
                onItems(message.items, message.changedSince === undefined);
                // Until the last page has come, the page is not yet at its `seq`.
                if (message.last) seq = message.seq;
                break;
            case "pong": seq = message.seq; break;
            case "going_away": pause = message.comeBackAfter; break;
            case "error": onState(message.message); break;
            default:
                seq = message.seq;
                onEvent(message);
            }
        };
        socket.onclose = ({ code }) => {
            clearInterval(timer);
            onState(`not connected (${code}), trying again`);
            // Not all at once when a server comes back: a random pause, longer with each failure.
            setTimeout(connect, pause ?? Math.random() * Math.min(30_000, 500 * 2 ** failures++));
        };
    }
    connect();
}
