import TallywireCore
import TallywirePipeline

extension DeviceRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("device", device)
            json.member("source", source)
            json.member("configured", isConfigured)
            json.member("presence", presence.rawValue)
            json.write(since, as: "since")
            json.write(lastSeen, as: "lastSeen")
            json.key("session")
            if let session { json.integer(session) } else { json.null() }
            json.key("battery")
            if let battery { json.integer(Int64(battery)) } else { json.null() }
            json.write(firmware, as: "firmware")
            json.write(model, as: "model")
            json.member("applied", counters.applied)
            json.member("duplicates", counters.duplicates)
            json.member("rejected", counters.rejected)
            json.member("malformed", counters.malformed)
            json.member("bounced", counters.bounced)
            json.write(lastError, as: "lastError")
        }
    }
}

extension DisplayRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("location", location)
            json.member("sku", sku)
            json.member("sink", sink)
            json.member("wantedVersion", wantedVersion)
            json.member("wantedSince", wantedSince)
            json.key("shownVersion")
            if let shownVersion { json.integer(shownVersion) } else { json.null() }
            json.write(shownAt, as: "shownAt")
            json.member("stale", isStale)
        }
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ time: Timestamp?, as key: StaticString) {
        self.key(key)
        if let time { timestamp(time) } else { null() }
    }

    fileprivate mutating func write(_ text: String?, as key: StaticString) {
        self.key(key)
        if let text { string(text) } else { null() }
    }
}
