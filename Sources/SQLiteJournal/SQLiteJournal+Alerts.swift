import GRDB
import TallywireCore
import TallywireEngine

extension SQLiteJournal {
    public func alerts(_ query: AlertQuery) async throws -> Reading<[AlertRecord]> {
        try await reading { db in
            // Both parts are in the order of an index, so SQLite reads no more of them than the page has.
            var sql = "SELECT variant, location FROM thresholds WHERE level <> 0 AND (variant, location) > (?1, ?2)"
            if query.location == nil {
                sql += " UNION ALL SELECT variant, '' FROM stock WHERE level <> 0 AND variant > ?1"
            } else {
                sql += " AND location = ?4"
            }
            let select = try RawStatement(sql + " ORDER BY 1, 2 LIMIT ?3", db)
            select.bind(query.after?.variant.rawValue ?? 0, at: 1)
            select.bind(query.after?.location ?? "", at: 2)
            select.bind(Int64(query.limit), at: 3)
            if let location = query.location { select.bind(location, at: 4) }
            var positions: [(variant: VariantID, location: String)] = []
            try select.forEachRow { positions.append((VariantID($0.integer(0)), $0.text(1))) }
            let ids = "[\(positions.map { "\($0.variant)" }.joined(separator: ","))]"
            let variants = try Self.variants("v.id IN (SELECT value FROM json_each(?)) ORDER BY v.id", [ids], db)
            let byID = Dictionary(uniqueKeysWithValues: variants.map { ($0.variant.id, $0) })
            return positions.compactMap { id, location in
                byID[id].map { AlertRecord($0, at: $0.variant.threshold(at: location)) }
            }
        }
    }

    public func alert(_ seq: UInt64) async throws -> Reading<AlertRecord?> {
        try await reading { db in
            let id = Int64(clamping: seq)
            for table in ["alerts", "thresholds"] {
                guard let variant = try Self.variants("v.id = (SELECT variant FROM \(table) WHERE seq = ?)", [id], db).first else {
                    continue
                }
                return AlertRecord(variant, at: variant.variant.thresholds.first { $0.alert?.seq == seq })
            }
            return nil
        }
    }
}
