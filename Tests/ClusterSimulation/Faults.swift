import TallywireCluster
import TallywireCore
import TallywireTesting

extension Simulation {
    /// Plans what goes wrong, from the first second on until `end`.
    func scheduleFaults(until end: Duration) {
        // Some runs are calm, and some hardly ever work.
        let pause = Int.random(in: 150...3_000, using: &random)
        var time = milliseconds(1_500...2_500)
        while time < end {
            at(time) { $0.trouble() }
            time += milliseconds(20...pause * 2)
        }
    }

    private func trouble() {
        let node = nodes[Int.random(in: nodes.indices, using: &random)]
        let leader = nodes.first { $0.machine.term != nil } ?? node
        switch Int.random(in: 0..<10, using: &random) {
        case 0: crash(node, losing: 0)
        case 1: crash(leader, losing: 0)
        case 2: crash(chance(2) ? node : leader, losing: Int.random(in: 1...6, using: &random))
        case 3: pause(node)
        case 4: pause(leader)
        case 5: cut(chance(2) ? node : leader)
        case 6:
            network.isStoreDown = true
            after(milliseconds(100...2_500)) { $0.network.isStoreDown = false }
        case 7: node.ahead = chance(3) ? milliseconds(-20_000...20_000) : milliseconds(-4_000...4_000)
        case 8:
            note("all nodes lose power")
            outcome.powerCuts += 1
            for node in nodes { crash(node, losing: Int.random(in: 0...12, using: &random)) }
        default:
            // In order, as an upgrade does it.
            node.perform(self, node.incarnation) { node.handle(.stop, $0) }
        }
    }

    private func crash(_ node: SimulatedNode, losing lost: Int) {
        outcome.crashes += 1
        node.crash(self, losing: lost)
        after(milliseconds(100...4_000)) { if !node.isUp { node.start($0) } }
    }

    private func pause(_ node: SimulatedNode) {
        node.pause(self)
        after(milliseconds(100...4_000)) { node.resume($0) }
    }

    private func cut(_ node: SimulatedNode) {
        node.isCut = true
        note("\(node.name) is cut off")
        after(milliseconds(200...5_000)) { _ in node.isCut = false }
    }

    /// Ends every fault, and returns the time.
    func heal() -> Duration {
        isTroubled = false
        network.isStoreDown = false
        for node in nodes {
            node.isCut = false
            node.resume(self)
            if !node.isUp { node.start(self) }
        }
        return now
    }
}
