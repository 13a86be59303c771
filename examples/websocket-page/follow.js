// Follows a room of a Tallywire server for as long as the page is open.
//
// `onEvent` gets each event. `onState` gets a line for people whenever the connection changes, and whether events may have been
// missed since the last one: the server keeps nothing for those who are away.
export function follow(server, room, { onEvent, onState }) {
    let epoch, seq, timer, failures = 0;

    function connect() {
        const address = new URL("/ws", server);
        address.protocol = address.protocol.replace("http", "ws");
        address.searchParams.set("room", room);
        if (epoch) address.searchParams.set("since", `${epoch}:${seq}`);
        const socket = new WebSocket(address);
        let heard = Date.now();
        socket.onmessage = ({ data }) => {
            heard = Date.now();
            const message = JSON.parse(data);
            epoch = message.epoch ?? epoch;
            seq = message.seq ?? seq;
            switch (message.type) {
            case "welcome":
                // A connection can be dead without anybody having said so. Pings find out, and keep `seq` up to date.
                timer = setInterval(() => {
                    if (Date.now() - heard > 2 * message.pingInterval) socket.close();
                    else socket.send('{"type":"ping"}');
                }, message.pingInterval);
                break;
            case "joined":
                failures = 0;
                onState("live", message.recovered === false);
                break;
            case "error": onState(message.message, false); break;
            case "pong": break;
            default: onEvent(message);
            }
        };
        socket.onclose = ({ code }) => {
            clearInterval(timer);
            // Not all at once when a server comes back: a random pause, longer with each failure.
            const pause = Math.random() * Math.min(30_000, 500 * 2 ** failures++);
            onState(`not connected (${code}), trying again`, false);
            setTimeout(connect, pause);
        };
    }
    connect();
}
