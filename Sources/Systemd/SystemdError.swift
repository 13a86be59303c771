/// A variable of the environment, or a socket, by which systemd and a service talk, and with which this process cannot go on.
public struct SystemdError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, and what to do.
    public let description: String

    init(_ description: String) { self.description = description }
}
