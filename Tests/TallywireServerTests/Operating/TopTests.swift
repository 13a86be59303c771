import Foundation
import TallywireCore
import Testing

@testable import TallywireCommands

@Suite("What top shows")
struct TopTests {
    static func reading(at: Double = 10, seq: UInt64 = 100, delivered: UInt64 = 40, epoch: String = "e1") -> TopReading {
        TopReading(
            at: at,
            pipeline: PipelineReport(
                epoch: epoch, seq: seq,
                engine: .init(inbox: 1, inboxCapacity: 65_536, applied: seq, rejected: 0, lastError: nil),
                sources: [
                    .init(
                        name: "scanners", state: "reconnecting", received: 9, applied: 8, rejected: 1, malformed: 0, lastError: "no"
                    )
                ],
                sinks: [
                    .init(
                        name: "log", state: "running", position: seq, lagEvents: 0, lagSeconds: 0, delivered: delivered, dropped: 0,
                        retried: 2, lastError: nil),
                    .init(
                        name: "shop", state: "retrying", position: 3, lagEvents: 97, lagSeconds: 61.25, delivered: 1, dropped: 5,
                        retried: 7, lastError: "the shop answered 500, and here is a long story about it"),
                ]),
            version: "1.2", uptime: 93_784, connections: 53)
    }

    private func text(_ screen: TopScreen, width: Int = 80, height: Int? = nil) -> [String] {
        screen.lines(height: height).map { $0.text(width: width, isColoured: false) }
    }

    @Test("header, sources and sinks are a table of the terminal’s width")
    func table() {
        let screen = TopScreen(
            url: "http://h:1", reading: Self.reading(at: 12, seq: 125, delivered: 60), before: Self.reading())
        #expect(
            text(screen, width: 96) == [
                "Tallywire 1.2  http://h:1  epoch e1  up 1 d 2 h",
                "event 125  12.5 events/s  12.5 movements/s  1 of 65536 wait  53 connections",
                "",
                "SOURCE    STATE         RECEIVED   /S  REJECTED  MALFORMED  LAST ERROR",
                "scanners  reconnecting         9  0.0         1          0  no",
                "",
                "SINK  STATE     POSITION  LAG  SECONDS    /S  RETRIED  DROPPED  LAST ERROR",
                "log   running        125    0      0.0  10.0        2        0",
                "shop  retrying         3   97     61.2   0.0        7        5  the shop answered 500, and here…",
                "",
            ])
        #expect(text(screen, width: 20).allSatisfy { $0.count <= 20 })
        #expect(text(screen, height: 5).count == 5 && text(screen, height: 5).last == "… 6 more lines")
    }

    @Test("rates need two readings of the same journal, and a counter that began anew has none")
    func rates() {
        #expect(TopRates(from: nil, to: Self.reading()).events == nil)
        #expect(TopRates(from: Self.reading(epoch: "e0"), to: Self.reading(at: 11)).events == nil)
        #expect(TopRates(from: Self.reading(), to: Self.reading(at: 11, delivered: 3)).delivered(by: "log") == nil)
        #expect(TopRates(from: Self.reading(), to: Self.reading(at: 14, seq: 102)).events == 0.5)
        #expect(text(TopScreen(url: "u", reading: Self.reading()))[1].hasPrefix("event 100  – events/s  – movements/s"))
    }

    @Test("a cluster has its nodes below, and a server that does not answer is told with since when")
    func cluster() {
        var reading = Self.reading()
        reading.pipeline.sinks = []
        reading.pipeline.sources = []
        reading.cluster = .init(
            site: "main", node: "a", leader: "b", term: 7,
            nodes: [
                .init(node: "a", role: "follower", applied: 12, lagSeconds: 0.25, address: "http://a", version: "1"),
                .init(node: "b", role: "leader", applied: 13, lagSeconds: 0, address: "http://b", version: "1"),
            ])
        let screen = TopScreen(url: "u", reading: reading, lost: ("12:03:04", "no route"))
        #expect(
            text(screen).dropFirst(2) == [
                "no answer since 12:03:04: no route", "", "cluster main  leader b, term 7",
                "NODE       ROLE      APPLIED  SECONDS  VERSION  ADDRESS",
                "a (asked)  follower       12      0.2  1        http://a",
                "b          leader         13      0.0  1        http://b",
            ])
        reading.cluster?.leader = nil
        #expect(text(TopScreen(url: "u", reading: reading)).contains("cluster main  nobody leads"))
    }

    @Test("names and errors of the server cannot control the terminal, in the row of anything")
    func injection() {
        let evil = "\u{1B}[2J\u{1B}]52;c;eA==\u{7}\r\n\u{9B}31m\u{202E}x"
        var reading = Self.reading()
        reading.version = evil
        reading.pipeline.epoch = evil
        reading.pipeline.engine.lastError = evil
        reading.pipeline.sources[0].name = evil
        reading.pipeline.sources[0].state = evil
        reading.pipeline.sources[0].lastError = evil
        reading.pipeline.sinks[0].name = evil
        reading.pipeline.sinks[0].state = evil
        reading.pipeline.sinks[0].lastError = evil
        reading.cluster = .init(
            site: evil, node: evil, leader: evil, term: 1,
            nodes: [.init(node: evil, role: evil, applied: 1, lagSeconds: 0, address: evil, version: evil)])
        let screen = TopScreen(url: "u", reading: reading, lost: (evil, evil))
        for line in screen.lines() {
            #expect(
                line.text(width: 500, isColoured: false).unicodeScalars.allSatisfy {
                    $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\u{202E}"
                })
            let coloured = line.text(width: 500, isColoured: true)
            #expect(coloured.replacing(/\u{1B}\[[0-9]*m/, with: "").unicodeScalars.allSatisfy { $0.value >= 0x20 })
        }
    }

    @Test("ideographs take two columns, and a text is cut before one that has no room")
    func width() {
        #expect("赤い".cellWidth == 4 && "e\u{301}".cellWidth == 1 && "🙂".cellWidth == 2)
        #expect("赤い服".cut(to: 6) == "赤い服" && "赤い服".cut(to: 5) == "赤い…" && "赤い服".cut(to: 4) == "赤…")
        #expect("ab".cut(to: 0) == "" && "赤".padded(to: 4, isRight: true) == "  赤")
    }

    @Test("what metrics say is taken, and lines that are none are passed over")
    func metrics() {
        var reading = Self.reading()
        (reading.version, reading.uptime, reading.connections) = (nil, nil, nil)
        reading.add(
            metrics: """
                # HELP tallywire_info The server's version.
                tallywire_info{version="0.9",epoch="e"} 1
                tallywire_start_time_seconds 100.5
                tallywire_websocket_connections{sink="a"} 3
                tallywire_websocket_connections_total{sink="a"} 700
                tallywire_http_event_streams 2
                nonsense
                tallywire_websocket_connections{sink="b"} NaN
                """, now: .init(milliseconds: 200_000))
        #expect(reading.version == "0.9" && reading.uptime == 99.5 && reading.connections == 5)
    }
}
