import Foundation
import Glibc
import Mosquitto
import TallywireTesting
import Testing

@Suite("A process with many descriptors", .serialized)
struct DescriptorTests {
    @Test("receives and publishes on descriptors beyond 1024, where select(2) ends")
    func beyondSelect() async throws {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        try #require(limit.rlim_max >= 4096)
        if limit.rlim_cur < 4096 {
            limit.rlim_cur = 4096
            setrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit)
        }
        let broker = try TestBroker()
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        var highest: Int32 = 0
        while highest >= 0, highest < 1150 {
            highest = open("/dev/null", O_RDONLY | O_CLOEXEC)
            descriptors.append(highest)
        }
        try #require(highest >= 1150)
        let client = try await MQTTClient.connected(.persistent(broker.url, "client", "a"))
        try await collecting(from: client) { collector in
            for number in 0..<50 { try await client.publish("a", "\(number)") }
            try await eventually("all come") { collector.messages.count == 50 }
            broker.kill()
            try broker.start()
            try await client.connected(within: .seconds(20))
        }
    }
}
