import TallywireCore

extension CatalogueRows {
    /// What is wrong with a field.
    struct Mistake: Error {
        let column: CatalogueCSV.Column
        let what: String
    }

    /// The fields of one row that are not empty.
    struct Fields {
        let values: [CatalogueCSV.Column: String]

        func text(_ column: CatalogueCSV.Column) -> String? { values[column] }

        /// A name, in key form.
        func key(_ column: CatalogueCSV.Column) -> String? {
            values[column].map(\.keyForm).flatMap { $0.isEmpty ? nil : $0 }
        }

        func integer(_ column: CatalogueCSV.Column) throws -> Int64? {
            guard let text = key(column) else { return nil }
            guard let number = Int64(text) else { throw Mistake(column: column, what: "“\(text)” is no whole number") }
            return number
        }

        func price(_ column: CatalogueCSV.Column) throws -> Price?? {
            guard let text = key(column) else { return nil }
            if text.lowercased() == CSVField.none { return .some(nil) }
            guard let price = Price(text) else {
                throw Mistake(column: column, what: "“\(text)” is no price with at most two decimals, such as 12.50")
            }
            return price
        }

        func status() throws -> ProductStatus? {
            guard let text = key(.status) else { return nil }
            guard let status = ProductStatus(rawValue: text.lowercased()) else {
                let known = ProductStatus.allCases.map(\.rawValue).joined(separator: ", ")
                throw Mistake(column: .status, what: "“\(text)” is none of \(known)")
            }
            return status
        }

        func thresholds() throws -> [ThresholdChange]? {
            guard let text = key(.thresholds) else { return nil }
            guard let thresholds = CSVField.thresholds(text) else {
                throw Mistake(
                    column: .thresholds,
                    what:
                        "“\(text.excerpt)” is no list of thresholds such as STORE-7#3 WH1#10+2, a location with #LOW or #LOW+REARM")
            }
            return thresholds
        }

        func flag(_ column: CatalogueCSV.Column) throws -> Bool? {
            switch key(column)?.lowercased() {
            case nil: nil
            case "true", "yes", "1": true
            case "false", "no", "0": false
            case let text?: throw Mistake(column: column, what: "“\(text)” is neither true nor false")
            }
        }
    }

    /// Reads the barcodes of a field. Codes that a spreadsheet has damaged are refused or noted, unless they are in quotes.
    static func barcodes(_ text: String, _ place: String) throws -> (codes: [Barcode], notes: [String]) {
        let written: [CSVField.WrittenBarcode]
        do throws(CSVField.BarcodeMistake) {
            written = try CSVField.barcodes(text)
        } catch {
            throw Mistake(column: .barcodes, what: error.what)
        }
        if BarcodeDamage.isGrouped(text) { throw ruined(text, "a number with spaces between its thousands", "each code") }
        var notes: [String] = []
        for code in written.filter({ !$0.isQuoted }).map(\.barcode.code) {
            if let damage = BarcodeDamage.lossyDamage(of: code) { throw ruined(code, damage, "it") }
            guard let whole = BarcodeDamage.withZero(code) else { continue }
            notes.append(
                "\(place): barcodes: “\(code)” looks like \(whole) without its zero, as a spreadsheet leaves it; it is taken as it is "
                    + "written")
        }
        return (written.map(\.barcode), notes)
    }

    private static func ruined(_ text: String, _ ruin: String, _ what: String) -> Mistake {
        Mistake(
            column: .barcodes,
            what:
                "“\(text.excerpt)” is what a spreadsheet makes of a barcode, \(ruin): make the column a text there, and enter it again; "
                + "or write \(what) in double quotes if it is meant so")
    }
}
