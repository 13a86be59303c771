import Foundation
import TallywireCore
import TallywireTesting
import Testing

@Suite("Reading JSON")
struct JSONReaderTests {
    private func read(_ text: String) throws -> JSONValue { try JSONReader.value(of: Array(text.utf8)) }

    @Test("values are as they stand in the text")
    func values() throws {
        let value = try read(#" {"a":[1,-2.50e+1,true,false,null],"b":{"c":"x\n\"\\\/\u00e9\ud83d\ude00"},"é":"","a":0} "#)
        #expect(value["a"] == .number("0"), "of two members the last")
        #expect(value.object?.first?.value.array == [.number("1"), .number("-2.50e+1"), .bool(true), .bool(false), .null])
        #expect(value["b"]?["c"]?.string == "x\n\"\\/é😀")
        #expect(value["é"] == .string("") && value["no"] == nil)
    }

    @Test("numbers are whole where they say so, and codes where they are digits")
    func numbers() throws {
        #expect(try ["7", "-7", "7.0", "7e2", "9223372036854775807"].map { try read($0).integer } == [7, -7, 7, 700, .max])
        #expect(try ["7.5", "1e300", "\"7\"", "9223372036854775808"].map { try read($0).integer } == [nil, nil, nil, nil])
        #expect(try ["4006381333931", "\"0012\"", "-1", "1.0"].map { try read($0).code } == ["4006381333931", "0012", nil, nil])
    }

    @Test(
        "what is no JSON says where",
        arguments: [
            ("", 0), ("{", 1), (#"{"a" 1}"#, 5), (#"{"a":1,}"#, 7), ("[1,]", 3), ("[1 2]", 3), ("01", 2), ("1.", 2), ("-", 1),
            ("1e", 2),
            ("tru", 0), (#""a"#, 2), ("\"a\nb\"", 2), (#""\x""#, 2), (#""\u12g4""#, 3), (#""\u+123""#, 3), (#""\u-000""#, 3),
            (#""\ud800""#, 7), (#""\ud800\u0041""#, 13),
            (#""\udc00""#, 7), ("1 1", 2), ("'a'", 0), ("nul", 0), ("// c\n1", 0), ("[1]]", 3), ("{1:2}", 1), ("+1", 0),
        ])
    func mistakes(text: String, position: Int) throws {
        let mistake = try #require(throws: JSONReader.Mistake.self) { try read(text) }
        #expect(mistake.position == position, "\(text): \(mistake)")
    }

    @Test("bytes that are no UTF-8 and values that are nested too deep are refused")
    func limits() throws {
        #expect(throws: JSONReader.Mistake.self) { try JSONReader.value(of: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONReader.Mistake.self) { try JSONReader.value(of: [0x22, 0x5C, 0x6E, 0xC3, 0x28, 0x22]) }
        _ = try read(String(repeating: "[", count: 32) + String(repeating: "]", count: 32))
        #expect(throws: JSONReader.Mistake.self) { try read(String(repeating: "[", count: 34) + String(repeating: "]", count: 34)) }
        #expect(throws: JSONReader.Mistake.self) { try read(String(repeating: "[", count: 1_000_000)) }
    }

    @Test("a document has comments, and says where its names and values begin")
    func document() throws {
        let text = "/* a */{ // b\n\"k\" : [1, /**/ \"// no\"] }"
        let (value, places) = try JSONReader.document(of: Array(text.utf8), depth: 2, nameLength: 1)
        #expect(value == ["k": [1, "// no"]])
        #expect(places == [7, 14, 20, 21, 29])
    }

    @Test("a document's limits are the arrays and objects in one another, the names' length, and what is seen in a string")
    func documentLimits() throws {
        func read(_ text: String) -> JSONReader.Mistake? {
            do throws(JSONReader.Mistake) {
                _ = try JSONReader.document(of: Array(text.utf8), depth: 2, nameLength: 2)
                return nil
            } catch {
                return error
            }
        }
        #expect(read("[[1]]") == nil && read(#"{"éé":"é\u0000"}"#) == nil)
        for (text, expectation, position, token, container) in [
            ("[ [[]]]", JSONReader.Expectation.level, 3, 3, 2), (#"[{"abc":1}]"#, .shortName, 2, 2, 1),
            ("[\"a\u{85}\"]", .plainCharacter, 3, 3, 0), ("[1, /* ]", .endOfComment, 8, 4, 0),
            (#"["a\u00"]"#, .hexadecimal, 5, 3, 0),
        ] {
            let mistake = try #require(read(text), "\(text)")
            #expect(mistake.expectation == expectation && mistake.position == position, "\(text): \(mistake)")
            #expect(mistake.token == token && mistake.container == container, "\(text): \(mistake)")
        }
    }

    @Test("what it takes Foundation takes too, and the other way round but for idle commas, whatever happened to the text")
    func likeFoundation() throws {
        var random = SplitMix(state: 7)
        let seeds = [
            #"{"id":"a-1","sku":"TEE","quantity":3,"at":-1.5e3,"x":[null,true,{"y":"\u00e9\n"}]}"#, #"[1,2,[3,{"a":{}}],"",0]"#,
        ].map { Array($0.utf8) }
        var taken = 0
        for round in 0..<20_000 {
            var bytes = seeds[round % 2]
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0x20...0x7E, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: index)
                }
            }
            let mine = try? JSONReader.value(of: bytes)
            let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
            let text = String(decoding: bytes, as: UTF8.self)
            // Foundation takes commas before the end, which are no JSON.
            let bare = text.filter { $0 != " " }
            let hasIdleComma = bare.contains(",]") || bare.contains(",}")
            #expect((mine == nil) == (theirs == nil) || (mine == nil && hasIdleComma), "\(text)")
            taken += mine == nil ? 0 : 1
        }
        #expect(taken > 1_000)
    }

    @Test("pointers lead to what stands there, and nowhere else")
    func pointers() throws {
        let value = try read(#"{"data":{"reads":[{"c":"x"},{"c":"y"}]},"a/b":1,"m~n":2,"":3}"#)
        func at(_ pointer: String) -> JSONValue? { JSONPointer(pointer).flatMap { value.value(at: $0) } }
        #expect(at("/data/reads/1/c") == .string("y") && at("") == value)
        #expect(at("/a~1b") == .number("1") && at("/m~0n") == .number("2") && at("/") == .number("3"))
        #expect(
            ["/data/reads/2", "/data/reads/01", "/data/reads/-", "/data/reads/c", "/data/c/x", "/no"].allSatisfy { at($0) == nil })
        #expect(["data", "/a~", "/a~2"].allSatisfy { JSONPointer($0) == nil })
    }
}
