import Foundation
import TallywireCore
import TallywirePipeline

/// How `/api/pipeline` shows the pipeline.
extension PipelineStatus {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("epoch")
            json.string(epoch)
            json.key("seq")
            json.integer(head)
            json.key("engine")
            engine.write(to: &json)
            json.key("sources")
            json.array { json in
                for source in sources { source.write(to: &json) }
            }
            json.key("sinks")
            json.array { json in
                for sink in sinks { sink.write(to: &json) }
            }
        }
    }
}

extension EngineStatus {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("inbox")
            json.integer(Int64(inbox))
            json.key("inboxCapacity")
            json.integer(Int64(inboxCapacity))
            json.key("applied")
            json.integer(applied)
            json.key("rejected")
            json.integer(rejected)
            json.key("duplicates")
            json.integer(duplicates)
            json.key("overloaded")
            json.integer(overloaded)
            json.key("commits")
            json.integer(commits)
            json.key("failedCommits")
            json.integer(failedCommits)
            json.key("lastError")
            json.text(failure)
        }
    }
}

extension PipelineStatus.SourceReport {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("name")
            json.string(name)
            json.key("plugin")
            json.string(plugin)
            json.key("state")
            json.string(status.state)
            json.key("received")
            json.integer(status.received)
            json.key("applied")
            json.integer(status.applied)
            json.key("duplicates")
            json.integer(status.duplicates)
            json.key("rejected")
            json.integer(status.rejected)
            json.key("malformed")
            json.integer(status.malformed)
            json.key("ignored")
            json.integer(status.ignored)
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
            json.key("name")
            json.string(name)
            json.key("plugin")
            json.string(plugin)
            json.key("mode")
            json.string(mode.rawValue)
            json.key("state")
            json.string(state.rawValue)
            json.key("position")
            json.integer(position)
            json.key("lagEvents")
            json.integer(lagEvents)
            json.key("lagSeconds")
            json.raw(String(format: "%.3f", lagSeconds.isFinite ? max(0, lagSeconds) : 0).utf8)
            json.key("offered")
            json.integer(counters.offered)
            json.key("delivered")
            json.integer(counters.delivered)
            json.key("filtered")
            json.integer(counters.filtered)
            json.key("merged")
            json.integer(counters.merged)
            json.key("dropped")
            json.integer(counters.dropped)
            json.key("pending")
            json.integer(counters.pending)
            json.key("retried")
            json.integer(counters.retries)
            json.key("lastError")
            json.text(lastError)
            json.key("lastErrorAt")
            if let lastErrorAt { json.timestamp(lastErrorAt) } else { json.null() }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func text(_ text: String?) {
        if let text { string(text) } else { null() }
    }
}
