/// A source of plugins.json.
public struct SourceEntry: Sendable {
    /// Unique among sources and sinks. Default: the plugin's name.
    public var name: String
    /// What kind of source it is.
    public var type: SourceType
    /// Always true in a configuration that was loaded, which leaves out the others.
    public var isEnabled: Bool
    /// The plugin's options, checked and with all defaults.
    public var options: ConfigurationValue
    /// Where the entry stands, for error messages.
    let place: EntryPlace

    /// The plugin's name, such as `mqtt-scanners`.
    public var plugin: String { type.name }

    /// Tries what the options name, and gives each thing that is not within reach, at its place in the file. `epoch`
    /// is that of the server's own journal, if there is one.
    public func probe(epoch: String? = nil, dataDirectory: String? = nil) async throws -> [ConfigurationDiagnostic] {
        try await type.probe(options, ProbeContext(name: name, epoch: epoch, dataDirectory: dataDirectory)).map {
            place.diagnostic(at: $0.path, "\(name): \($0.message)")
        }
    }

    /// Makes the source. Opens nothing: that is for ``Source/run(_:)``. Throws ``ConfigurationError`` if the plugin objects to its options.
    public func makeSource() throws -> any Source {
        try place.run { try type.make(options) }
    }
}
