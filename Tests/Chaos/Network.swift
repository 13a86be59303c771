import Foundation
import TallywireTesting

/// The machines of the run, each a network namespace, joined by a switch. A machine that is cut off gets no sign of it: its packets vanish.
///
/// The process has to be in a network of its own, where it may make such things; see `scripts/apart`.
struct Network: Sendable {
    /// Where the run itself is on the switch, with the broker and everybody who scans, writes and watches.
    static let address = "10.77.0.1"
    private static let (all, island) = ("switch0", "switch1")

    /// One machine: a name of at most eight characters, and its address on the switch.
    struct Machine: Sendable {
        let name: String
        let address: String

        /// Runs a program on the machine, with the process id of the one who calls it.
        var launcher: [String] { ["/usr/bin/nsenter", "--net=/run/netns/\(name)"] }
        fileprivate var cable: String { "to-\(name)" }
    }

    init() throws {
        guard try Self.ip("-oneline link show").split(separator: "\n").count == 1 else {
            throw NeverHappened(description: "this needs a network of its own: run it as scripts/apart .build/release/chaos …")
        }
        for bridge in [Self.all, Self.island] {
            try Self.ip("link add \(bridge) type bridge")
            try Self.ip("link set \(bridge) up")
        }
        try Self.ip("address add \(Self.address)/24 dev \(Self.all)")
    }

    /// Makes a machine and joins it to the others. `number` is the last part of its address, from 2 to 254.
    func machine(_ name: String, number: Int) throws -> Machine {
        let machine = Machine(name: name, address: "10.77.0.\(number)")
        try Self.ip("netns add \(name)")
        try Self.ip("link add \(machine.cable) type veth peer name eth0 netns \(name)")
        try Self.ip("-netns \(name) link set lo up")
        try Self.ip("-netns \(name) address add \(machine.address)/24 dev eth0")
        try Self.ip("-netns \(name) link set eth0 up")
        try Self.ip("link set \(machine.cable) up")
        try join(machine)
        return machine
    }

    /// Lets machines reach one another, and nobody else.
    func cut(_ machines: Machine...) throws {
        for machine in machines { try Self.ip("link set \(machine.cable) master \(Self.island)") }
    }

    /// Lets machines reach everybody again.
    func join(_ machines: Machine...) throws {
        for machine in machines { try Self.ip("link set \(machine.cable) master \(Self.all)") }
    }

    @discardableResult
    private static func ip(_ arguments: String) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/sbin/ip")
        process.arguments = arguments.split(separator: " ").map(String.init)
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw NeverHappened(description: "ip \(arguments): \(text)") }
        return text
    }
}
