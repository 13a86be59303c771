import NIOCore
import TallywireEngine
import WebSocketServer

/// The events of a pass as one audience sees them: their frames, one after the other in one buffer.
final class Form: Sendable {
    let frames: ByteBuffer
    /// Where each event's frame ends. The frame of an event that this audience does not see is empty.
    private let ends: [Int]
    private let jsons: [[UInt8]?]

    init(_ envelopes: [EventEnvelope], _ steps: [StockStep?], for audience: Audience, _ encoding: EventEncoding) {
        var frames = ByteBuffer()
        frames.reserveCapacity(envelopes.reduce(0) { $0 + $1.json.count + 4 })
        var ends: [Int] = []
        ends.reserveCapacity(envelopes.count)
        jsons = zip(envelopes, steps).map { envelope, step in
            let json = audience.json(of: envelope, step)
            if let json { frames.writeTextFrame(encoding.payload(json, .init(seq: envelope.seq, type: envelope.type, merged: 0))) }
            ends.append(frames.writerIndex)
            return json
        }
        self.frames = frames
        self.ends = ends
    }

    /// The bytes of an event's frame; empty if this audience does not see the event.
    func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    /// An event's JSON; `nil` if this audience does not see the event.
    func json(_ index: Int) -> [UInt8]? { jsons[index] }

    func isSeen(_ index: Int) -> Bool { jsons[index] != nil }
}
