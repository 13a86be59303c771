// Feeds what reads from outside with whatever libFuzzer comes up with: FUZZ_TARGET=TARGET Fuzz [options of libFuzzer] CORPUS…
// The target is no argument, since libFuzzer calls the program again with its own. Built and run by scripts/fuzz.

import CFuzzer
import Foundation
import FuzzTargets

nonisolated(unsafe) private var target: @Sendable ([UInt8]) -> Void = { _ in }

/// libFuzzer comes with a main that wants this. It is not run: SwiftPM links the one of this file.
@_cdecl("LLVMFuzzerTestOneInput")
public func unusedEntry(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt { fatalError("main.swift did not run") }

private func run() -> CInt {
    guard let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"], let chosen = targets[name] else {
        print("FUZZ_TARGET has to be one of \(targets.keys.sorted().joined(separator: ", ")); scripts/fuzz sets it")
        return 64
    }
    target = chosen
    var arguments = CommandLine.unsafeArgv
    var count = CommandLine.argc
    return withUnsafeMutablePointer(to: &arguments) { pointer in
        pointer.withMemoryRebound(to: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?.self, capacity: 1) { pointer in
            LLVMFuzzerRunDriver(&count, pointer) { bytes, size in
                target(Array(UnsafeBufferPointer(start: bytes, count: size)))
                return 0
            }
        }
    }
}

exit(run())
