import Foundation
import Systemd
import TestSupport
import Testing

@Suite("Notifications to systemd")
struct NotificationTests {
    @Test(
        "each notification is the text that sd_notify(3) describes",
        arguments: [
            (ServiceNotification.ready(status: nil), "READY=1"),
            (.ready(status: "serves http://127.0.0.1:8080"), "READY=1\nSTATUS=serves http://127.0.0.1:8080"),
            (.reloading(microseconds: 12), "RELOADING=1\nMONOTONIC_USEC=12"), (.stopping, "STOPPING=1"), (.watchdog, "WATCHDOG=1"),
        ])
    func text(notification: ServiceNotification, text: String) {
        #expect(notification.text == text)
    }

    @Test("a status is one line of at most 200 characters, so that it sets no other variable")
    func status() {
        #expect(ServiceNotification.ready(status: "a\nMAINPID=1\r\nb").text == "READY=1\nSTATUS=a MAINPID=1 b")
        let long = ServiceNotification.ready(status: String(repeating: "x", count: 1_000)).text
        #expect(long == "READY=1\nSTATUS=" + String(repeating: "x", count: 200))
    }

    @Test("they arrive in order, at a path and at an abstract name", arguments: [false, true])
    func arrival(isAbstract: Bool) throws {
        let receiver = try NotifyReceiver(isAbstract: isAbstract)
        let socket = try #require(try NotifySocket(environment: ["NOTIFY_SOCKET": receiver.name]))
        try socket.send(.ready(status: "here"))
        try socket.send(.watchdog)
        try socket.send(.stopping)
        #expect(receiver.notifications == ["READY=1\nSTATUS=here", "WATCHDOG=1", "STOPPING=1"])
    }

    @Test("without NOTIFY_SOCKET nobody is told", arguments: [[:], ["NOTIFY_SOCKET": ""]])
    func nobody(environment: [String: String]) throws {
        #expect(try NotifySocket(environment: environment) == nil)
        try Supervisor(environment: environment).notify(.stopping)
    }

    @Test("a name that is no socket's is refused, and a socket at which nobody listens is an error, both with the name")
    func refused() throws {
        #expect(throws: SystemdError.self) { try NotifySocket(environment: ["NOTIFY_SOCKET": "vsock:2:9"]) }
        let long = "/" + String(repeating: "x", count: 200)
        #expect(throws: SystemdError.self) { try NotifySocket(environment: ["NOTIFY_SOCKET": long]) }
        let folder = try TemporaryFolder()
        let gone = try #require(try NotifySocket(environment: ["NOTIFY_SOCKET": folder.file("gone")]))
        let error = #expect(throws: SystemdError.self) { try gone.send(.stopping) }
        #expect(error?.description.contains(folder.file("gone")) == true)
        #expect(error?.description.contains("No such file") == true)
    }

    @Test("the watchdog's period is what WATCHDOG_USEC says, unless it is another process's")
    func watchdog() throws {
        #expect(try WatchdogPeriod.period(environment: [:], process: 7) == nil)
        #expect(try WatchdogPeriod.period(environment: ["WATCHDOG_USEC": "60000000"], process: 7) == .seconds(60))
        #expect(
            try WatchdogPeriod.period(environment: ["WATCHDOG_USEC": "500", "WATCHDOG_PID": "7"], process: 7) == .microseconds(500))
        #expect(try WatchdogPeriod.period(environment: ["WATCHDOG_USEC": "500", "WATCHDOG_PID": "8"], process: 7) == nil)
        for text in ["", "0", "-1", "1s", "99999999999999999999"] {
            #expect(throws: SystemdError.self, "\(text)") {
                try WatchdogPeriod.period(environment: ["WATCHDOG_USEC": text], process: 7)
            }
        }
    }

    @Test("the time of a reload is that of CLOCK_MONOTONIC, and never falls")
    func clock() {
        let first = Supervisor.monotonicMicroseconds
        let uptime = UInt64(ProcessInfo.processInfo.systemUptime * 1_000_000)
        #expect(Supervisor.monotonicMicroseconds >= first && uptime.subtractingReportingOverflow(first).partialValue < 60_000_000)
    }
}
