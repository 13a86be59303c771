/// Reads the blocks of a stream of Server-Sent Events, as a server of Tallywire sends them (WHATWG HTML, section 9.2).
struct StreamParser {
    /// A block: an event, or an `id` alone.
    struct Block: Equatable {
        var event: String?
        var id: String?
        var data: String?
    }

    /// The most bytes of a line. The largest event that the source reads is a variant with a thousand thresholds, of some 100 KB.
    static let lineLimit = 4 << 20

    private var line: [UInt8] = []
    private var block = Block()

    /// Takes bytes and returns the blocks that they complete.
    ///
    /// - Throws: ``SiteFailure`` for a line that is too long.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(SiteFailure) -> [Block] {
        var blocks: [Block] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < Self.lineLimit else {
                    throw SiteFailure("the stream of events has a line of more than \(Self.lineLimit) bytes")
                }
                line.append(byte)
                continue
            }
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            if line.isEmpty {
                if block != Block() { blocks.append(block) }
                block = Block()
            } else {
                take(line: String(decoding: line, as: UTF8.self))
            }
            line.removeAll(keepingCapacity: true)
        }
        return blocks
    }

    private mutating func take(line: String) {
        guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { return }
        var value = line[line.index(after: colon)...]
        if value.first == " " { value.removeFirst() }
        switch line[..<colon] {
        case "event": block.event = String(value)
        case "id": block.id = String(value)
        case "data": block.data = block.data.map { $0 + "\n" + value } ?? String(value)
        default: break
        }
    }
}
