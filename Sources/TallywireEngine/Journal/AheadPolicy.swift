/// What a client's position means that is beyond the last event here, although its epoch is the journal's own.
public enum AheadPolicy: Equatable, Sendable {
    /// The position is of another journal, and the client begins anew. So it is on a server by itself: a `seq` that the journal never
    /// gave can only come from events that were lost.
    case anotherJournal
    /// Another node gave the client the event, and this one will have it soon. The client waits for it, at most so long, and is then
    /// told to come back.
    case wait(Duration)

    /// The policy of a node.
    public static let ofNodes = AheadPolicy.wait(.seconds(2))
}
