/// What an input is for. A target fails by a trap: what it calls must not have one, and what it checks is a `require`. The inputs that a
/// target begins with are in the folder of its name in Corpus.
public let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "plugins-json": readConfiguration, "mqtt-payloads": readScan, "websocket": readWebSocket, "http-bodies": readBody,
    "socket-io": readSocketIO, "commands": readCommand,
]

func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fatalError(message()) }
}
