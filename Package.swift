// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A library target of ours, with the settings every one of them shares.
func library(
    _ name: String, path: String? = nil, _ dependencies: [Target.Dependency], resources: [Resource]? = nil,
    settings: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, resources: resources, swiftSettings: strict + settings)
}

/// The test target of `name`, which may also use the test tools, those that are public and our own.
func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TallywireTesting", "TestSupport"], resources: resources,
        swiftSettings: strict)
}

let nio: (String) -> Target.Dependency = { .product(name: $0, package: "swift-nio") }
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")

let package = Package(
    name: "tallywire",
    products: [
        .executable(name: "tallywire", targets: ["tallywire"]),
        .library(name: "TallywireClient", targets: ["TallywireClient"]),
        .library(name: "TallywireServer", targets: ["TallywireServer"]),
        .library(name: "PipelineHost", targets: ["PipelineHost"]),
        .library(name: "ExecPlugin", targets: ["ExecPlugin"]),
        .library(name: "HTTPEndpoints", targets: ["HTTPEndpoints"]),
        .library(name: "TallywirePipeline", targets: ["TallywirePipeline"]),
        .library(name: "TallywireConfiguration", targets: ["TallywireConfiguration"]),
        .library(name: "ClientTLS", targets: ["ClientTLS"]),
        .library(name: "TallywireAccess", targets: ["TallywireAccess"]),
        .library(name: "TallywireCluster", targets: ["TallywireCluster"]),
        .library(name: "TallywireEngine", targets: ["TallywireEngine"]),
        .library(name: "TallywireCore", targets: ["TallywireCore"]),
        .library(name: "GS1", targets: ["GS1"]),
        .library(name: "SQLiteJournal", targets: ["SQLiteJournal"]),
        .library(name: "TallywireTesting", targets: ["TallywireTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        library("GS1", []),
        library("TallywireCore", ["GS1", .product(name: "HeapModule", package: "swift-collections")]),
        // What server and clients of the rooms say to one another.
        library("TallywireProtocol", ["TallywireCore"]),
        library("Backoff", []),
        // How a service and systemd talk.
        library("Systemd", []),
        library(
            "TallywireClient",
            [
                "Backoff", "TallywireCore", "TallywireProtocol", log, nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
                nio("NIOWebSocket"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        library("TallywireEngine", ["TallywireCore", .product(name: "DequeModule", package: "swift-collections"), log]),
        library(
            "SQLiteJournal",
            [
                "TallywireCore", "TallywireEngine", log, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"), .product(name: "Crypto", package: "swift-crypto"),
            ]),
        // Texts that somebody signed, as logs of certificates and of Go's modules have them.
        library("SignedNote", [.product(name: "Crypto", package: "swift-crypto")]),
        // The language of plugins.json.
        library("TallywireConfiguration", ["TallywireCore"]),
        // How a plugin's client speaks TLS.
        library("ClientTLS", ["TallywireConfiguration", .product(name: "NIOSSL", package: "swift-nio-ssl")]),
        // Who calls, and what a caller may do.
        library("TallywireAccess", ["TallywireCore", nio("NIOCore")]),
        // What callers ask as JSON, over HTTP and over the pipe of a source's program.
        library("TallywireRequests", ["GS1", "TallywireCore"]),
        // What a plugin is.
        library(
            "TallywirePipeline",
            [
                "TallywireConfiguration", "TallywireCore", "TallywireEngine", log,
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        // What makes plugins of plugins.json and runs them.
        library(
            "PipelineHost",
            [
                "Backoff", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline",
                log,
            ]),
        // What a plugin serves on the server's port.
        library("HTTPEndpoints", ["TallywireAccess", "TallywireCore", "TallywirePipeline", nio("NIOCore"), nio("NIOHTTP1")]),
        library(
            "TallywireAuthentication",
            [
                "Backoff", "TallywireAccess", "TallywireConfiguration", "TallywireCore",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"), .product(name: "JWTKit", package: "jwt-kit"),
            ]),
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
        library("Mosquitto", ["Backoff", "CMosquitto", "COpenSSL", log]),
        .systemLibrary(name: "CQRencode", pkgConfig: "libqrencode", providers: [.apt(["libqrencode-dev"])]),
        library("QRCode", ["CQRencode"]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        library("PostgreSQL", ["CPostgreSQL"]),
        library(
            "PostgresSink", path: "Sources/Plugins/PostgresSink",
            ["PostgreSQL", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log]),
        .systemLibrary(name: "CNats", pkgConfig: "libnats", providers: [.apt(["libnats-dev"])]),
        library("NATS", ["CNats"]),
        library(
            "NATSSink", path: "Sources/Plugins/NATSSink",
            ["NATS", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log]),
        // One journal on several nodes, over whatever log they share.
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
        library(
            "TallywireCluster",
            ["CZstd", "TallywireCore", "TallywireEngine", log, .product(name: "DequeModule", package: "swift-collections")]),
        library(
            "EtcdLog",
            [
                "Backoff", "ClientTLS", "TallywireCluster", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                nio("NIOCore"), nio("NIOPosix"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            // An append stays on its caller's thread up to the event loop.
            settings: [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        // What the nodes of a cluster say to each other, over the server's HTTP port.
        library(
            "ClusterHTTP",
            [
                "ClientTLS", "HTTPPort", "SQLiteJournal", "TallywireAccess", "TallywireCluster", "TallywireConfiguration",
                "TallywireCore", "TallywireEngine", "TallywireRequests", log, nio("NIOCore"), nio("NIOHTTP1"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        .systemLibrary(name: "CJemalloc", pkgConfig: "jemalloc", providers: [.apt(["libjemalloc-dev"])]),
        library(
            "MQTTConnection", path: "Sources/Plugins/MQTTConnection",
            ["TallywireConfiguration", "TallywireCore", "TallywirePipeline", "Mosquitto", log]),
        library(
            "MQTTScanners", path: "Sources/Plugins/MQTTScanners",
            [
                "Backoff", "GS1", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", "Mosquitto",
                "MQTTConnection", log,
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "DequeModule", package: "swift-collections"),
            ]),
        library(
            "MQTTSink", path: "Sources/Plugins/MQTTSink",
            [
                "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", "Mosquitto", "MQTTConnection",
                log,
            ]),
        library(
            "JSONLogSink", path: "Sources/Plugins/JSONLogSink",
            ["TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log]),
        library(
            "ExecPlugin", path: "Sources/Plugins/ExecPlugin",
            [
                "Backoff", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline",
                "TallywireRequests", log, nio("NIOCore"), .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ]),
        library(
            "WebhookSink", path: "Sources/Plugins/WebhookSink",
            [
                "ClientTLS", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline",
                log,
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        library(
            "SiteSource", path: "Sources/Plugins/SiteSource",
            [
                "Backoff", "ClientTLS", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log,
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOFoundationCompat"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        // Frames, connections, pings and shutdown of WebSockets, whatever their messages mean.
        library("WebSocketServer", ["TallywireCore", nio("NIOCore")]),
        // Rooms, who gets which events of them, and how clients catch up, whatever protocol the clients speak.
        library(
            "RoomHub",
            [
                "CJemalloc", "HTTPEndpoints", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                "TallywirePipeline", "TallywireProtocol", "WebSocketServer", nio("NIOCore"), nio("NIOHTTP1"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        library(
            "WebSocketSink", path: "Sources/Plugins/WebSocketSink",
            [
                "HTTPEndpoints", "RoomHub", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywirePipeline",
                "TallywireProtocol", "WebSocketServer", nio("NIOCore"), nio("NIOHTTP1"),
            ]),
        library(
            "SocketIOSink", path: "Sources/Plugins/SocketIOSink",
            [
                "HTTPEndpoints", "RoomHub", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                "TallywirePipeline", "TallywireProtocol", "WebSocketServer", log, nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOFoundationCompat"), .product(name: "DequeModule", package: "swift-collections"),
            ]),
        // The pages in `web/` and the client library in `clients/js/`.
        .target(name: "CWebFiles"),
        // The server's port: connections, TLS, requests for upgrades, limits.
        library(
            "HTTPPort",
            [
                "HTTPEndpoints", "TallywireAccess", "TallywireCore", "TallywireProtocol", log, nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOPosix"), nio("NIOWebSocket"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOExtras", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        library(
            "TallywireHTTP",
            [
                "CWebFiles", "GS1", "HTTPEndpoints", "HTTPPort", "PipelineHost", "QRCode", "TallywireAccess", "TallywireCore",
                "TallywireEngine", "TallywirePipeline", "TallywireRequests", log, nio("NIOCore"), nio("NIOHTTP1"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ]),
        // The commands of the command line that need no server of their own.
        library(
            "TallywireCommands",
            [
                "GS1", "MQTTConnection", "MQTTScanners", "Mosquitto", "PipelineHost", "TallywireAccess", "TallywireAuthentication",
                "TallywireClient", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log,
                nio("NIOCore"), nio("NIOHTTP1"), nio("NIOFoundationCompat"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ]),
        // Whether the kernel's clock is synchronised, for `tallywire doctor`.
        .systemLibrary(name: "CClock"),
        library(
            "TallywireServer",
            [
                "Backoff", "CClock", "ClientTLS", "ClusterHTTP", "EtcdLog", "ExecPlugin", "HTTPEndpoints", "HTTPPort",
                "JSONLogSink", "MQTTScanners",
                "MQTTSink", "PipelineHost", "NATSSink", "PostgresSink",
                "SignedNote", "SiteSource", "SQLiteJournal", "Systemd",
                "TallywireAccess", "TallywireAuthentication", "TallywireClient", "TallywireCluster", "TallywireCommands",
                "TallywireConfiguration", "TallywireCore",
                "TallywireEngine", "TallywireHTTP", "TallywirePipeline", "SocketIOSink", "WebSocketSink", "WebhookSink", log,
                nio("NIOCore"),
                nio("NIOPosix"), nio("NIOHTTP1"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(name: "tallywire", dependencies: ["TallywireServer"], swiftSettings: strict),
        library(
            "TallywireTesting",
            [
                "HTTPEndpoints", "TallywireAccess", "TallywireCluster", "TallywireCore", "TallywireEngine", "TallywirePipeline",
                log,
                nio("NIOCore"), nio("NIOPosix"), nio("NIOHTTP1"),
                nio("NIOWebSocket"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]),
        library(
            "TestSupport", path: "Tests/Support",
            [
                "Backoff", "PipelineHost", "PostgreSQL", "TallywireAccess", "TallywireCore", "TallywireEngine",
                "TallywirePipeline", "TallywireTesting", log,
                nio("NIOCore"), nio("NIOPosix"),
                nio("NIOHTTP1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ]),
        library(
            "HTTPTestServer", path: "Tests/HTTPTestServer",
            [
                "HTTPEndpoints", "HTTPPort", "TallywireAccess", "TallywireHTTP", log,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .testTarget(name: "GS1Tests", dependencies: ["GS1"], swiftSettings: strict),
        tests("SignedNote", ["SignedNote"]),
        tests("QRCode", ["QRCode"]),
        tests("Systemd", ["Systemd"]),
        tests("TallywireProtocol", ["TallywireCore", "TallywireProtocol"]),
        tests("TallywireCore", ["GS1", "TallywireCore", "TallywireEngine"]),
        tests(
            "TallywireClient",
            [
                "Backoff", "tallywire", "TallywireClient", "TallywireCore", "TallywireProtocol", log, nio("NIOCore"),
                nio("NIOHTTP1"), nio("NIOPosix"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"), .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ]),
        tests("TallywireEngine", ["TallywireCore", "TallywireEngine", log]),
        tests(
            "SQLiteJournal",
            [
                "TallywireCore", "TallywireEngine", "SQLiteJournal", log, .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            resources: [.copy("Fixtures")]),
        tests(
            "PipelineHost",
            [
                "Backoff", "PipelineHost", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                "TallywirePipeline", log,
            ],
            resources: [.copy("Fixtures")]),
        tests(
            "TallywireAuthentication",
            [
                "TallywireAccess", "TallywireAuthentication", "TallywireConfiguration", "TallywireCore",
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "CryptoExtras", package: "swift-crypto"),
            ]),
        tests(
            "JSONLogSink", ["TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", "JSONLogSink", log]),
        tests(
            "ExecPlugin",
            [
                "Backoff", "ExecPlugin", "PipelineHost", "PostgreSQL", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                "TallywirePipeline", "TallywireRequests", log,
            ]),
        tests(
            "WebhookSink",
            [
                "Backoff", "PipelineHost", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline",
                "WebhookSink", log, nio("NIOCore"), nio("NIOHTTP1"), nio("NIOPosix"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"), .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        tests(
            "PostgresSink",
            [
                "Backoff", "PipelineHost", "PostgreSQL", "PostgresSink", "TallywireConfiguration", "TallywireCore",
                "TallywireEngine",
                "TallywirePipeline", log,
            ]),
        tests(
            "NATSSink",
            [
                "Backoff", "NATS", "NATSSink", "PipelineHost", "TallywireConfiguration", "TallywireCore", "TallywireEngine",
                "TallywireHTTP", "TallywirePipeline", log, nio("NIOCore"), nio("NIOPosix"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        tests(
            "SiteSource",
            [
                "SiteSource", "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywirePipeline", log,
                nio("NIOCore"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
            ]),
        tests("TallywireCluster", ["ClusterSimulation", "TallywireCluster", "TallywireCore", "TallywireEngine", log]),
        // A cluster in one thread, with a seed. In `make test` with few seeds, and by `make simulate` with many.
        library(
            "ClusterSimulation", path: "Tests/ClusterSimulation",
            ["TallywireCluster", "TallywireCore", "TallywireEngine", "TallywireTesting", log]),
        .executableTarget(
            name: "simulate",
            dependencies: ["ClusterSimulation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            path: "Tests/Simulate", swiftSettings: strict),
        // Kills and cuts off the nodes of a real cluster under load.
        .executableTarget(
            name: "chaos",
            dependencies: [
                "Mosquitto", "TallywireClient", "TallywireTesting", "TestSupport", log, nio("NIOCore"), nio("NIOHTTP1"),
                nio("NIOPosix"), .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
            ], path: "Tests/Chaos", swiftSettings: strict),
        tests(
            "EtcdLog",
            [
                "EtcdLog", "TallywireCluster", "TallywireConfiguration", nio("NIOCore"), nio("NIOEmbedded"), nio("NIOPosix"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"), .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]),
        tests("Mosquitto", ["Mosquitto", "COpenSSL", log]),
        tests("MQTTConnection", ["MQTTConnection", "Mosquitto", "TallywireConfiguration", "TallywirePipeline", log]),
        tests(
            "TallywireServer",
            [
                "tallywire", "HTTPPort", "Mosquitto", "PipelineHost", "TallywireAccess", "TallywireAuthentication",
                "TallywireCommands",
                "TallywireConfiguration", "TallywireCore", "TallywireEngine", "TallywireHTTP", "TallywirePipeline",
                "TallywireProtocol",
                "Systemd", "TallywireServer", log,
                nio("NIOCore"),
                nio("NIOHTTP1"), nio("NIOFoundationCompat"), nio("NIOPosix"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"), .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"), .product(name: "GRDB", package: "GRDB.swift"),
                "SQLiteJournal",
            ]),
        tests(
            "MQTTSink",
            [
                "Backoff", "MQTTConnection", "MQTTSink", "Mosquitto", "PipelineHost", "TallywireConfiguration", "TallywireCore",
                "TallywireEngine", "TallywirePipeline", log,
            ]),
        tests(
            "MQTTScanners",
            [
                "GS1", "MQTTConnection", "MQTTScanners", "Mosquitto", "PipelineHost", "TallywireConfiguration", "TallywireCore",
                "TallywireEngine", "TallywirePipeline", log,
            ],
            resources: [.copy("Fixtures")]),
        tests(
            "WebSocketSink",
            [
                "HTTPEndpoints", "HTTPPort", "HTTPTestServer", "PipelineHost", "TallywireAccess", "TallywireConfiguration",
                "TallywireCore", "TallywireEngine", "TallywireHTTP", "TallywirePipeline", "TallywireProtocol", "WebSocketServer",
                "WebSocketSink", "RoomHub", log,
                nio("NIOCore"),
                nio("NIOPosix"), nio("NIOEmbedded"), nio("NIOHTTP1"), nio("NIOWebSocket"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests(
            "SocketIOSink",
            [
                "HTTPEndpoints", "HTTPPort", "PipelineHost", "RoomHub", "SocketIOSink", "TallywireAccess", "TallywireConfiguration",
                "TallywireCore", "TallywireEngine", "TallywireHTTP", "TallywirePipeline", "WebSocketServer", log, nio("NIOCore"),
                nio("NIOPosix"), nio("NIOHTTP1"), nio("NIOWebSocket"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests(
            "TallywireHTTP",
            [
                "HTTPEndpoints", "HTTPPort", "HTTPTestServer", "PipelineHost", "TallywireAccess", "TallywireConfiguration",
                "TallywireCore", "TallywireEngine", "TallywireHTTP", "TallywirePipeline", "TallywireRequests", log, nio("NIOCore"),
                nio("NIOPosix"), nio("NIOEmbedded"), nio("NIOHTTP1"), nio("NIOWebSocket"),
                .product(name: "HTTPTypes", package: "swift-http-types"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Hummingbird", package: "hummingbird"), .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "PipelineHost", "TallywireAccess", "TallywireConfiguration", "TallywireCore", "TallywirePipeline", "Mosquitto",
                "MQTTScanners", "MQTTSink", "JSONLogSink", "TallywireProtocol", "WebSocketServer", "RoomHub", "WebSocketSink",
                "SocketIOSink", "TallywireHTTP", "TallywireRequests",
                nio("NIOCore"), .product(name: "HTTPTypes", package: "swift-http-types"),
            ], path: "Fuzzing/Messages", exclude: ["Corpus"], swiftSettings: strict),
        .target(name: "FuzzGS1", dependencies: ["GS1"], path: "Fuzzing/GS1", exclude: ["Corpus"], swiftSettings: strict),
        tests("FuzzCorpus", ["FuzzGS1", "FuzzTargets"]),
    ],
    swiftLanguageModes: [.v6]
)

// What make fuzz builds, by itself and with libFuzzer, which nothing else has to be linked with.
if Context.environment["TALLYWIRE_FUZZ"] != nil {
    package.targets += [
        .target(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
        .executableTarget(name: "Fuzz", dependencies: ["CFuzzer", "FuzzTargets"], path: "Fuzzing/Driver", swiftSettings: strict),
    ]
}
