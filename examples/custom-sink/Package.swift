// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "custom-sink",
    dependencies: [.package(name: "tallywire", path: "../..")],
    targets: [
        .executableTarget(name: "custom-sink", dependencies: [.product(name: "TallywireServer", package: "tallywire")])
    ])
