/// What a leader does for the log beside its appends.
extension LogAppends {
    /// How many entries are measured in one request.
    private static let page = 1_000

    /// Chooses the format of entries by what the nodes read, and deletes what the log need not keep. Throws `LogFailure.fenced` once another
    /// node leads. Any other error means that the log does not answer, and the next call goes on where this one ended.
    func keepLog() async throws {
        let reports = try await log.nodes()
        writer.format = LogEntry.format(readBy: reports)
        while let index = trimming.unmeasured {
            trimming.measured(try await log.stored(after: index, limit: Self.page), at: now)
        }
        guard let end = trimming.end(reports, at: now) else { return }
        try await log.trim(before: end, term: writer.term)
        trimming.trimmed(before: end)
    }
}
