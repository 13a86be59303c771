import GS1
import Testing

private struct Row: Decodable, VectorRow {
    let src: String
    let ok: Bool?
    let scan: String?
    let sym: String
    let data: String
}

@Suite("GS1's vectors: scans", .enabled(if: VectorFolder.isThere, VectorFolder.skipped))
struct ScanVectorTests {
    private static let symbologies: [String: Symbology] = [
        "QR": .qrCode, "DM": .dataMatrix, "DotCode": .dotCode, "DataBarExpanded": .dataBarExpanded, "GS1_128_CCA": .gs1Code128,
        "GS1_128_CCC": .gs1Code128Composite, "DataBarOmni": .dataBarOmnidirectional, "DataBarLimited": .dataBarLimited,
        "UPCA": .upcA, "UPCE": .upcE, "EAN13": .ean13, "EAN8": .ean8,
        // No symbology at all, which is not a value here; the nearest that can carry nothing.
        "NONE": .other,
    ]

    @Test("what scanners send is read or refused as by GS1's engine")
    func processScan() throws {
        for row in try VectorFolder.rows("process_scan", of: Row.self) {
            let text = try #require(row.scan)
            let scan = try? Scan(text)
            #expect((scan != nil) == row.ok, "\(row.src): \(text)")
            guard let scan, row.ok == true else { continue }
            #expect(scan.symbology == Self.symbologies[row.sym], "\(row.src): \(text)")
            #expect(Self.internalForm(of: scan) == row.data, "\(row.src): \(text)")
        }
    }

    private static func internalForm(of scan: Scan) -> String {
        switch scan.content {
        case .elementString(let message): return InternalForm.of(message)
        case .digitalLink(let uri, _): return uri
        case .text(let bytes): return InternalForm.escaped(String(decoding: bytes, as: UTF8.self))
        case .tradeItem(_, let message):
            let digits = (scan.symbology == .ean8 ? message.gtin?.gtin8 : message.gtin?.gtin13) ?? ""
            // Of predefined length, (01) needs no separator before the composite component.
            let composite = message.elementString.dropFirst(16)
            return composite.isEmpty ? digits : digits + "|^" + InternalForm.of(elementString: String(composite))
        }
    }

    @Test("what scanners send for a symbol is what GS1's engine says")
    func generateScan() throws {
        for row in try VectorFolder.rows("generate_scan", of: Row.self) {
            let symbology = try #require(Self.symbologies[row.sym], "\(row.src)")
            let content = Self.content(row, symbology)
            #expect(content.flatMap { try? Scan.data(for: $0, in: symbology) } == row.scan, "\(row.src): \(row.data)")
        }
    }

    private static func content(_ row: Row, _ symbology: Symbology) -> SymbolContent? {
        let parts = row.data.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        let composite = parts.count > 1 ? InternalForm.elementString(of: parts[1]) : nil
        if let linear = InternalForm.elementString(of: parts[0]) { return .elementString(linear, composite: composite) }
        switch symbology {
        case .ean13 where row.src == "scandata.c:804":
            // This row has the engine add the check digit.
            return (try? GTIN(withoutCheckDigit: parts[0])).map { .tradeItem($0, composite: composite) }
        case .ean13, .ean8, .upcA, .upcE, .dataBarOmnidirectional, .dataBarLimited:
            return (try? GTIN(parts[0])).map { .tradeItem($0, composite: composite) }
        default: return .text(InternalForm.unescaped(row.data))
        }
    }
}
