import TallywireCore
import Testing

@testable import MQTTSink

@Suite("What the displays show of the journal")
struct DisplayProgressTests {
    @Test("an event's values are published until newer ones were read, then current values are read")
    func reads() {
        var progress = DisplayProgress()
        #expect(progress.action(for: .inventoryUpdated, seq: 1) == .publish)
        progress.read(at: 5)
        progress.read(at: 3)
        #expect(progress.action(for: .inventoryUpdated, seq: 5) == .read)
        #expect(progress.action(for: .catalogueChanged, seq: 5) == .read)
        #expect(progress.action(for: .inventoryUpdated, seq: 6) == .publish)
    }

    @Test("what a complete repair includes needs nothing, and later events that the repair read are read again")
    func repair() {
        var progress = DisplayProgress()
        progress.read(at: 4)
        progress.read(at: 6)
        progress.repaired(at: 4, isComplete: true)
        #expect(progress.displayed == 4)
        for type in [EventType.inventoryUpdated, .catalogueChanged] {
            #expect([4, 5, 6, 7].map { progress.action(for: type, seq: $0) } == [.none, .read, .read, .publish])
        }
    }

    @Test("after a repair that did not read everything, displays of removed items are still taken away")
    func incomplete() {
        var progress = DisplayProgress()
        progress.read(at: 4)
        progress.repaired(at: 4, isComplete: true)
        progress.read(at: 8)
        progress.repaired(at: 8, isComplete: false)
        #expect([4, 5, 8].map { progress.action(for: .catalogueChanged, seq: $0) } == [.none, .takeAway, .takeAway])
        #expect([4, 5, 8].map { progress.action(for: .inventoryUpdated, seq: $0) } == [.none, .none, .none])
        progress.repaired(at: 6, isComplete: true)
        #expect(progress.displayed == 8)
        #expect(progress.action(for: .catalogueChanged, seq: 8) == .none)
    }

    @Test("each connection needs one repair, and one that came during a repair needs its own")
    func connections() {
        var progress = DisplayProgress()
        #expect(!progress.needsRepair(on: 0) && progress.needsRepair(on: 1))
        progress.endRepair(on: 1)
        #expect(!progress.needsRepair(on: 1) && progress.needsRepair(on: 2))
    }

    @Test("the third failed read in a row ends the reading, but only while the sink is connected")
    func failedReads() {
        var progress = DisplayProgress()
        #expect([true, true, true].map { progress.readingFailed(isConnected: $0) } == [false, false, true])
        progress.readingEnded()
        #expect([true, true, false, true].map { progress.readingFailed(isConnected: $0) } == [false, false, false, true])
    }
}
