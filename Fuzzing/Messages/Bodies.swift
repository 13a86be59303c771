import HTTPPort
import HTTPTypes
import TallywireCore
import TallywireRequests

@testable import TallywireHTTP

/// A body of a request, as the route that the first byte stands for reads it, and the command that it becomes.
@Sendable func readBody(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let body = Array(bytes.dropFirst())
    switch kind {
    case UInt8(ascii: "m"): read(MovementBody.self, body) { [.move($0.movement(defaultLocation: "MAIN"))] }
    case UInt8(ascii: "b"):
        read(BatchBody<MovementBody>.self, body) { batch in
            batch.elements.compactMap { try? $0.get() }.map { .move($0.movement(defaultLocation: "MAIN")) }
        }
    case UInt8(ascii: "r"): read(ReservationBody.self, body) { [.reserve($0.reservation)] }
    case UInt8(ascii: "e"): read(ReservationEndBody.self, body) { [.endReservation("basket", $0.end)] }
    case UInt8(ascii: "x"):
        read(ReservationUseBody.self, body, [.isCapture: true]) {
            [
                .useReservation(
                    ReservationUse(
                        reservation: "basket", kind: .capture(keepsRest: $0.keepsRest), reason: $0.reason, lines: $0.lines))
            ]
        }
    case UInt8(ascii: "y"):
        read(ReservationUseBody.self, body, [.isCapture: false]) {
            [.useReservation(ReservationUse(reservation: "basket", kind: .release, lines: $0.lines))]
        }
    case UInt8(ascii: "n"): read(NewCountBody.self, body) { [.openCount($0.new(by: "fuzzer"))] }
    case UInt8(ascii: "l"): read(CountLinesBody.self, body) { [.useCount(CountUse(count: "basket", kind: $0.kind, by: "fuzzer"))] }
    case UInt8(ascii: "o"): read(CountCloseBody.self, body) { [.useCount(CountUse(count: "basket", kind: $0.kind, by: "fuzzer"))] }
    case UInt8(ascii: "i"): read(InventoryBody.self, body) { [.move($0.movement(of: VariantID(11), defaultLocation: "MAIN"))] }
    case UInt8(ascii: "p"): read(ProductBody.self, body) { [.createProduct($0.product)] }
    case UInt8(ascii: "v"): read(VariantBody.self, body) { [.addVariant(ProductID(1), $0.variant)] }
    case UInt8(ascii: "u"): read(ProductUpdateBody.self, body) { [.updateProduct(ProductID(1), $0.update)] }
    case UInt8(ascii: "w"): read(VariantUpdateBody.self, body) { [.updateVariant(VariantID(11), $0.update)] }
    case UInt8(ascii: "s"): read(StatusBody.self, body) { [.updateProduct(ProductID(1), ProductUpdate(status: $0.status))] }
    case UInt8(ascii: "c"): read(LocationUpdateBody.self, body) { [.updateLocation("WH1", $0.update)] }
    default: read(LocationBody.self, body) { [.createLocation($0.location)] }
    }
}

private func read<Body: Decodable>(
    _ type: Body.Type, _ bytes: [UInt8], _ userInfo: [CodingUserInfoKey: any Sendable] = [:],
    _ actions: (Body) -> [Command.Action]
) {
    do throws(Problem) {
        for action in actions(try BodyDecoder().decode(type, from: bytes, userInfo)) {
            Shop.decide(Command(source: "http", action: action))
        }
    } catch {
        require(error.status.code == 400 && !error.detail.isEmpty, "\(error.status) \(error.detail)")
    }
}
