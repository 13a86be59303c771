import Foundation
import PipelineHost
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// The JSON of `/api/pipeline`.
extension PipelineStatus {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("epoch", epoch)
            json.member("previous", previous)
            json.member("seq", head)
            json.object("engine") { json in
                json.member("inbox", Int64(inbox.count))
                json.member("inboxCapacity", Int64(inbox.capacity))
                json.member("applied", engine.applied)
                json.member("rejected", engine.rejected)
                json.member("duplicates", engine.duplicates)
                json.member("overloaded", engine.overloaded)
                json.member("commits", engine.commits)
                json.member("failedCommits", engine.failedCommits)
                json.key("lastError")
                json.text(engine.failure)
            }
            json.array("sources") { json in
                for source in sources { source.write(to: &json) }
            }
            json.array("sinks") { json in
                for sink in sinks { sink.write(to: &json) }
            }
        }
    }
}

extension PipelineStatus.SourceReport {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            json.member("plugin", plugin)
            json.member("state", status.state)
            json.member("received", status.received)
            json.member("applied", status.applied)
            json.member("duplicates", status.duplicates)
            json.member("rejected", status.rejected)
            json.member("malformed", status.malformed)
            json.member("ignored", status.ignored)
            json.key("lastError")
            json.text(status.lastError)
            json.key("peer")
            json.text(status.peer)
        }
    }
}

extension PipelineStatus.SinkReport {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("name", name)
            json.member("plugin", plugin)
            json.member("mode", mode.rawValue)
            json.member("state", state.rawValue)
            json.member("position", position)
            json.member("lagEvents", lagEvents)
            json.key("lagSeconds")
            json.raw(String(format: "%.3f", lagSeconds.isFinite ? max(0, lagSeconds) : 0).utf8)
            json.member("offered", counters.offered)
            json.member("delivered", counters.delivered)
            json.member("filtered", counters.filtered)
            json.member("merged", counters.merged)
            json.member("dropped", counters.dropped)
            json.member("pending", counters.pending)
            json.member("retried", counters.retries)
            json.key("lastError")
            json.text(lastError)
            json.key("lastErrorAt")
            if let lastErrorAt { json.timestamp(lastErrorAt) } else { json.null() }
            if let replay { json.object("replay") { replay.writeMembers(to: &$0) } }
        }
    }
}

/// The JSON of a replay.
extension Replay {
    func writeMembers(to json: inout JSONWriter) {
        json.member("state", state.rawValue)
        json.member("deadLetters", isOfDeadLetters)
        if let range {
            json.member("from", range.lowerBound)
            json.member("to", range.upperBound)
        }
        json.member("events", events)
        json.key("position")
        if let position { json.integer(Int64(position)) } else { json.null() }
        json.member("delivered", delivered)
        json.member("filtered", filtered)
        json.member("refused", refused)
        json.member("startedAt", startedAt)
        json.key("endedAt")
        if let endedAt { json.timestamp(endedAt) } else { json.null() }
        json.key("lastError")
        json.text(lastError)
    }
}

extension JSONWriter {
    fileprivate mutating func text(_ text: String?) {
        if let text { string(text) } else { null() }
    }
}

/// The JSON of `/api/pipeline/{sink}/deliveries`.
extension DeliveryLog.Attempt {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("seq", seq)
            json.member("events", Int64(events))
            json.member("at", at)
            json.key("status")
            switch status {
            case .http(let code): json.integer(Int64(code))
            case .delivered: json.string("delivered")
            case .failed: json.string("failed")
            }
            json.member("milliseconds", Int64(duration / .milliseconds(1)))
            json.member("attempt", Int64(attempt))
            json.key("error")
            json.text(error)
        }
    }
}
