import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import TallywireEngine
import Testing

@testable import TallywireHTTP

@Suite("docs/HTTP.md")
struct ReferencePageTests {
    private static let page = URL(filePath: #filePath).appending(path: "../../../docs/HTTP.md").standardized

    @Test("it names every route, every code under its status, and the limits as they are")
    func isComplete() async throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let shop = try Shop()
        let pages = WebFile.all.map(\.path)
        for route in shop.api.routes where !pages.contains(route.path) {
            #expect(text.contains("| `\(route.method.rawValue) \(route.path)` |"), "\(route.method.rawValue) \(route.path)")
        }
        for code in ProblemCode.all {
            let row = text.split(separator: "\n").first { $0.hasPrefix("| \(ProblemCode.status(of: code)) |") }
            #expect(row?.contains("`\(code)`") == true, "\(code)")
        }
        for limit in [
            Limits.largestQuantity, Limits.largestBalance, Int64(Limits.linesPerMovement), Int64(Limits.variantsPerProduct),
            Int64(Limits.variantsPerLocationUpdate), Limits.largestPriority,
        ] {
            #expect(text.contains(limit.formatted(.number.locale(Locale(identifier: "en_US")))), "\(limit)")
        }
        await shop.engine.stop()
    }

    @Test("every JSON body that it sends with curl is taken or refused as it says")
    func examples() async throws {
        let text = try String(contentsOf: Self.page, encoding: .utf8)
        let call = try Regex(#"(?s)(-X PATCH )?\$T(/api/[^ "\n]*)(?:(?!```|\$T).)*?-d '([^']*)'"#)
        let bodies = text.matches(of: call).compactMap { match in
            match.output[2].substring.flatMap { path in
                match.output[3].substring.map { (isChange: match.output[1].range != nil, path: String(path), body: String($0)) }
            }
        }
        #expect(bodies.count >= 8)
        try await Shop().open { client in
            var statuses: [Int] = []
            for (isChange, path, body) in bodies {
                let method: HTTPRequest.Method = isChange ? .patch : .post
                let response = try await client.client.execute(uri: path, method: method, body: .init(string: body))
                statuses.append(Int(response.status.code))
            }
            #expect(statuses == [201, 201, 201, 200, 200, 409, 200, 200, 200, 200, 200, 200, 200, 201, 201, 200, 400])
        }
    }
}
