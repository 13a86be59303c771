import TallywireCore
import TallywirePipeline

extension DeviceRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("device")
            json.string(device)
            json.key("source")
            json.string(source)
            json.key("configured")
            json.bool(isConfigured)
            json.key("presence")
            json.string(presence.rawValue)
            json.write(since, as: "since")
            json.write(lastSeen, as: "lastSeen")
            json.key("session")
            if let session { json.integer(session) } else { json.null() }
            json.key("battery")
            if let battery { json.integer(Int64(battery)) } else { json.null() }
            json.write(firmware, as: "firmware")
            json.write(model, as: "model")
            json.key("applied")
            json.integer(counters.applied)
            json.key("duplicates")
            json.integer(counters.duplicates)
            json.key("rejected")
            json.integer(counters.rejected)
            json.key("malformed")
            json.integer(counters.malformed)
            json.key("bounced")
            json.integer(counters.bounced)
            json.write(lastError, as: "lastError")
        }
    }
}

extension DisplayRecord {
    func write(to json: inout JSONWriter) {
        json.object { json in
            json.key("location")
            json.string(location)
            json.key("sku")
            json.string(sku)
            json.key("sink")
            json.string(sink)
            json.key("wantedVersion")
            json.integer(wantedVersion)
            json.key("wantedSince")
            json.timestamp(wantedSince)
            json.key("shownVersion")
            if let shownVersion { json.integer(shownVersion) } else { json.null() }
            json.write(shownAt, as: "shownAt")
            json.key("stale")
            json.bool(isStale)
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
