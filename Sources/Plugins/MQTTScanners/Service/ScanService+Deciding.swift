import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// From tasks to outcomes.
extension ScanService {
    /// Submits until each task that is open has an outcome that is final.
    mutating func decide(_ works: inout [(index: Int, work: Work)]) async -> Bool {
        var failures = 0
        while true {
            let open = works.indices.flatMap { index in works[index].work.open.map { (index, $0) } }
            guard !open.isEmpty else { return true }
            guard await storeReservation() else { return false }
            let outcomes = await context.gateway.decide(open.map { works[$0.0].work.order.tasks[$0.1].command })
            var problem: Rejection?
            var taken: [Int: [Int]] = [:]
            for ((index, task), outcome) in zip(open, outcomes) {
                if case .rejected(let rejection) = outcome, rejection.code == .overloaded || rejection.code == .unavailable {
                    problem = rejection
                } else if works[index].work.isFirst, failures == 0, case .applied(let receipt) = outcome,
                    receipt.status == .duplicate
                {
                    taken[index, default: []].append(task)
                } else {
                    works[index].work.outcomes[task] = outcome
                    works[index].work.open.removeAll { $0 == task }
                }
            }
            for (index, tasks) in taken.sorted(by: { $0.key < $1.key }) { renumber(tasks, of: &works[index].work) }
            guard let problem else { continue }
            failures += 1
            guard await pause(failures, "nothing is acknowledged: \(problem.message)") else { return false }
        }
    }

    /// A packet that comes for the first time is no repeat: the broker does not count as numbering expects. Its tasks get new ids.
    mutating func renumber(_ tasks: [Int], of work: inout Work) {
        guard let packetID = work.message.packetID else { return }
        let base = ScanIdentity.id(source: context.name, number: numbering.renumber(packetID), work.message)
        for task in tasks {
            let isApart = work.order.grouping == .apart
            work.order.tasks[task].command.id = isApart ? "\(base)-\(work.order.tasks[task].index)" : base
        }
    }

    /// Stores how far numbers are given, if that has grown.
    mutating func storeReservation() async -> Bool {
        var failures = 0
        while numbering.reserved > stored {
            do {
                try await context.bookmark.store(numbering.reserved)
                stored = numbering.reserved
            } catch {
                failures += 1
                guard await pause(failures, "the count of packets cannot be stored: \(error)") else { return false }
            }
        }
        return true
    }
}
