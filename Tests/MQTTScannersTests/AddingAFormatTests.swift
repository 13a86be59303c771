import Foundation
import TallywireCore
import TallywirePipeline
import Testing

@testable import MQTTScanners

// What CONTRIBUTING.md shows begins here.
/// Acme's forklift terminals: `{"terminal":"f-3","read":"4006381333931"}`.
enum AcmeTerminal: VendorFormat {
    static let word = "acme-terminal"
    static let message = Messaging.scan(
        "acmeTerminalScan", "What a forklift's terminal read.", ["type": "object", "required": ["terminal", "read"]],
        examples: [.init("read", ["terminal": "f-3", "read": "4006381333931"])])

    static func isMeant(by message: JSONValue) -> Bool { message["terminal"] != nil && message["read"] != nil }

    static func payload(_ message: JSONValue) throws(MalformedScan) -> ScanPayload? {
        guard let code = message["read"]?.code else { throw MalformedScan("read is missing: the code that was scanned") }
        return ScanPayload(scans: [Scan(item: .code(code))], device: message["terminal"]?.string)
    }
}
// It ends here.

@Suite("A payload's format as CONTRIBUTING.md shows it")
struct AddingAFormatTests {
    @Test("the lines are those of the page, and the list that they go into is where the page says")
    func page() throws {
        let root = URL(filePath: #filePath).appending(path: "../../..").standardized
        let page = try String(contentsOf: root.appending(path: "CONTRIBUTING.md"), encoding: .utf8)
        let own = try String(contentsOfFile: #filePath, encoding: .utf8)
        let start = try #require(own.range(of: "// What CONTRIBUTING.md shows begins here.\n")).upperBound
        #expect(page.contains(own[start..<(try #require(own.range(of: "// It ends here.\n")).lowerBound)]))
        let list = try #require(page.firstMatch(of: /`(Sources\/[^`]*PayloadFormat\.swift)`/)).1
        let file = try String(contentsOf: root.appending(path: String(list)), encoding: .utf8)
        #expect(file.contains("static let vendors: [any VendorFormat.Type] = [ProGlove.self"))
    }

    @Test("it reads what its devices send, and says what is wrong")
    func works() throws {
        let format = PayloadFormat.vendor(AcmeTerminal.self)
        let payload = try format.read(Array(#"{"terminal":"f-3","read":"4006381333931"}"#.utf8), limit: 10)
        #expect(payload == ScanPayload(scans: [Scan(item: .code("4006381333931"))], device: "f-3"))
        #expect(throws: MalformedScan("read is missing: the code that was scanned")) {
            try format.read(Array(#"{"terminal":"f-3"}"#.utf8), limit: 10)
        }
        #expect(AcmeTerminal.isMeant(by: try JSONReader.value(of: Array(#"{"terminal":"f","read":"1"}"#.utf8))))
        #expect(!PayloadFormat.vendors.contains { $0.isMeant(by: .object([.init("terminal", .string("f"))])) })
    }
}
