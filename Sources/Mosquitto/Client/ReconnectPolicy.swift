/// How long to wait before connecting again: a `Backoff` for each way in which a connection fails.
public struct ReconnectPolicy: Equatable, Sendable {
    /// The longest wait before the first try; it doubles with each failure.
    public var initial: Duration
    /// The longest wait of all.
    public var maximum: Duration
    /// The shortest wait after the broker refused us, or we its certificate, which a person has to put right. It doubles too.
    public var refused: Duration
    /// The longest wait after a refusal.
    public var refusedMaximum: Duration
    /// The longest wait after another client took our id. Two that want one id come back ever more slowly; a connection that held for
    /// this long starts their count anew.
    public var takenOverMaximum: Duration
    /// A connection that held for so long starts the count anew. One that breaks sooner is another failure in a row.
    public var stable: Duration

    public init(
        initial: Duration = .milliseconds(250), maximum: Duration = .seconds(10), refused: Duration = .seconds(5),
        refusedMaximum: Duration = .seconds(60), takenOverMaximum: Duration = .seconds(300), stable: Duration = .seconds(10)
    ) {
        self.initial = initial
        self.maximum = maximum
        self.refused = refused
        self.refusedMaximum = refusedMaximum
        self.takenOverMaximum = takenOverMaximum
        self.stable = stable
    }
}
