import TallywireCore

/// The reply to a message of scans, as the scanner gets it.
struct ScanReply: Equatable, Sendable {
    /// The id that the scanner gave, or the one that was made for it.
    let id: String
    /// One for each movement of the message; none if every scan was counted before.
    let results: [Outcome]
    /// How the message's scans belong together.
    let grouping: ScanPayload.Grouping
    /// Why a scan was not counted this time, though nothing is wrong.
    let note: Note?
    /// The device's mode: after a control code, which may have ended it, or in which its scan came; `nil` for a scan without one.
    let mode: DeviceMode?

    /// Why a scan was taken for one that was counted before.
    struct Note: Equatable, Sendable {
        let code: String
        let message: String
    }

    init(
        id: String, results: [Outcome], grouping: ScanPayload.Grouping = .one, note: Note? = nil, mode: DeviceMode? = nil
    ) {
        self.mode = mode
        // A text that is too long for an id is quoted as an excerpt.
        self.id = id.utf8.count > Limits.movementIDLength ? id.excerpt : id
        self.results = results
        self.grouping = grouping
        self.note = note
    }

    init(id: String, outcome: Outcome) { self.init(id: id, results: [outcome]) }

    /// Whether nothing was refused.
    var isGood: Bool {
        results.allSatisfy { if case .applied = $0 { true } else { false } }
    }

    /// `{"id","status","seq","sku","stock","countId","counted","code","message","warnings","lines","results","mode"}`, without the keys that do not apply.
    var json: [UInt8] {
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.member("id", id)
            json.key("status")
            if grouping == .apart { writeResults(to: &json) } else { write(results.first, to: &json) }
            if let mode {
                json.key("mode")
                mode.write(to: &json)
            }
        }
        return json.bytes
    }

    /// Writes several movements: `applied` if one was applied, `rejected` if none was and one was refused, else `duplicate`; then
    /// each movement by itself.
    private func writeResults(to json: inout JSONWriter) {
        let receipts = results.compactMap { if case .applied(let receipt) = $0 { receipt } else { nil } }
        let isApplied = receipts.contains { $0.status == .applied }
        json.string(isApplied ? "applied" : isGood ? "duplicate" : "rejected")
        write(note, to: &json)
        write(receipts.compactMap(\.seq).max(), to: &json)
        json.array("results") { json in
            for result in results {
                json.object { json in
                    json.key("status")
                    write(result, to: &json)
                }
            }
        }
    }

    /// Writes the status and the members that belong to it.
    private func write(_ outcome: Outcome?, to json: inout JSONWriter) {
        let note = grouping == .apart ? nil : note
        switch outcome {
        case .applied(let receipt):
            json.string(note == nil ? receipt.status.rawValue : Receipt.Status.duplicate.rawValue)
            write(note, to: &json)
            write(receipt, to: &json)
        case .rejected(let rejection):
            json.string("rejected")
            json.member("code", rejection.code.rawValue)
            json.member("message", rejection.field.map { "\($0): \(rejection.message)" } ?? rejection.message)
        case nil:
            json.string(Receipt.Status.duplicate.rawValue)
            write(note, to: &json)
        }
    }

    private func write(_ note: Note?, to json: inout JSONWriter) {
        guard let note else { return }
        json.member("code", note.code)
        json.member("message", note.message)
    }

    private func write(_ seq: UInt64?, to json: inout JSONWriter) {
        guard let seq else { return }
        json.member("seq", seq)
    }

    private func write(_ receipt: Receipt, to json: inout JSONWriter) {
        write(receipt.seq, to: &json)
        if let line = receipt.lines.first {
            write(line, to: &json)
        }
        writeWarnings(of: receipt, to: &json)
        guard grouping == .together else { return }
        json.array("lines") { json in
            for line in receipt.lines {
                json.object { json in
                    json.member("seq", line.seq)
                    write(line, to: &json)
                    json.member("location", line.location)
                    if line.showsStock { json.member("locationStock", line.locationStock) }
                }
            }
        }
    }

    /// Writes what a line is about and what it led to. Whoever counts in a blind count does not see what is there.
    private func write(_ line: Receipt.Line, to json: inout JSONWriter) {
        json.member("sku", line.sku)
        if line.showsStock { json.member("stock", line.stock) }
        json.member("countId", line.report?.count)
        json.member("counted", line.report?.counted)
    }

    private func writeWarnings(of receipt: Receipt, to json: inout JSONWriter) {
        guard receipt.lines.contains(where: { $0.repeatedSerial != nil }) else { return }
        json.array("warnings") { json in
            for line in receipt.lines {
                guard let previous = line.repeatedSerial else { continue }
                let direction = line.operation.direction?.word ?? line.operation.rawValue
                json.object { json in
                    json.member("code", "serial_repeated")
                    json.member(
                        "message", "this serial number of \(line.sku) was counted \(direction) before, by event \(previous)")
                }
            }
        }
    }
}
