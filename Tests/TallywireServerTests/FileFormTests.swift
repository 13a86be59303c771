import Foundation
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("Files that commands read and write")
struct FileFormTests {
    @Test(
        "a text that ends in the middle of a character is refused",
        arguments: [
            [0xFF, 0xFE, 0x41, 0x00, 0x42], [0xFF, 0xFE, 0x3D, 0xD8], [0xFE, 0xFF, 0x00, 0x41, 0xD8, 0x3D],
            [0xFE, 0xFF, 0xDE, 0x00, 0x00, 0x41], [0xEF, 0xBB, 0xBF, 0x41, 0xC3], [0xC3, 0xA4, 0x41, 0xC3],
            [0xC3, 0xA4, 0xF0, 0x9F, 0x98],
        ] as [[UInt8]])
    func cutTexts(bytes: [UInt8]) {
        let failure = #expect(throws: Failure.self) { try FileText(Data(bytes), "f") }
        #expect(failure?.message.contains("is broken UTF-") == true)
    }

    @Test("JSON is known by its text where the name does not tell, as that of a pipe")
    func namelessJSON() throws {
        let folder = try TemporaryFolder()
        try " \n{\"products\":[{\"name\":\"Pen\",\"sku\":\"PEN\"}]}".write(
            toFile: folder.file("63"), atomically: true, encoding: .utf8)
        #expect(try CatalogueFile.read(folder.file("63")).products.map(\.name) == ["Pen"])
    }

    @Test("an export through a link makes the file that the link names, also where there is none yet")
    func links() throws {
        let folder = try TemporaryFolder()
        let files = FileManager.default
        try files.createDirectory(atPath: folder.file("sub"), withIntermediateDirectories: true)
        try files.createSymbolicLink(atPath: folder.file("first"), withDestinationPath: "sub/second")
        try files.createSymbolicLink(atPath: folder.file("sub/second"), withDestinationPath: "target.csv")
        for text in ["one", "two"] {
            try OutputFile.write(text, to: folder.file("first"))
            #expect(try String(contentsOfFile: folder.file("sub/target.csv"), encoding: .utf8) == text)
            #expect(try files.destinationOfSymbolicLink(atPath: folder.file("sub/second")) == "target.csv")
        }
        try files.createSymbolicLink(atPath: folder.file("round"), withDestinationPath: "round")
        #expect(throws: Failure.self) { try OutputFile.write("x", to: folder.file("round")) }
    }
}
