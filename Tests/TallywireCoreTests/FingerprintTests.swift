import TallywireCore
import Testing

@Suite("Fingerprints of commands")
struct FingerprintTests {
    let inventory = Inventory()

    func fingerprint(_ lines: Movement.Line..., reason: String? = nil) -> CommandFingerprint {
        inventory.state.fingerprint(of: .move(Movement(reason: reason, lines: lines)))
    }

    @Test("a SKU, a barcode and an id of one variant mean the same")
    func references() {
        let bySKU = fingerprint(.add(12, "TEE-RED"))
        let byCode = fingerprint(.init(item: .barcode("14006381333938"), location: "MAIN", operation: .add, quantity: 1))
        let byID = fingerprint(.init(item: .variant(VariantID(11)), location: "MAIN", operation: .add, quantity: 12))
        #expect(bySKU.means(byCode) && byCode.means(byID))
    }

    @Test("another quantity, place, operation, reason, expectation or order means something else")
    func differences() {
        let one = fingerprint(.add(1, "TEE-RED"))
        for other in [
            fingerprint(.add(2, "TEE-RED")), fingerprint(.add(1, "TEE-RED", at: "STORE")), fingerprint(.set(1, "TEE-RED")),
            fingerprint(.add(1, "TEE-RED"), reason: "sale"), fingerprint(.add(1, "TEE-RED"), .add(1, "TEE-RED")),
            fingerprint(.subtract(1, "TEE-RED")), fingerprint(.add(1, "MUG")),
        ] {
            #expect(!one.means(other))
        }
        #expect(!fingerprint(.add(1, "MUG"), .add(2, "TEE-RED")).means(fingerprint(.add(2, "TEE-RED"), .add(1, "MUG"))))
    }

    @Test("an item that is unknown means what it says")
    func unknownItems() {
        #expect(fingerprint(.add(1, "NO")).means(fingerprint(.add(1, "NO"))))
        #expect(!fingerprint(.add(1, "NO")).means(fingerprint(.add(1, "NONE"))))
    }
}
