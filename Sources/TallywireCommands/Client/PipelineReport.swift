/// What `GET /api/pipeline` answers, as far as commands show it.
package struct PipelineReport: Decodable, Equatable, Sendable {
    package struct Engine: Decodable, Equatable, Sendable {
        package var inbox: Int
        package var inboxCapacity: Int
        package var applied: UInt64
        package var rejected: UInt64
        package var lastError: String?
    }

    package struct Source: Decodable, Equatable, Sendable {
        package var name: String
        package var state: String
        package var received: UInt64
        package var applied: UInt64
        package var rejected: UInt64
        package var malformed: UInt64
        package var lastError: String?
    }

    package struct Sink: Decodable, Equatable, Sendable {
        package var name: String
        package var state: String
        package var position: UInt64
        package var lagEvents: UInt64
        package var lagSeconds: Double
        package var delivered: UInt64
        package var dropped: UInt64
        package var retried: UInt64
        package var lastError: String?
    }

    package var epoch: String
    package var seq: UInt64
    package var engine: Engine
    package var sources: [Source]
    package var sinks: [Sink]
}
