import TallywireConfiguration
import TallywireCore

extension RoomSettings {
    /// How many different audiences events are encoded for.
    var distinctAudiences: Int {
        var audiences: [Audience] = [.everybody]
        for audience in rooms.map(\.audience) + [broadcastAudience] where !audiences.contains(audience) {
            audiences.append(audience)
        }
        return audiences.count
    }

    /// Checks the rules that the types do not express.
    package func validate() throws(OptionError) {
        guard rooms.count <= 1_000 else { throw OptionError("rooms", message: "there are more than 1000 rooms") }
        guard distinctAudiences <= View.mostForms else {
            throw OptionError(
                "rooms",
                message: "fields and stock show events in \(distinctAudiences) ways; at most \(View.mostForms) are possible")
        }
        for (index, room) in rooms.enumerated() {
            if let mistake = Self.mistake(inRoomName: room.name) { throw OptionError("rooms", room.name, message: mistake) }
            guard !rooms[..<index].contains(where: { $0.name == room.name }) else {
                throw OptionError("rooms", room.name, message: "the room “\(room.name)” is there twice")
            }
        }
        try checkAudiences()
        for option in Limits.options {
            try Self.check(["limits", option.name], limits[keyPath: option.value], option.range, option.text)
        }
    }

    private func checkAudiences() throws(OptionError) {
        for room in rooms {
            if let mistake = Self.mistake(inBands: room.bands, fields: room.fields) {
                throw OptionError("rooms", room.name, message: mistake)
            }
        }
        if let mistake = Self.mistake(inBands: broadcastBands, fields: broadcastFields) {
            throw OptionError("broadcast", message: mistake)
        }
        // A room that hides what broadcast sends to every client hides nothing.
        if broadcastAudience.seesAll, let room = rooms.first(where: { !$0.audience.seesAll && $0.role == nil }) {
            throw OptionError(
                "rooms", room.name,
                message:
                    "“\(room.name)” leaves out what broadcast sends to everybody: give broadcast “fields” and “stock” too, as an object"
            )
        }
    }

    private static func mistake(inBands bands: [Int64]?, fields: [String]?) -> String? {
        guard let bands else { return nil }
        guard !bands.isEmpty, zip(bands, bands.dropFirst()).allSatisfy({ $0 < $1 }) else {
            return "bands are upper edges that ascend"
        }
        let telling = (fields ?? []).filter { StockBands.telling.contains($0) }
        return telling.isEmpty ? nil : "with bands, “\(telling[0])” would tell the stock: leave it out of fields"
    }

    /// What is wrong with the name of a room; `nil` if nothing is.
    static func mistake(inRoomName name: String) -> String? {
        guard (1...64).contains(name.unicodeScalars.count), name.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F })
        else {
            return "the name of a room has 1 to 64 characters and no control characters"
        }
        guard FollowedRoom.isReserved(name) else { return nil }
        return "“\(name)” would hide the rooms \(FollowedRoom.forms), which are there without being named"
    }

    /// Throws if a value is not within its range.
    package static func check<Value>(
        _ path: [String], _ value: Value, _ range: ClosedRange<Value>, _ text: (Value) -> String
    ) throws(OptionError) {
        guard range.contains(value) else {
            throw OptionError(
                path: path, message: "\(path.last ?? "") is from \(text(range.lowerBound)) to \(text(range.upperBound))")
        }
    }
}
