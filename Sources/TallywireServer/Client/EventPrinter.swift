import Foundation
import TallywireCore
import TallywirePipeline

/// Prints events for people, in colour on a terminal, or as JSON Lines for programs.
struct EventPrinter: Sendable {
    private let asJSON: Bool
    private let isColoured: Bool

    init(asJSON: Bool) {
        self.asJSON = asJSON
        isColoured =
            !asJSON && isatty(FileHandle.standardOutput.fileDescriptor) == 1
            && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }

    func print(_ data: Data) {
        let line: Data
        if asJSON {
            line = data
        } else if let event = try? JSONDecoder().decode(Event.self, fromOutside: data) {
            line = Data(text(event).utf8)
        } else {
            line = data
        }
        Output.standard.printOrExit(String(decoding: line, as: UTF8.self))
    }

    private func text(_ event: Event) -> String {
        let time = event.timestamp.description.dropFirst(11).dropLast()
        let head = dimmed("\(time) #\(event.seq)")
        return switch event.body {
        case .inventoryUpdated(let update): "\(head)  \(text(update))"
        case .stockAlert(let alert): "\(head)  \(coloured(alert.message, for: alert.level))"
        case .productStatusChanged(let change):
            "\(head)  product \(change.productID): \(change.previousStatus.rawValue) → \(change.status.rawValue)"
        case .catalogueChanged(let change): "\(head)  \(text(change))"
        case .deviceChanged(let change):
            change.isOnline
                ? "\(head)  \(coloured("\(visible(change.device)) is back", for: .ok))"
                : "\(head)  \(coloured("\(visible(change.device)) is offline", for: .out)): \(visible(change.reason))"
        case .displayChanged(let change):
            "\(head)  display of \(change.sku) at \(change.location) is "
                + (change.isStale ? coloured("stale", for: .low) : coloured("current", for: .ok))
        case .serialRepeated(let repeated):
            "\(head)  \(coloured("\(repeated.sku): serial number \(visible(repeated.serial)) again", for: .low))"
        case .scanSetAside(let message):
            "\(head)  \(coloured("a message of \(visible(message.device)) was set aside", for: .out)) in \(visible(message.file))"
        case .alertAcknowledged(let acknowledged):
            "\(head)  \(visible(acknowledged.by)) has seen that \(acknowledged.sku) is \(acknowledged.level.rawValue)"
                + (acknowledged.note.map { ": \(visible($0))" } ?? "")
        }
    }

    private func text(_ update: InventoryUpdated) -> String {
        let who = "\(update.sku) (\(update.variantName))"
        switch update.change {
        case .stock(let operation, let quantity, let location, let locationStock):
            let stock = coloured("\(update.previousStock) → \(update.stock)", for: update.level)
            let reason = update.reason.map { " (\(visible($0)))" } ?? ""
            return "\(who)  \(stock)  \(operation.rawValue) \(quantity)\(reason) at \(location), \(locationStock) there"
        case .price(let previous, _):
            return "\(who)  price \(previous?.description ?? "none") → \(update.price?.description ?? "none")"
        }
    }

    private func text(_ change: CatalogueChanged) -> String {
        switch change.subject {
        case .location(let code): "location \(code) \(change.change.rawValue)"
        case .product(let id): "product \(id) \(change.change.rawValue)"
        case .variant(_, _, let sku, let product): "\(sku) of product \(product) \(change.change.rawValue)"
        }
    }

    /// Text from outside, without what a terminal would obey.
    private func visible(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }))
    }

    private func coloured(_ text: String, for level: StockLevel) -> String {
        switch level {
        case .ok: paint(text, "32")
        case .low: paint(text, "33")
        case .out: paint(text, "31")
        }
    }

    private func dimmed(_ text: String) -> String { paint(text, "2") }

    private func paint(_ text: String, _ code: String) -> String { isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text }
}
