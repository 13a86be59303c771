import Logging
import Synchronization
import TallywireEngine
import TallywirePipeline

/// What runs on the leader of a cluster only.
extension Pipeline {
    /// Starts what is placed at the leader, from the positions that the cluster knows. Does nothing once the end has begun.
    public func beginLeading(_ role: LeaderRole) async {
        await changes.take { replace(at: .leader(role)) }
    }

    /// Ends what is placed at the leader: a source once it has answered what it took, a sink between two deliveries, and both within
    /// `limit`. What is not done by then is cancelled, and done again by the node that leads next.
    public func endLeading(within limit: Duration) async {
        await changes.take {
            let (sources, sinks) = members.withLock { members in
                (
                    members.sources.filter { $0.definition.placement == .leader },
                    members.sinks.filter { $0.definition.placement == .leader }
                )
            }
            await retire(sources, sinks, within: limit, grace: limit)
            replace(at: .follower)
        }
    }

    /// Ends runners. Those that never ran have nothing to end.
    func retire(
        _ sources: [SourceRunner], _ sinks: [SinkRunner], within limit: Duration, grace: Duration = .seconds(1)
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for source in sources where !source.isStandby { group.addTask { await source.retire() } }
            for sink in sinks where !sink.isStandby { group.addTask { await sink.retire(within: limit, grace: grace) } }
        }
    }

    /// Puts new runners in the place of those that are placed at the leader. A plugin is made anew for each role, since one that was
    /// stopped does not start again.
    private func replace(at place: Place) {
        let (sources, sinks) = members.withLock { members in
            guard !members.isEnding else { return ([SourceRunner](), [SinkRunner]()) }
            members.place = place
            let topics = members.topics
            for index in members.sources.indices where members.sources[index].definition.placement == .leader {
                let definition = members.sources[index].definition
                members.sources[index] =
                    made(definition.name, at: place) { parts.source(try definition.remade(), topics, at: place) }
                    ?? parts.source(definition, topics, at: .follower)
            }
            for index in members.sinks.indices where members.sinks[index].definition.placement == .leader {
                let definition = members.sinks[index].definition
                members.sinks[index] =
                    made(definition.name, at: place) { parts.sink(try definition.remade(), at: place) }
                    ?? parts.sink(definition, at: .follower)
            }
            return (
                members.sources.filter { $0.definition.placement == .leader && !$0.isStandby },
                members.sinks.filter { $0.definition.placement == .leader && !$0.isStandby }
            )
        }
        for source in sources { newSource.yield(source) }
        for sink in sinks { newSink.yield(sink) }
    }

    /// Makes a runner that is to run. A plugin that made its object once, and now does not, does not run here.
    private func made<Runner>(_ name: String, at place: Place, _ make: () throws -> Runner) -> Runner? {
        guard place.runs(.leader) else { return nil }
        do { return try make() } catch {
            logger.error(
                "A plugin cannot be made again, so its entry does not run while this node leads. Restart the server, and report this.",
                metadata: ["entry": "\(name)", "error": "\(error)"])
            return nil
        }
    }
}
