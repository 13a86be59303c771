/// A sink that can take over some options while it runs, so that a reload of plugins.json need not replace it.
public protocol AdjustableSink: Sink {
    /// Whether the sink can go on with the options of `other`, which is new, of the same type, and never started.
    func canBecome(_ other: any Sink) -> Bool

    /// Goes on with the options of `other`. Called between two deliveries, after ``canBecome(_:)`` has said yes.
    func become(_ other: any Sink) async
}
