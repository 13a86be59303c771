/// Why PostgreSQL did not do what it was asked.
public struct PostgresError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The stable kind of an error.
    public enum Code: Equatable, Sendable {
        /// The connection parameters cannot be read.
        case parameters
        /// There is no connection, or it was lost.
        case connection
        /// The server did not answer in time. The connection is closed, since its state is not known.
        case timeout
        /// The task was cancelled. The connection is closed.
        case cancelled
        /// The server refused a statement, with an SQLSTATE of five characters
        /// (https://www.postgresql.org/docs/15/errcodes-appendix.html).
        case refused(sqlState: String)
    }

    public let code: Code
    /// What went wrong, for whoever runs the server. It has no password.
    public let message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }

    /// Whether the server refuses the data, and not the statement or the moment: SQLSTATE classes 22 (data exception), 23 (integrity
    /// constraint violation) and P0 (an exception that a function raised).
    public var isAboutData: Bool {
        guard case .refused(let state) = code else { return false }
        return ["22", "23", "P0"].contains(state.prefix(2))
    }
}
