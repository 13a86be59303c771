import TallywireCore
import Testing

@Suite("When a movement may have happened")
struct TimeRulesTests {
    @Test(
        "no repeat is taken whose answer may be gone, however far the device's clock is ahead",
        arguments: [0, 300, 86_400] as [Int64])
    func repeats(skew: Int64) {
        let rules = TimeRules(keep: .seconds(8 * 86_400))
        let counted = Timestamp(milliseconds: 1_795_365_600_000)
        let movement = Movement(
            occurredAt: Timestamp(milliseconds: counted.milliseconds + skew * 1000),
            lines: [Movement.Line(item: .sku("A"), location: "MAIN", operation: .add, quantity: 1)])
        let command = Command(id: "a", source: "test", clockSkew: .seconds(skew), action: .move(movement))
        func rejection(after passed: Duration) -> Rejection.Code? {
            let now = Timestamp(milliseconds: counted.milliseconds + passed.wholeMilliseconds)
            return rules.rejection(of: command, now: now...now)?.code
        }
        #expect(rejection(after: .zero) == nil)
        #expect(rejection(after: rules.keep + .seconds(skew)) == nil)
        #expect(rejection(after: rules.answers + .milliseconds(1)) == .tooLate)
    }
}
