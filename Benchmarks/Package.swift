// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "tallywire-benchmarks",
    dependencies: [
        .package(name: "tallywire", path: ".."),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "EngineThroughput",
            dependencies: [
                "EngineWorkload", .product(name: "TallywireCore", package: "tallywire"),
                .product(name: "TallywireEngine", package: "tallywire"), .product(name: "SQLiteJournal", package: "tallywire"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Logging", package: "swift-log"),
            ]),
        .target(
            name: "EngineWorkload",
            dependencies: [
                .product(name: "TallywireCore", package: "tallywire"), .product(name: "TallywireEngine", package: "tallywire"),
                .product(name: "SQLiteJournal", package: "tallywire"), .product(name: "TallywireTesting", package: "tallywire"),
                .product(name: "Logging", package: "swift-log"),
            ]),
        .executableTarget(
            name: "ExecThroughput",
            dependencies: [
                .product(name: "ExecPlugin", package: "tallywire"), .product(name: "PipelineHost", package: "tallywire"),
                .product(name: "TallywireConfiguration", package: "tallywire"),
                .product(name: "TallywireEngine", package: "tallywire"), .product(name: "TallywirePipeline", package: "tallywire"),
                .product(name: "TallywireTesting", package: "tallywire"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "FollowerThroughput",
            dependencies: [
                "EngineWorkload", .product(name: "TallywireCluster", package: "tallywire"),
                .product(name: "TallywireEngine", package: "tallywire"), .product(name: "SQLiteJournal", package: "tallywire"),
                .product(name: "TallywireTesting", package: "tallywire"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        .executableTarget(
            name: "NIOFloor",
            dependencies: [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Crypto", package: "swift-crypto"),
            ]),
        .executableTarget(
            name: "OpeningTime",
            dependencies: [
                .product(name: "TallywireCore", package: "tallywire"), .product(name: "TallywireEngine", package: "tallywire"),
                .product(name: "SQLiteJournal", package: "tallywire"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"), .product(name: "Logging", package: "swift-log"),
            ]),
    ],
    swiftLanguageModes: [.v6]
)
