import TallywireConfiguration

/// Where in the file an entry of `sources` or `sinks` stands. It turns its plugin's objections into diagnostics with positions.
struct EntryPlace: Sendable {
    let file: String
    /// The whole entry.
    let value: ConfigurationValue

    /// Runs a closure that makes a plugin.
    func run<Plugin>(_ make: () throws -> Plugin) throws -> Plugin {
        do {
            return try make()
        } catch let error as ConfigurationError {
            throw error
        } catch let error as OptionError {
            throw ConfigurationError([diagnostic(at: error.path, error.message)])
        } catch let error as DecodingError {
            let (path, message) = Self.explain(error)
            throw ConfigurationError([diagnostic(at: path, message)])
        } catch {
            throw ConfigurationError([diagnostic(at: [], "\(error)")])
        }
    }

    func diagnostic(at path: [String], _ message: String) -> ConfigurationDiagnostic {
        var place = value
        for key in path {
            guard let next = place.child(key), next.origin != .builtIn else { break }
            place = next
        }
        return ConfigurationDiagnostic(file: file, origin: place.origin, message: message)
    }

    private static func explain(_ error: DecodingError) -> (path: [String], message: String) {
        switch error {
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            (context.codingPath.map(\.stringValue), context.debugDescription)
        case .keyNotFound(let key, let context):
            (context.codingPath.map(\.stringValue), "the key “\(key.stringValue)” is missing")
        @unknown default: ([], "\(error)")
        }
    }
}

extension ConfigurationValue {
    /// The member `key`, or the element with that index.
    func child(_ key: String) -> ConfigurationValue? {
        if case .list(let elements) = content, let index = Int(key), elements.indices.contains(index) { return elements[index] }
        return self[key]
    }
}
