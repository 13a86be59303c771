import NIOCore
import TallywireAccess
import Testing

@Suite("Addresses and rates")
struct NetworkTests {
    @Test("one address has one value, however it is written")
    func addresses() throws {
        #expect(IPAddress("192.0.2.1") == IPAddress("::ffff:192.0.2.1"))
        #expect(IPAddress("[2001:db8::1]") == IPAddress("2001:DB8:0:0:0:0:0:1"))
        #expect(IPAddress("fe80::1%eth0") == IPAddress("fe80::1"))
        #expect(try IPAddress(SocketAddress(ipAddress: "127.0.0.1", port: 80)) == IPAddress("127.0.0.1"))
        #expect(try IPAddress(SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
        for text in ["", "1.2.3", "1.2.3.256", "01.2.3.4.5", "localhost", "::g", "1.2.3.4:80", "[::1]:80"] {
            #expect(IPAddress(text) == nil, "\(text)")
        }
    }

    @Test("limits count an IPv4 address by itself and an IPv6 address with its network")
    func countedAddresses() {
        #expect(IPAddress("192.0.2.1")?.countedAddress != IPAddress("192.0.2.2")?.countedAddress)
        #expect(IPAddress("2001:db8:1:2::1")?.countedAddress == IPAddress("2001:db8:1:2:ffff::9")?.countedAddress)
        #expect(IPAddress("2001:db8:1:2::1")?.countedAddress != IPAddress("2001:db8:1:3::1")?.countedAddress)
    }

    @Test(
        "a range holds what begins with its bits",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.9.9.9/8", "10.0.0.1", true),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false), ("::/0", "::1", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
        ])
    func ranges(range: String, address: String, isInside: Bool) throws {
        #expect(try #require(AddressRange(range)).contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "what is no range is refused", arguments: ["", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0/", "::/129", "x/8"])
    func noRanges(text: String) { #expect(AddressRange(text) == nil) }

    @Test("a proxy is believed, a caller that pretends to be one is not")
    func proxies() throws {
        let proxies = TrustedProxies(["10.0.0.0/8", "127.0.0.1"].compactMap { AddressRange($0) })
        func caller(_ peer: String, _ fields: String...) -> IPAddress? {
            proxies.caller(peer: IPAddress(peer), forwardedFor: fields)
        }
        #expect(caller("203.0.113.9") == IPAddress("203.0.113.9"))
        #expect(caller("203.0.113.9", "198.51.100.1") == IPAddress("203.0.113.9"), "not a proxy")
        #expect(caller("127.0.0.1", "198.51.100.1") == IPAddress("198.51.100.1"))
        #expect(caller("127.0.0.1", "1.1.1.1, 198.51.100.1") == IPAddress("198.51.100.1"), "what a caller wrote itself")
        #expect(caller("127.0.0.1", "198.51.100.1, 10.1.1.1, 10.2.2.2") == IPAddress("198.51.100.1"), "through three proxies")
        #expect(caller("127.0.0.1", "198.51.100.1", "10.1.1.1") == IPAddress("198.51.100.1"), "in two lines")
        #expect(caller("127.0.0.1", "198.51.100.1:4711") == IPAddress("198.51.100.1"))
        #expect(caller("127.0.0.1", "[2001:db8::1]:4711") == IPAddress("2001:db8::1"))
        #expect(caller("127.0.0.1", "198.51.100.1, unknown") == IPAddress("127.0.0.1"), "nonsense is not passed over")
        #expect(caller("127.0.0.1") == IPAddress("127.0.0.1"))
        #expect(TrustedProxies().caller(peer: IPAddress("127.0.0.1"), forwardedFor: ["198.51.100.1"]) == IPAddress("127.0.0.1"))
    }

    @Test("a bucket lets a burst through, then so many a second, and is full again after a rest")
    func bucket() {
        let rate = Rate(perSecond: 10, burst: 3)
        var now = NIODeadline.uptimeNanoseconds(0)
        var bucket = TokenBucket(rate, at: now)
        func take(_ times: Int) -> [Bool] { (0..<times).map { _ in bucket.take(rate, at: now) } }
        #expect(take(4) == [true, true, true, false])
        now = now + .milliseconds(100)
        #expect(take(2) == [true, false])
        now = now + .milliseconds(50)
        #expect(take(1) == [false])
        now = now + .milliseconds(50)
        #expect(take(1) == [true])
        let isFull = bucket.isFull(rate, at: now)
        now = now + .hours(1)
        let isFullLater = bucket.isFull(rate, at: now)
        #expect(!isFull && isFullLater)
        #expect(take(4) == [true, true, true, false])
    }

    @Test("a device's name fits into a topic")
    func devices() {
        for name in ["dock-1", "Kasse 3", "ä", String(repeating: "x", count: 64)] { #expect(DeviceName.mistake(in: name) == nil) }
        for name in ["", "a/b", "+", "a#", "a\n", "\u{7F}", String(repeating: "x", count: 65)] {
            #expect(DeviceName.mistake(in: name) != nil, "\(name)")
        }
    }
}
