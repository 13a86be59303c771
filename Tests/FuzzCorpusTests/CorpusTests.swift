import Foundation
import FuzzGS1
import FuzzTargets
import Testing

/// Everything that reads from outside, with each input that a fuzzer has found worth keeping. A target that fails ends the process and
/// says why; `make fuzz` looks for new inputs.
struct CorpusTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzzing")

    @Test(arguments: targets.keys.sorted())
    func `each input kept is read by its target`(_ name: String) throws {
        let target = try #require(targets[name])
        for input in try inputs(of: "Messages/Corpus/\(name)") { target(input) }
    }

    @Test func `each input kept for barcodes is read`() throws {
        for input in try inputs(of: "GS1/Corpus") {
            let answer = input.withUnsafeBufferPointer { fuzzGS1($0.baseAddress, $0.count) }
            #expect(answer == 0)
        }
    }

    @Test func `each folder of inputs has a target`() throws {
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "Messages/Corpus").path)
        #expect(folders.sorted() == targets.keys.sorted())
    }

    private func inputs(of path: String) throws -> [[UInt8]] {
        let folder = Self.folder.appending(path: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        try #require(!names.isEmpty)
        return try names.map { Array(try Data(contentsOf: folder.appending(path: $0))) }
    }
}
