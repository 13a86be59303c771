import HTTPTypes
import TallywireCore
import TallywireEngine
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireHTTP

@Suite("openapi.json")
struct OpenAPITests {
    @Test("every route is described, and everything described is served")
    func coverage() async throws {
        let shop = try Shop()
        let pages = Set(WebFile.all.map(\.path))
        let served = Set(shop.api.routes.filter { !pages.contains($0.path) }.map { "\($0.method.rawValue) \($0.path)" })
        let described = Set(try #require(APIDescription.shared).operations.keys)
        #expect(served.subtracting(described) == [])
        #expect(described.subtracting(served) == [])
        await shop.engine.stop()
    }

    @Test("what each operation says about tokens is what its route asks for")
    func access() async throws {
        let shop = try Shop()
        let described = Dictionary(
            OpenAPI.operations.map { ("\($0.method.uppercased()) \($0.path)", $0.access) }, uniquingKeysWith: { first, _ in first })
        for route in shop.api.routes {
            let name = "\(route.method.rawValue) \(route.path)"
            if let access = described[name] { #expect(access == route.access, "\(name)") }
        }
        await shop.engine.stop()
    }

    @Test("it is served as it is")
    func served() async throws {
        try await Shop().open { client in
            let response = try await client.get("/openapi.json")
            #expect(response["openapi"] == "3.1.0")
            #expect(response["info"]?["version"] == "0.1.0")
        }
    }

    @Test("every reference leads somewhere, every schema is used, and operation ids are unique")
    func references() throws {
        let description = try #require(APIDescription.shared)
        var used: Set<String> = []
        func walk(_ value: JSONValue) {
            if let reference = value["$ref"]?.string {
                #expect(description.validator.resolve(reference) != nil, "\(reference)")
                used.insert(reference)
            }
            value.members.values.forEach(walk)
            value.elements.forEach(walk)
        }
        walk(description.document)
        for kind in ["schemas", "parameters"] {
            for name in description.document["components"]?[kind]?.members.keys ?? [:].keys {
                #expect(used.contains("#/components/\(kind)/\(name)"), "\(name) is not used")
            }
        }
        let ids = description.operations.values.compactMap { $0["operationId"]?.string }
        #expect(Set(ids).count == description.operations.count)
    }

    @Test("every parameter in a path is described, and no other")
    func pathParameters() throws {
        let description = try #require(APIDescription.shared)
        for (name, operation) in description.operations {
            let inPath = name.split(separator: "/").filter { $0.hasPrefix("{") }.map { $0.dropFirst().dropLast() }
            let described =
                operation["parameters"]?.elements.compactMap { description.validator.resolve($0["$ref"]?.string ?? "") } ?? []
            #expect(
                described.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string } == inPath.map { String($0) }, "\(name)")
        }
    }

    @Test("every example body is valid by its schema, and the server takes it")
    func examples() async throws {
        let description = try #require(APIDescription.shared)
        let paths = [
            "POST /api/products": "/api/products", "PATCH /api/products/{id}": "/api/products/1",
            "PATCH /api/products/{id}/status": "/api/products/1/status",
            "POST /api/products/{id}/variants": "/api/products/1/variants",
            "PATCH /api/variants/{id}": "/api/variants/1", "POST /api/locations": "/api/locations",
            "PATCH /api/locations/{code}": "/api/locations/MAIN",
            "PATCH /api/variants/{id}/inventory": "/api/variants/1/inventory", "POST /api/movements": "/api/movements",
            "POST /api/movements/{id}/reversal": "/api/movements/again/reversal",
            "POST /api/reservations": "/api/reservations", "PATCH /api/reservations/{id}": "/api/reservations/held",
            "POST /api/reservations/{id}/capture": "/api/reservations/held/capture",
            "POST /api/reservations/{id}/release": "/api/reservations/held/release",
            "POST /api/counts": "/api/counts", "POST /api/counts/{id}/lines": "/api/counts/open/lines",
            "POST /api/counts/{id}/close": "/api/counts/open/close", "POST /api/counts/{id}/post": "/api/counts/open/post",
            "POST /api/counts/{id}/void": "/api/counts/open/void", "POST /api/pipeline/{sink}/replay": "/api/pipeline/hook/replay",
        ]
        // These need what no example makes: an alert, and a user. They have tests of their own.
        let elsewhere = ["POST /api/alerts/{seq}/acknowledgement", "POST /api/session"]
        let bodies = description.operations.filter { $0.value["requestBody"] != nil && !elsewhere.contains($0.key) }
        #expect(Set(bodies.keys) == Set(paths.keys))
        try await Shop().open { client in
            // The order in which one example builds on another.
            let first = ["POST /api/products", "PATCH /api/variants/{id}/inventory", "restock", "POST /api/movements"]
            let last = bodies.keys.filter { $0.contains("/reservations") || $0.contains("/counts") }.sorted()
            let others = bodies.keys.filter { !first.contains($0) && !last.contains($0) }.sorted()
            for name in first + last + others {
                if name == "restock" {
                    for (id, units) in [("restock", 30), ("again", 1)] {
                        let lines = ["MUG", "TEE-RED-M"].map { #"{"sku":"\#($0)","operation":"add","quantity":\#(units)}"# }
                        try await client.post("/api/movements", #"{"id":"\#(id)","lines":[\#(lines.joined(separator: ","))]}"#)
                    }
                    continue
                }
                let content = try #require(bodies[name]?["requestBody"]?["content"]?["application/json"])
                let schema = try #require(content["schema"])
                let path = try #require(paths[name])
                #expect(content["examples"]?.members.isEmpty == false)
                for (_, example) in (content["examples"]?.members ?? [:]).sorted(by: { $0.key > $1.key }) {
                    let value = try #require(example["value"])
                    #expect(description.validator.mistakes(in: value, schema: schema) == [], "\(name)")
                    var path = path
                    if path.contains("/held") {
                        let held = try await client.post(
                            "/api/reservations", #"{"lines":[{"sku":"TEE-RED-M","quantity":2}]}"#, 201)
                        path.replace("held", with: held["reservationId"]?.string ?? "")
                    }
                    if path.contains("/open") {
                        let place = "PLACE-\(name.split(separator: "/").last ?? "")"
                        try await client.post("/api/locations", #"{"code":"\#(place)"}"#, 201)
                        let open = try await client.post("/api/counts", #"{"location":"\#(place)"}"#, 201)
                        path.replace("open", with: open["countId"]?.string ?? "")
                    }
                    let isCreation =
                        name.hasPrefix("POST") && !name.contains("movements") && !name.hasSuffix("capture")
                        && !name.hasSuffix("release") && !name.contains("/counts/") && !name.hasSuffix("replay")
                    let begins = name.hasSuffix("replay") && value["dryRun"] == nil
                    let response =
                        name.hasPrefix("POST")
                        ? try await client.post(path, value.text, isCreation ? 201 : begins ? 202 : 200)
                        : try await client.patch(path, value.text)
                    for result in response["results"]?.elements ?? [] { #expect(result["status"] == "applied", "\(name)") }
                }
            }
        }
    }

    @Test("the validator that these tests rest on finds mistakes")
    func validator() throws {
        let validator = try #require(APIDescription.shared).validator
        func mistakes(_ json: String, _ schema: String) throws -> [String] {
            validator.mistakes(
                in: try JSONValue(Array(json.utf8)), schema: ["$ref": .string("#/components/schemas/\(schema)")])
        }
        #expect(try mistakes(#"{"code":"A","name":"B","sells":true,"priority":0}"#, "Location") == [])
        #expect(try mistakes(#"{"code":"A","name":"B","priority":0}"#, "Location") == ["$: sells is missing"])
        #expect(try mistakes(#"{"code":"A","name":"B","sells":true,"priority":0,"x":1}"#, "Location") == ["$: x is not described"])
        #expect(try mistakes(#"{"code":"A/B","name":"B","sells":true,"priority":0}"#, "Location").count == 1)
        #expect(try mistakes(#"{"code":"A","name":5,"sells":true,"priority":0}"#, "Location").count == 1)
        #expect(try mistakes(#"{"items":[{"code":"A","name":"B","sells":true}],"nextCursor":null}"#, "LocationPage").count == 1)
        #expect(try mistakes(#""activ""#, "ProductStatus").count == 1)
    }
}
