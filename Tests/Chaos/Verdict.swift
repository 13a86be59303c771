import Foundation
import TallywireTesting
import TestSupport

/// Whether the cluster kept its promises, by what its nodes have in the end.
struct Verdict {
    /// An event as the API shows it.
    struct Event: Decodable {
        struct Body: Decodable {
            let movementId: String?
            let sku: String?
            let operation: String?
        }

        let type: String
        let seq: UInt64
        let data: Body

        /// The number of the product, whose SKU ends with it.
        var product: Int { data.sku.flatMap { Int($0.dropFirst(2)) } ?? 0 }
    }

    private let bed: Bed
    private let load: Load

    init(_ bed: Bed, _ load: Load) {
        self.bed = bed
        self.load = load
    }

    func judge(_ report: inout Report) async throws {
        let head = try await settledHead()
        let pages = try await bed.nodes.concurrentMap { try await self.pages(of: $0, to: head) }
        for (node, other) in zip(bed.nodes, pages).dropFirst() where other != pages[0] {
            report.fail("the events of nodes a and \(node.name) differ")
        }
        let events = try pages[0].flatMap { page in
            struct Page: Decodable { let items: [Event] }
            return try JSONDecoder().decode(Page.self, from: Data(page.utf8)).items
        }
        if events.map(\.seq) != Array(1...head) { report.fail("the events are not 1 to \(head), each once") }
        let updates = events.filter { $0.type == "inventory_updated" && $0.data.operation == "add" }
        judgeWriters(updates, &report)
        judgeScans(updates, &report)
        try await judgeDisplay(head, &report)
        judgeWatchers(updates, &report)
        try await judgeFiles(head, &report)
    }

    /// Waits until all nodes have the same, and nothing more comes: not even scans that wait at the broker.
    private func settledHead() async throws -> UInt64 {
        var last: [UInt64?] = []
        var since = ContinuousClock.now
        try await eventually("all nodes have the same events, and no more come", within: .seconds(120)) {
            var heads: [UInt64?] = []
            for node in bed.nodes { heads.append(try? await bed.http.send("GET", node.url + "/api/pipeline").seq) }
            if heads != last || Set(heads).count != 1 || heads[0] == nil { (last, since) = (heads, .now) }
            return ContinuousClock.now - since > .seconds(4)
        }
        return last[0] ?? 0
    }

    private func pages(of node: NodeProcess, to head: UInt64) async throws -> [String] {
        var pages: [String] = []
        var after: UInt64 = 0
        while after < head {
            let answer = try await bed.http.send("GET", "\(node.url)/api/events?after=\(after)&limit=1000")
            guard answer.status == 200 else { throw NeverHappened(description: "node \(node.name): \(answer.text)") }
            struct Page: Decodable {
                struct Item: Decodable { let seq: UInt64 }
                let items: [Item]
            }
            guard let last = try JSONDecoder().decode(Page.self, from: Data(answer.text.utf8)).items.last?.seq else { break }
            pages.append(answer.text)
            after = last
        }
        return pages
    }

    private func judgeWriters(_ updates: [Event], _ report: inout Report) {
        let byID = Dictionary(grouping: updates.filter { $0.data.movementId?.hasPrefix("w") == true }) { $0.data.movementId ?? "" }
        let acknowledged = load.writers.acknowledged
        let lost = acknowledged.filter { id, answer in byID[id]?.contains { $0.seq == answer.seq } != true }
        let doubled = byID.filter { $0.value.count > 1 }
        if !lost.isEmpty { report.fail("\(lost.count) acknowledged changes are lost, such as \(lost.first?.key ?? "")") }
        if !doubled.isEmpty { report.fail("\(doubled.count) changes were applied twice, such as \(doubled.first?.key ?? "")") }
        for (id, text) in load.writers.refused.prefix(3) { report.fail("the change \(id) was refused: \(text)") }
        let times = load.writers.latencies.sorted()
        if let most = times.last {
            let middle = [0.5, 0.99].map { String(format: "%.1f", times[Int(Double(times.count - 1) * $0)]) }
            report.facts.append(
                "\(acknowledged.count) changes acknowledged, \(lost.count) lost, \(doubled.count) doubled; p50 \(middle[0]) ms, p99 \(middle[1]) ms, longest \(String(format: "%.0f", most)) ms"
            )
        }
    }

    private func judgeScans(_ updates: [Event], _ report: inout Report) {
        let taken = load.scanners.taken
        var applied: [Int: Int] = [:]
        for update in updates where update.data.movementId?.hasPrefix("w") != true {
            applied[update.product, default: 0] += 1
        }
        for variant in Bed.scanned where applied[variant, default: 0] != taken[variant, default: 0] {
            report.fail(
                "variant \(variant) was scanned \(taken[variant, default: 0]) times, and \(applied[variant, default: 0]) scans count"
            )
        }
        report.facts.append("\(taken.values.reduce(0, +)) scans taken by the broker, \(applied.values.reduce(0, +)) count")
    }

    private func judgeDisplay(_ head: UInt64, _ report: inout Report) async throws {
        let all = Set(1...head)
        do {
            try await eventually("the display has every event", within: .seconds(30)) { all.isSubset(of: load.display.seqs) }
            report.facts.append("\(head) events, each delivered by the sink at the leader")
        } catch is NeverHappened {
            let missing = all.subtracting(load.display.seqs)
            report.fail("the sink at the leader missed \(missing.count) events, such as \(missing.min() ?? 0)")
        }
    }

    private func judgeWatchers(_ updates: [Event], _ report: inout Report) {
        var byProduct: [Int: [UInt64]] = [:]
        for update in updates { byProduct[update.product, default: []].append(update.seq) }
        var (shown, merged) = (0, 0)
        var resumptions: [String: Int] = [:]
        for (number, account) in load.watchers.all.enumerated() {
            let expected = byProduct[account.product, default: []].filter { $0 > account.begin ?? .max }
            let seen = account.seqs.filter { $0 > account.begin ?? .max }
            shown += seen.count
            merged += account.merged
            resumptions.merge(account.resumptions) { $0 + $1 }
            if let wrong = zip(seen, seen.dropFirst()).first(where: { $0 >= $1 }) {
                let what = seen.filter { $0 == wrong.1 }.count > 1 ? "again" : "late"
                report.fail("watcher \(number) was shown event \(wrong.1) \(what), after \(wrong.0)")
            }
            let missing = Set(expected).subtracting(seen).count
            if missing > account.merged { report.fail("watcher \(number) missed \(missing) of \(expected.count) events") }
        }
        report.facts.append(
            "\(load.watchers.all.count) watchers were shown \(shown) events, \(merged) merged; resumptions: "
                + resumptions.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))
    }

    /// What is on the disks, after the nodes have ended.
    private func judgeFiles(_ head: UInt64, _ report: inout Report) async throws {
        for node in bed.nodes { node.signal(SIGTERM) }
        for node in bed.nodes {
            try await node.waitForEnd()
            do { try node.run(["audit", "--data", node.data]) } catch { report.fail("\(error)") }
            let lines = try String(contentsOfFile: "\(node.data)/events.jsonl", encoding: .utf8).split(separator: "\n")
            struct Line: Decodable { let seq: UInt64 }
            let seqs = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).seq }
            if seqs != Array(1...head) { report.fail("the log of node \(node.name) is not events 1 to \(head), each once") }
        }
    }
}

extension Array where Element: Sendable {
    fileprivate func concurrentMap<Value: Sendable>(_ body: @escaping @Sendable (Element) async throws -> Value) async throws
        -> [Value]
    {
        try await withThrowingTaskGroup(of: (Int, Value).self) { group in
            for (index, element) in enumerated() { group.addTask { (index, try await body(element)) } }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
