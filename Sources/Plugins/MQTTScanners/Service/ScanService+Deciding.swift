import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// From tasks to outcomes.
extension ScanService {
    /// Hands in every task that is open.
    func submit(_ works: [(index: Int, work: Work)]) -> Decisions {
        var places: [Decisions.Place] = []
        places.reserveCapacity(works.count)
        for index in works.indices {
            for (task, progress) in works[index].work.progress.enumerated() {
                if case .open = progress { places.append(Decisions.Place(work: index, task: task)) }
            }
        }
        return Decisions(places, from: context.gateway, in: lane, onChange: onChange) {
            works[$0.work].work.order.tasks[$0.task].command
        }
    }

    /// Takes what was decided, and submits again until each task that is open has an outcome that is final.
    mutating func decide(_ works: [(index: Int, work: Work)], _ first: Decisions) async -> Bool {
        var decisions = first
        var failures = 0
        while true {
            var problem: Rejection?
            var taken: [Int: [Int]] = [:]
            for (place, outcome) in zip(decisions.places, await decisions.outcomes.value) {
                if case .rejected(let rejection) = outcome, rejection.code == .overloaded || rejection.code == .unavailable {
                    problem = rejection
                } else if works[place.work].work.isFirst, failures == 0, case .applied(let receipt) = outcome,
                    receipt.status == .duplicate
                {
                    taken[place.work, default: []].append(place.task)
                } else {
                    works[place.work].work.progress[place.task] = .decided(outcome)
                }
            }
            if problem == nil, taken.isEmpty { return true }
            for (index, tasks) in taken.sorted(by: { $0.key < $1.key }) { renumber(tasks, of: works[index].work) }
            if let problem {
                // What was refused because of something before it goes on at once, now that this is done.
                if decisions.lane === lane {
                    failures += 1
                    guard await pause(failures, "nothing is acknowledged: \(problem.message)") else { return false }
                }
                if lane.isBroken { lane = CommandLane() }
            }
            guard await storeReservation() else { return false }
            decisions = submit(works)
        }
    }

    /// A packet that comes for the first time is no repeat: the broker does not count as numbering expects. Its tasks get new ids.
    mutating func renumber(_ tasks: [Int], of work: Work) {
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
