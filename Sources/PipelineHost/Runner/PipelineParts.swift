import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// What the runners of a pipeline are made of.
struct PipelineParts: Sendable {
    let gateway: any CommandGateway
    /// Where positions of this process are kept.
    let journal: any Journal
    let feed: Feed
    let defaultLocation: String
    let setAside: SetAside?
    let sourceFolder: String?
    let devices: DeviceRegistry
    let displays: DisplayRegistry
    let logger: Logger
    let version: String
    let ahead: AheadPolicy
    let clock: @Sendable () -> Timestamp

    /// A runner of the source; one that is not to run if the source's place is not here.
    func source(_ definition: SourceRunner.Definition, _ topics: [TopicUse], at place: Pipeline.Place) -> SourceRunner {
        let role = role(definition.placement, place)
        return SourceRunner(
            definition, gateway: role?.gateway ?? gateway, journal: role?.journal ?? journal,
            defaultLocation: defaultLocation, logger: logger, version: version, devices: devices, topics: topics,
            setAside: setAside, folder: sourceFolder, isStandby: !place.runs(definition.placement), clock: clock)
    }

    /// A runner of the sink; one that is not to run if the sink's place is not here.
    func sink(_ definition: SinkRunner.Definition, at place: Pipeline.Place) -> SinkRunner {
        let role = role(definition.placement, place)
        return SinkRunner(
            definition, feed: feed, journal: role?.journal ?? journal, gateway: role?.gateway ?? gateway, displays: displays,
            logger: logger,
            version: version, ahead: ahead, isStandby: !place.runs(definition.placement),
            isOwner: role.map(\.isSure) ?? Self.always,
            clock: clock)
    }

    private static let always: @Sendable () -> Bool = { true }

    private func role(_ placement: Placement, _ place: Pipeline.Place) -> LeaderRole? {
        if placement == .leader, case .leader(let role) = place { role } else { nil }
    }
}
