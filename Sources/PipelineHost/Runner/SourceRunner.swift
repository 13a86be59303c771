import Backoff
import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// Runs one source until its task is cancelled or ``retire()`` is called. If the source ends with an error, it runs again after a pause, which grows with
/// failures in a row.
public final class SourceRunner: Sendable {
    /// A source as the configuration describes it.
    public struct Definition: Sendable {
        public var name: String
        public var plugin: String
        public var source: any Source
        public var placement: Placement
        /// Makes the source anew, since one that has run does not run again; `nil` for a source that can.
        public var make: (@Sendable () throws -> any Source)?

        public init(
            name: String, plugin: String, source: any Source, placement: Placement = .leader,
            make: (@Sendable () throws -> any Source)? = nil
        ) {
            self.name = name
            self.plugin = plugin
            self.source = source
            self.placement = placement
            self.make = make
        }

        func remade() throws -> Self {
            var copy = self
            copy.source = try make?() ?? source
            return copy
        }
    }

    public let definition: Definition
    private let context: SourceContext
    private let retry: Backoff
    private let stopper = Stopper()
    /// Whether this runner never runs, since another node of the cluster leads.
    let isStandby: Bool

    public init(
        _ definition: Definition, gateway: any CommandGateway, journal: any Journal, defaultLocation: String, logger: Logger,
        version: String, devices: DeviceRegistry = DeviceRegistry(), topics: [TopicUse] = [], setAside: SetAside? = nil,
        folder: String? = nil, retry: Backoff = Backoff(), isStandby: Bool = false,
        clock: @escaping @Sendable () -> Timestamp
    ) {
        self.definition = definition
        self.retry = retry
        self.isStandby = isStandby
        var logger = logger
        logger[metadataKey: "source"] = "\(definition.name)"
        context = SourceContext(
            name: definition.name, logger: logger, gateway: gateway, stock: journal, defaultLocation: defaultLocation,
            status: SourceStatus(),
            bookmark: JournalBookmark(journal: journal, source: definition.name), version: version, devices: devices,
            deviceBookmark: { JournalBookmark(journal: journal, source: definition.name, device: $0) }, topics: topics,
            setAside: setAside, file: folder.map { SourceFile(path: "\($0)/\(definition.name).json") }, now: clock)
        if isStandby { context.status.update { $0.state = "standby" } }
    }

    public func run() async {
        await stopper.run { await self.work() }
        context.status.update { $0.state = "stopped" }
        stopper.end()
    }

    /// Ends the source once it has answered what it took, and returns then.
    public func retire() async {
        stopper.stop()
        await stopper.hasEnded()
    }

    private func work() async {
        var failures = 0
        while !Task.isCancelled {
            let start = context.now()
            do {
                try await definition.source.run(context)
                break
            } catch is CancellationError {
                break
            } catch {
                if context.now().milliseconds - start.milliseconds >= retry.stable.wholeMilliseconds { failures = 0 }
                failures += 1
                context.logger.error(
                    "The source ended with an error. The server starts it again after a pause.", metadata: ["error": "\(error)"])
                context.status.update {
                    $0.state = "failed"
                    $0.lastError = "\(error)"
                }
                do { try await Task.sleep(for: retry.pause(afterFailures: failures)) } catch { break }
            }
        }
    }

    public func report() -> PipelineStatus.SourceReport {
        PipelineStatus.SourceReport(name: definition.name, plugin: definition.plugin, status: context.status.current)
    }
}
