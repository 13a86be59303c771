import HTTPTypes
import TallywireCore
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("Locations")
struct LocationsTests {
    @Test("a location has a name, a priority and whether it sells, and each can be changed")
    func changes() async throws {
        try await Shop().openStocked { client in
            let made = try await client.post("/api/locations", #"{"code":"BACK","sells":false,"priority":7}"#, 201)
            #expect(made.text == #"{"code":"BACK","name":"BACK","sells":false,"priority":7}"#)
            try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":3,"location":"BACK"}"#)
            #expect(try await client.patch("/api/locations/BACK", #"{"name":"Back room"}"#)["name"] == "Back room")
            #expect(try await client.patch("/api/locations/BACK", #"{"priority":1000000}"#)["priority"] == 1_000_000)
            #expect(try await client.get("/api/variants/11")["stock"] == 0)
            let selling = try await client.patch("/api/locations/BACK", #"{"sells":true}"#)
            #expect(selling.text == #"{"code":"BACK","name":"Back room","sells":true,"priority":1000000}"#)
            let variant = try await client.get("/api/variants/11")
            #expect(variant["stock"] == 3 && variant["version"] == 2 && variant["level"] == "low")
            let items = try await client.get("/api/locations")["items"]?.elements ?? []
            #expect(items.map { $0["code"]?.string } == ["BACK", "MAIN", "WH1"])
            #expect(items.map { $0["priority"]?.int } == [1_000_000, 0, 0])
            let unchanged = try await client.patch("/api/locations/BACK", #"{"sells":true}"#)
            #expect(unchanged.header("Tallywire-Status") == "applied")
        }
    }

    @Test("a repeat answers with the location as it is, and with the receipt once it was removed")
    func repeats() async throws {
        try await Shop().openStocked { client in
            let keyed: HTTPFields = [.contentType: "application/json", .idempotencyKey: "make-1"]
            try await client.post("/api/locations", #"{"code":"BACK"}"#, 201, headers: keyed)
            try await client.patch("/api/locations/BACK", #"{"name":"Back room"}"#)
            #expect(try await client.post("/api/locations", #"{"code":"BACK"}"#, 200, headers: keyed)["name"] == "Back room")
            try await client.post("/api/locations", #"{"code":"BACK","priority":1}"#, 422, headers: keyed)
            let change: HTTPFields = [.contentType: "application/json", .idempotencyKey: "change-1"]
            try await client.patch("/api/locations/BACK", #"{"sells":false}"#, headers: change)
            for other in [#"{"sells":true}"#, #"{"sells":false,"priority":1}"#] {
                try await client.patch("/api/locations/BACK", other, 422, headers: change)
            }
            let removal: HTTPFields = [.idempotencyKey: "remove-1"]
            #expect(try await client.delete("/api/locations/BACK", headers: removal)["status"] == "applied")
            #expect(try await client.delete("/api/locations/BACK", headers: removal)["status"] == "duplicate")
            #expect(try await client.post("/api/locations", #"{"code":"BACK"}"#, 200, headers: keyed)["movementId"] == "make-1")
        }
    }

    @Test("a location goes when its stock has gone, and nothing shows it any more")
    func removes() async throws {
        try await Shop().openStocked { client in
            for location in ["WH1", "MAIN"] {
                try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":4,"location":"\#(location)"}"#)
            }
            let refused = try await client.delete("/api/locations/WH1", 409)
            #expect(refused.code == "in_stock" && refused["available"] == 4)
            try await client.patch("/api/variants/11/inventory", #"{"operation":"set","quantity":0,"location":"WH1"}"#)
            try await client.delete("/api/locations/WH1")
            #expect(try await client.get("/api/locations")["items"]?.elements.count == 1)
            for path in ["/api/variants/11", "/api/products/1", "/api/variants", "/api/stock"] {
                #expect(try await client.get(path).text.contains("WH1") == false, "\(path)")
            }
            let calls = [
                try await client.get("/api/stock?location=WH1", 404), try await client.delete("/api/locations/WH1", 404),
                try await client.patch("/api/locations/WH1", #"{"name":"x"}"#, 404),
                try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":1,"location":"WH1"}"#, 404),
            ]
            for call in calls { #expect(call.code == "unknown_location") }
            try await client.post("/api/locations", #"{"code":"WH1"}"#, 201)
            #expect(try await client.get("/api/stock?location=WH1")["items"]?[0]?["onHand"] == 0)
        }
    }

    @Test("a movement without a location is refused where the default location was removed")
    func defaultLocation() async throws {
        try await Shop().openStocked { client in
            try await client.delete("/api/locations/MAIN")
            let refused = try await client.patch("/api/variants/11/inventory", #"{"operation":"add","quantity":1}"#, 404)
            #expect(refused.code == "unknown_location")
        }
    }

    @Test("a code in the path is percent-decoded and brought to key form")
    func codes() async throws {
        try await Shop().open { client async throws in
            try await client.post("/api/locations", #"{"code":"Café 1"}"#, 201)
            #expect(try await client.patch("/api/locations/Cafe%CC%81%201%20", #"{"name":"Bar"}"#)["code"] == "Café 1")
            for code in ["%FF", "A%2FB", "NOWHERE"] {
                #expect(
                    try await client.patch("/api/locations/\(code)", #"{"name":"Bar"}"#, 404).code == "unknown_location", "\(code)")
                #expect(try await client.delete("/api/locations/\(code)", 404).code == "unknown_location", "\(code)")
            }
            let long = String(repeating: "x", count: 33)
            #expect(try await client.delete("/api/locations/\(long)", 400).code == "invalid_request")
            try await client.delete("/api/locations/Caf%C3%A9%201")
        }
    }

    /// For each member, values of a wrong type or outside its range.
    private static let wrong = [
        ("name", ["1", "true", "[]", "{}", "\"\"", "\"\(String(repeating: "x", count: 201))\""]),
        ("sells", ["1", "\"yes\"", "[]", "{}"]), ("priority", ["-1", "1000001", "1.5", "\"1\"", "true", "[]", "{}", "1e30"]),
    ]

    @Test("a value of a wrong type is refused with its member, and nothing is changed", arguments: wrong)
    func wrongValues(member: String, values: [String]) async throws {
        try await Shop().openStocked { client in
            for value in values {
                for (other, good) in [("name", "\"x\""), ("sells", "false"), ("priority", "9")] where other != member {
                    let members = "\"\(other)\":\(good),\"\(member)\":\(value)"
                    #expect(try await client.patch("/api/locations/WH1", "{\(members)}", 400).field == member, "\(members)")
                    let made = try await client.post("/api/locations", "{\"code\":\"NEW\",\(members)}", 400)
                    #expect(made.field == member, "\(members)")
                }
            }
            #expect(try await client.patch("/api/locations/WH1", "{\"name\":\"x\",\"\(member)\":null}", 400).field == member)
            try await expectUnchanged(client)
        }
    }

    @Test("a member that is not known is refused, and nothing is changed")
    func unknownMembers() async throws {
        try await Shop().openStocked { client in
            let unknown = try await client.patch("/api/locations/WH1", #"{"name":"x","prioriti":1}"#, 400)
            #expect(unknown.field == "prioriti" && unknown.detail.contains("did you mean “priority”?"))
            #expect(try await client.patch("/api/locations/WH1", #"{"name":"x","code":"WH2"}"#, 400).field == "code")
            #expect(try await client.patch("/api/locations/WH1", "{}", 400).detail.contains("nothing to change"))
            #expect(try await client.patch("/api/locations/WH1", "[]", 400).code == "invalid_request")
            try await expectUnchanged(client)
        }
    }

    private func expectUnchanged(_ client: Client) async throws {
        let items = try await client.get("/api/locations")["items"]?.elements ?? []
        #expect(items.map { $0["name"]?.string } == ["Main", "Warehouse"])
        #expect(items.allSatisfy { $0["sells"] == true && $0["priority"] == 0 })
    }
}
