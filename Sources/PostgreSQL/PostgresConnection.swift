import CPostgreSQL
import Glibc

/// A connection to a PostgreSQL server, over libpq.
///
/// A connection belongs to one thread at a time. Its calls block that thread, up to the time limit or until ``isCancelled`` says that
/// nobody waits any more, so they are made on a thread that may wait. After an error of the code `connection`, `timeout` or
/// `cancelled` the connection is closed, and every further call throws. Only `connection` parameters are looked up in name servers,
/// by libpq, and that look-up has no limit but the system's.
public final class PostgresConnection {
    private var handle: OpaquePointer?
    private let timeout: Duration
    private let isCancelled: () -> Bool
    /// The texts that no message may contain.
    private let secrets: [String]

    /// How long a wait lasts before ``isCancelled`` is asked again.
    private static let tick = Duration.milliseconds(100)

    /// Connects. `parameters` are a URL or a list of keywords and values
    /// (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING). `timeout` is the limit for the connection, and for
    /// each statement. Throws ``PostgresError``.
    public init(_ parameters: String, timeout: Duration, isCancelled: @escaping () -> Bool = { false }) throws(PostgresError) {
        self.timeout = timeout
        self.isCancelled = isCancelled
        secrets = try Self.secrets(of: parameters)
        // What stands before `dbname` are defaults, and what stands after it holds whatever the parameters say.
        let settings = [
            ("fallback_application_name", "tallywire"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
            ("tcp_user_timeout", "60000"), ("dbname", parameters), ("client_encoding", "UTF8"),
        ]
        let (keywords, values) = (settings.map(\.0), settings.map(\.1))
        let made = Self.withCStrings(keywords) { keywords in
            Self.withCStrings(values) { values in PQconnectStartParams(keywords, values, 1) }
        }
        guard let made else { throw PostgresError(.connection, "libpq has no memory for a connection") }
        handle = made
        // Otherwise libpq writes them to standard error.
        _ = PQsetNoticeReceiver(made, { _, _ in }, nil)
        do throws(PostgresError) {
            try connect()
        } catch {
            close()
            throw error
        }
    }

    deinit { close() }

    private func close() {
        if let handle { PQfinish(handle) }
        handle = nil
    }

    /// What is wrong with connection parameters, without them; `nil` if nothing is.
    public static func mistake(in parameters: String) -> String? {
        do throws(PostgresError) {
            _ = try secrets(of: parameters)
            return nil
        } catch {
            return error.message
        }
    }

    /// The passwords among the parameters.
    private static func secrets(of parameters: String) throws(PostgresError) -> [String] {
        // The message of libpq would quote the text, which may be a part of a password.
        guard let options = PQconninfoParse(parameters, nil) else {
            throw PostgresError(
                .parameters,
                "these are no connection parameters: write postgresql://user@host/database, or host=… dbname=… user=…, and quote spaces"
            )
        }
        defer { PQconninfoFree(options) }
        var secrets: [String] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val, ["password", "sslpassword"].contains(String(cString: keyword)) {
                secrets.append(String(cString: value))
            }
            option += 1
        }
        return secrets.filter { !$0.isEmpty }
    }

    private static func withCStrings<Result>(_ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result) -> Result
    {
        let copies = texts.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { $0.map { UnsafePointer($0) } } + [nil]
        return pointers.withUnsafeBufferPointer { body($0.baseAddress!) }
    }

    // MARK: Waiting

    private func connect() throws(PostgresError) {
        let end = ContinuousClock.now + timeout
        var wanted = PGRES_POLLING_WRITING
        while true {
            switch wanted {
            case PGRES_POLLING_OK:
                guard PQsetnonblocking(handle, 1) == 0 else { throw failure(.connection) }
                return
            case PGRES_POLLING_READING: try wait(for: Int16(POLLIN), until: end)
            case PGRES_POLLING_WRITING: try wait(for: Int16(POLLOUT), until: end)
            default: throw failure(.connection)
            }
            wanted = PQconnectPoll(handle)
        }
    }

    /// Waits until the socket is ready for `events`. Throws if that takes too long or nobody waits any more.
    private func wait(for events: Int16, until end: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            let rest = ContinuousClock.now.duration(to: end)
            guard rest > .zero else {
                close()
                throw PostgresError(.timeout, "the database did not answer within \(timeout)")
            }
            if isCancelled() {
                close()
                throw PostgresError(.cancelled, "the wait for the database was ended")
            }
            var descriptor = pollfd(fd: PQsocket(handle), events: events, revents: 0)
            let ready = poll(&descriptor, 1, Int32(min(rest, Self.tick) / .milliseconds(1)) + 1)
            if ready > 0 { return }
            guard ready == 0 || errno == EINTR else { throw lost(String(cString: strerror(errno))) }
        }
    }

    /// Sends what libpq holds back, and reads meanwhile so that neither side waits for the other.
    private func flush(until end: ContinuousClock.Instant) throws(PostgresError) {
        while true {
            switch PQflush(handle) {
            case 0: return
            case 1:
                try wait(for: Int16(POLLOUT | POLLIN), until: end)
                guard PQconsumeInput(handle) == 1 else { throw lost() }
            default: throw lost()
            }
        }
    }

    /// The next result of the statement; `nil` after the last.
    private func nextResult(until end: ContinuousClock.Instant) throws(PostgresError) -> Result? {
        while PQisBusy(handle) == 1 {
            try wait(for: Int16(POLLIN), until: end)
            guard PQconsumeInput(handle) == 1 else { throw lost() }
        }
        return PQgetResult(handle).map { Result(pointer: $0) }
    }

    // MARK: Statements

    /// What a statement returned. Frees it at the end.
    private final class Result {
        let pointer: OpaquePointer

        init(pointer: OpaquePointer) { self.pointer = pointer }

        deinit { PQclear(pointer) }

        var status: ExecStatusType { PQresultStatus(pointer) }

        var rows: [[String?]] {
            let columns = PQnfields(pointer)
            return (0..<PQntuples(pointer)).map { row in
                (0..<columns).map { column in
                    PQgetisnull(pointer, row, column) == 1 ? nil : String(cString: PQgetvalue(pointer, row, column))
                }
            }
        }
    }

    /// Runs statements that are separated by semicolons, in one transaction unless they say otherwise.
    public func execute(_ statements: String) throws(PostgresError) {
        let handle = try open()
        guard PQsendQuery(handle, statements) == 1 else { throw lost() }
        _ = try results()
    }

    /// Runs one statement with parameters in text form (`$1`, `$2`, …), and returns its rows in text form.
    public func query(_ statement: String, _ parameters: [String?] = []) throws(PostgresError) -> [[String?]] {
        let handle = try open()
        let copies = parameters.map { $0.map { strdup($0) } ?? nil }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { $0.map { UnsafePointer($0) } }
        guard PQsendQueryParams(handle, statement, Int32(pointers.count), nil, pointers, nil, nil, 0) == 1 else { throw lost() }
        return try results()
    }

    /// Runs `COPY … FROM STDIN` with rows in its text format.
    public func copy(_ statement: String, _ rows: [UInt8]) throws(PostgresError) {
        let handle = try open()
        let end = ContinuousClock.now + timeout
        guard PQsendQuery(handle, statement) == 1 else { throw lost() }
        try flush(until: end)
        guard let begin = try nextResult(until: end) else { throw lost() }
        guard begin.status == PGRES_COPY_IN else {
            let error = error(of: begin)
            while try nextResult(until: end) != nil {}
            throw error
        }
        // In pieces, so that libpq's own buffer stays small.
        for start in stride(from: 0, to: rows.count, by: Self.piece) {
            let piece = rows[start..<min(start + Self.piece, rows.count)]
            let sent = piece.withUnsafeBytes { bytes in
                PQputCopyData(handle, bytes.bindMemory(to: CChar.self).baseAddress, Int32(bytes.count))
            }
            guard sent == 1 else { throw lost() }
            try flush(until: end)
        }
        guard PQputCopyEnd(handle, nil) == 1 else { throw lost() }
        _ = try results()
    }

    private static let piece = 256 << 10

    /// The rows of the last result. Throws the first error, after all results were read.
    private func results() throws(PostgresError) -> [[String?]] {
        let end = ContinuousClock.now + timeout
        try flush(until: end)
        var rows: [[String?]] = []
        var error: PostgresError?
        while let result = try nextResult(until: end) {
            switch result.status {
            case PGRES_TUPLES_OK: rows = result.rows
            case PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: break
            default: error = error ?? self.error(of: result)
            }
        }
        if PQstatus(handle) == CONNECTION_BAD { throw lost() }
        if let error { throw error }
        return rows
    }

    /// `name` as an identifier in a statement.
    public static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    // MARK: Errors

    private func open() throws(PostgresError) -> OpaquePointer {
        guard let handle else { throw PostgresError(.connection, "the connection was closed") }
        return handle
    }

    private func error(of result: Result) -> PostgresError {
        let state = PQresultErrorField(result.pointer, Int32(UInt8(ascii: "C"))).map { String(cString: $0) } ?? ""
        let primary = PQresultErrorField(result.pointer, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        return PostgresError(
            .refused(sqlState: state),
            clean("\(primary ?? String(cString: PQresultErrorMessage(result.pointer))) (SQLSTATE \(state))"))
    }

    /// The error of a connection that cannot be used any more. Closes it.
    private func lost(_ reason: String? = nil) -> PostgresError {
        defer { close() }
        return reason.map { PostgresError(.connection, clean($0)) } ?? failure(.connection)
    }

    private func failure(_ code: PostgresError.Code) -> PostgresError {
        let text = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
        return PostgresError(code, text.isEmpty ? "the connection to the database was lost" : clean(text))
    }

    /// A message on one line and without secrets.
    private func clean(_ text: String) -> String {
        var text = text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix(while: \.isWhitespace) }.joined(separator: "; ")
        for secret in secrets { text = text.replacing(secret, with: "…") }
        return text
    }
}
