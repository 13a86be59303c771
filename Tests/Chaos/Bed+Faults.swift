import Foundation
import TallywireTesting
import TestSupport

extension Bed {
    /// Does a fault under load. Returns the longest time without an acknowledgement that it caused; for a fault during which nothing can be
    /// acknowledged, that after its end.
    func perform(_ fault: Fault, _ turn: Int, under load: Load) async throws -> Writers.Gap {
        try await settled(load)
        // The quota is small, so that it can be filled, and holds what the load writes in a minute or two.
        try await etcd.compact()
        let leader = try await leader()
        if fault == .machine || fault == .island { try await etcd.makeLeader(leader) }
        var start = ContinuousClock.now
        switch fault {
        case .kill:
            try await nodes[leader].kill()
            try await Task.sleep(for: .seconds(4))
            try await nodes[leader].start()
        case .machine:
            nodes[leader].signal(SIGKILL)
            etcd.kill(leader)
            try await Task.sleep(for: .seconds(7))
            try etcd.start(leader)
            try await etcd.waitUntilHealthy()
            try await nodes[leader].waitForEnd()
            try await nodes[leader].start()
        case .pause:
            nodes[leader].signal(SIGSTOP)
            try await Task.sleep(for: .seconds(3))
            nodes[leader].signal(SIGCONT)
            try await Task.sleep(for: .seconds(2))
        case .stop:
            nodes[leader].signal(SIGTERM)
            try await nodes[leader].waitForEnd()
            guard nodes[leader].status == 0 else {
                throw NeverHappened(description: "node \(nodes[leader].name) did not end in order: \(nodes[leader].tail)")
            }
            try await nodes[leader].start()
        case .cut:
            try network.cut(nodes[leader].machine)
            try await Task.sleep(for: .seconds(10))
            try network.join(nodes[leader].machine)
        case .island:
            try network.cut(nodes[leader].machine, members[leader])
            try await Task.sleep(for: .seconds(10))
            try network.join(nodes[leader].machine, members[leader])
        case .restart:
            for node in nodes.indices.filter({ $0 != leader }) + [leader] {
                nodes[node].signal(SIGTERM)
                try await nodes[node].waitForEnd()
                try await nodes[node].start()
            }
        case .quota:
            try await etcd.fill()
            try await Task.sleep(for: .seconds(3))
            try await checkReads()
            try await etcd.empty()
            start = ContinuousClock.now
        }
        try await eventually("something is acknowledged again", within: .seconds(60)) { load.writers.hasAcknowledged(since: start) }
        try await settled(load)
        return load.writers.longestGap(since: start)
    }

    /// Waits until every node leads or follows and answers, and the writers go on.
    private func settled(_ load: Load) async throws {
        try await eventually("all nodes are ready", within: .seconds(60)) {
            for node in nodes {
                guard let answer = try? await http.send("GET", node.url + "/health/ready"), answer.status == 200 else {
                    return false
                }
            }
            return true
        }
        try await Task.sleep(for: .seconds(1))
    }

    /// While commands cannot be taken, each node still shows what it has.
    private func checkReads() async throws {
        for node in nodes {
            try await eventually("node \(node.name) shows products while etcd is full") {
                // A connection may have to be made first, beside those of the writers.
                guard let answer = try? await http.send("GET", node.url + "/api/products?limit=1") else { return false }
                return answer.status == 200
            }
        }
    }
}
