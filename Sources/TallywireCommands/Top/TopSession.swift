import Foundation

/// `tallywire top` on a terminal, from the first reading to the key that ends it.
struct TopSession {
    let client: ServerClient
    let pause: Duration
    let terminal: Terminal

    private enum Event: Sendable {
        case read(TopReading)
        case failed(String)
        case input(TerminalInput.Event)
    }

    /// Returns when the user ends it. Throws if the terminal cannot be written.
    func run(from first: TopReading) async throws {
        let (events, feed) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(64))
        let input = TerminalInput { feed.yield(.input($0)) }
        defer { input.stop() }
        try await withThrowingTaskGroup(of: Void.self) { [client, pause] group in
            group.addTask { await Self.read(client, every: pause) { feed.yield($0) } }
            var screen = TopScreen(url: client.url, reading: first)
            try show(screen)
            loop: for await event in events {
                switch event {
                case .read(let reading): screen = TopScreen(url: client.url, reading: reading, before: screen.reading)
                case .failed(let reason): screen.lost = (screen.lost?.since ?? Self.timeOfDay(), reason)
                case .input(.resized): break
                case .input(.ended): break loop
                }
                try show(screen)
            }
            group.cancelAll()
        }
    }

    private func show(_ screen: TopScreen) throws {
        let size = Terminal.size
        try terminal.show(screen.lines(height: size.height), width: size.width, isColoured: Terminal.isColoured)
    }

    private static func read(_ client: ServerClient, every pause: Duration, _ tell: @Sendable (Event) -> Void) async {
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: pause)
                tell(.read(try await TopReading.read(client)))
            } catch is CancellationError {
                return
            } catch {
                tell(.failed((error as? Failure)?.message ?? "\(error)"))
            }
        }
    }

    /// The time on the user's clock.
    private static func timeOfDay() -> String {
        Date.now.formatted(.dateTime.hour(.twoDigits(amPM: .omitted)).minute(.twoDigits).second(.twoDigits))
    }
}
