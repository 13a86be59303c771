import Backoff
import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Follows one site: connects, takes a snapshot where one is needed, and applies the events after it, until its task is cancelled.
///
/// Everything is done one after the other, and each command is decided before the next one is prepared. So what is applied last is the newest.
actor SiteFollower {
    let site: SiteName
    let options: SiteOptions
    let client: SiteClient
    let context: SourceContext
    let bookmark: SiteBookmark

    /// Up to where the site's events are here; `nil` if a snapshot is needed.
    var position: JournalPosition?
    /// Whether ``bookmark`` has ``position``.
    var isStored = false
    /// Whether a snapshot is needed, whatever ``bookmark`` has.
    var needsSnapshot = false
    /// The event up to which the site's locations are here.
    var locationsSeq: UInt64 = 0
    /// The event up to which each of the owner's products holds that was read beside the stream.
    var productSeqs: [ProductID: UInt64] = [:]
    var newer = NewerValues()
    var missing = Missing()
    /// When what is missing for another reason than an unknown SKU is tried again.
    var nextRetry = ContinuousClock.now
    /// Where the next look at the unknown SKUs begins.
    var nextLook = 0
    /// When the log was told last what is missing.
    private var lastWarning: ContinuousClock.Instant?

    /// Something has changed at the site that only a snapshot brings.
    struct NeedsSnapshot: Error {
        let reason: String
    }

    init(_ site: SiteName, _ options: SiteOptions, _ client: SiteClient, _ context: SourceContext) {
        self.site = site
        self.options = options
        self.client = client
        self.context = context
        bookmark = SiteBookmark(context)
    }

    // MARK: Connections

    /// Returns when the task is cancelled. The failures of the site, of the network and of this server's journal are passing ones.
    func run() async throws {
        let backoff = Backoff(maximum: .seconds(15))
        var failures = 0
        var told: String?
        while !Task.isCancelled {
            let begin = ContinuousClock.now
            let reason: String
            do {
                try await follow()
                reason = "\(client.place) ended the stream of events"
            } catch let need as NeedsSnapshot {
                position = nil
                needsSnapshot = true
                reason = need.reason
            } catch is CancellationError {
                return
            } catch {
                reason = "\(error)"
            }
            if Task.isCancelled { return }
            if ContinuousClock.now - begin >= backoff.stable {
                failures = 0
                told = nil
            }
            failures += 1
            // A site that is away for long gets one line, not one for each attempt.
            if told != reason { context.logger.warning("The site is not followed now.", metadata: ["error": "\(reason)"]) }
            told = reason
            context.status.update {
                $0.state = "waiting"
                $0.lastError = reason
            }
            client.goOn()
            // The next address is tried at once, and a pause follows once all have failed.
            guard failures % client.count == 0 else { continue }
            do { try await Task.sleep(for: backoff.pause(afterFailures: failures / client.count)) } catch { return }
        }
    }

    /// Makes one connection, and follows the site until it ends.
    private func follow() async throws {
        context.status.update {
            $0.state = "connecting"
            $0.peer = client.place
        }
        let (locations, at) = try await client.locations()
        if let position, position.epoch != at.epoch { throw NeedsSnapshot(reason: "\(client.place) has another journal") }
        if position == nil, !needsSnapshot, let seq = try await bookmark.load(at.epoch) {
            position = JournalPosition(epoch: at.epoch, seq: seq)
            isStored = true
        }
        try await mirror(locations, at: at.seq)
        if position == nil { try await takeSnapshot(of: at.epoch) }
        guard let position else { return }
        try await followStream(after: position)
    }

    /// Checks that an answer is of the journal that is followed.
    func check(_ at: JournalPosition, _ epoch: String) throws {
        if at.epoch != epoch { throw NeedsSnapshot(reason: "\(client.place) has another journal") }
    }

    // MARK: Positions

    /// Notes that everything up to `seq` is here, or in ``missing`` and ``newer``.
    func advance(to seq: UInt64) async throws {
        guard let position else { return }
        let later = JournalPosition(epoch: position.epoch, seq: max(seq, position.seq))
        self.position = later
        newer.advance(to: later.seq)
        productSeqs = productSeqs.filter { $0.value > later.seq }
        guard missing.isComplete, newer.isEmpty else { return try await unstore() }
        if isStored {
            if later.seq > position.seq { try await bookmark.advance(to: later.seq) }
        } else {
            try await bookmark.set(later)
            isStored = true
        }
    }

    /// Says that after a crash the source has to begin with a snapshot: something newer than ``position`` is about to be here, or
    /// something older is missing.
    func unstore() async throws {
        guard isStored else { return }
        try await bookmark.clear()
        isStored = false
    }

    // MARK: Status

    /// Shows what is missing. The log has a line at most every minute.
    func showMissing() {
        let words = missing.words
        let hasChanged = words != context.status.current.lastError
        context.status.update { $0.lastError = words }
        guard let words, hasChanged, lastWarning.map({ ContinuousClock.now - $0 >= .seconds(60) }) ?? true else { return }
        lastWarning = .now
        context.logger.warning("Not everything of the site can be here.", metadata: ["missing": "\(words)"])
    }
}
