import TallywireEngine

extension EventEnvelope {
    /// Appends `{"seq":N,"event":{…}}` and a line break; with `"replay":true` before the event if it is delivered again.
    func writeLine(to bytes: inout [UInt8], isReplay: Bool) {
        bytes += #"{"seq":"#.utf8
        bytes += String(seq).utf8
        if isReplay { bytes += #","replay":true"#.utf8 }
        bytes += #","event":"#.utf8
        bytes += json
        bytes += "}\n".utf8
    }

    /// How many bytes a line has beside the event's JSON, at most.
    static let lineOverhead = 56
}
