import HTTPPort
import HTTPTypes
import PipelineHost

extension Problem {
    /// Why the replay of the sink `name` was not begun.
    init(_ refusal: ReplayRefusal, sink name: String) {
        self =
            switch refusal {
            case .unknownSink: .unknownSink(name)
            case .notDurable, .running, .disabled, .none: refusal.sinkProblem(name)
            case .elsewhere: .unavailable("the sink “\(name)” runs on the node that leads, which cannot be reached at the moment")
            case .stopped: .unavailable("the sink “\(name)” has ended, or is about to")
            case .ahead(let from, let position):
                .invalidRequest("“\(name)” has taken the events up to \(position), and gets \(from) anyway", field: "from")
            case .empty(let from, let to):
                .invalidRequest("the last event, \(to), lies before the first, \(from)", field: "to")
            case .pruned(let from, let first):
                Problem(
                    .gone, code: "pruned", title: "No longer kept",
                    detail: "the event \(from) is no longer in the journal, whose first event is \(first)", field: "from")
            case .unreadable(let reason): .unavailable("the file of dead letters cannot be read: \(reason)")
            }
    }
}

extension ReplayRefusal {
    /// Problems that only a sink has.
    static let sinkProblems = [notDurable, running, disabled(""), none].map { $0.sinkProblem("") }

    fileprivate func sinkProblem(_ name: String) -> Problem {
        switch self {
        case .notDurable:
            .sinkRefuses("not_durable", "the clients of “\(name)” connect to the server and ask for earlier events themselves")
        case .running:
            .sinkRefuses(
                "replay_running",
                "a replay of “\(name)” runs: wait for its end, or cancel it with DELETE; GET /api/pipeline shows it")
        case .disabled(let reason): .sinkRefuses("sink_disabled", reason)
        default: .sinkRefuses("no_replay", "no replay of “\(name)” was begun since the server started")
        }
    }
}
