import Foundation
import HTTPPort
import Hummingbird
import TallywireCore

/// Reads the query of a request, which may have only these parameters, each at most once.
struct QueryReader {
    private var values: [String: String] = [:]

    init(_ request: Request, parameters: [String]) throws(Problem) {
        guard let query = request.uri.query, !query.isEmpty else { return }
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decode(parts[0]), let value = parts.count == 2 ? Self.decode(parts[1]) : "" else {
                throw .invalidRequest("the query is not valid UTF-8 in percent encoding")
            }
            guard StreamSafeText.isKept(by: name.utf8), StreamSafeText.isKept(by: value.utf8) else {
                throw .invalidRequest("in the query \(StreamSafeText.mistake)")
            }
            guard parameters.contains(name) else {
                let hint = Suggestion.nearest(to: name, among: parameters).map { ", did you mean “\($0)”?" }
                let known = parameters.isEmpty ? "; there are none here" : "; known are \(parameters.joined(separator: ", "))"
                throw .invalidRequest("the query parameter “\(name.excerpt)” is not known\(hint ?? known)", field: name)
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .invalidRequest("the query parameter “\(name.excerpt)” is given twice", field: name)
            }
        }
    }

    /// The parameter's text. An empty one counts as absent, since a form sends it for a field that was left empty.
    func text(_ name: String) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The parameter's text as a name, in key form.
    func name(_ parameter: String) throws(Problem) -> String? {
        guard let name = values[parameter]?.keyForm else { return nil }
        guard !name.isEmpty else { throw .invalidRequest("it is empty: leave it out to leave nothing out", field: parameter) }
        return name
    }

    func integer<Number: FixedWidthInteger>(_ name: String, in range: ClosedRange<Number>) throws(Problem) -> Number? {
        guard let text = values[name] else { return nil }
        guard let number = Number(text), range.contains(number) else {
            throw .invalidRequest("a whole number from \(range.lowerBound) to \(range.upperBound) is expected", field: name)
        }
        return number
    }

    /// The number of items of a page: `limit`, or 100.
    func limit(largest: Int = HTTPLimits.largestPage) throws(Problem) -> Int {
        try integer("limit", in: 1...largest) ?? HTTPLimits.page
    }

    func timestamp(_ name: String) throws(Problem) -> Timestamp? {
        guard let text = values[name] else { return nil }
        guard let timestamp = Timestamp(text) else {
            throw .invalidRequest("a time such as 2026-11-22T16:40:00Z is expected", field: name)
        }
        return timestamp
    }

    /// One of the words of an enumeration.
    func word<Word: RawRepresentable & CaseIterable>(_ name: String, _ type: Word.Type) throws(Problem) -> Word?
    where Word.RawValue == String {
        guard let text = values[name] else { return nil }
        guard let word = Word(rawValue: text) else {
            let words = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw .invalidRequest("one of \(words) is expected", field: name)
        }
        return word
    }

    private static func decode(_ text: Substring) -> String? {
        text.replacing("+", with: " ").removingPercentEncoding
    }
}
