import PipelineHost
import TallywireRequests

/// The body of `POST /api/pipeline/{sink}/replay`; it may be empty.
struct ReplayBody: Decodable {
    let request: ReplayRequest
    let dryRun: Bool

    init(from decoder: any Decoder) throws {
        let members = try MemberReader(decoder, members: ["from", "deadLetters", "to", "dryRun"])
        let from = try members.seq("from")
        let isOfDeadLetters = try members.flag("deadLetters") ?? false
        if from != nil, isOfDeadLetters {
            throw BodyError(
                field: "from", "dead letters are delivered again from the first one: “from” is for events of the journal")
        }
        request = ReplayRequest(isOfDeadLetters ? .deadLetters : .events(from: from), to: try members.seq("to"))
        dryRun = try members.flag("dryRun") ?? false
    }
}

extension MemberReader {
    fileprivate func seq(_ name: MemberName) throws -> UInt64? {
        guard let number = try integer(name) else { return nil }
        guard number >= 1 else { throw BodyError([name], "an event has a number from 1 on, not \(number)") }
        return UInt64(number)
    }
}
