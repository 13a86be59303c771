import Foundation
import TallywireConfiguration
import TallywireTesting
import Testing

@testable import PipelineHost
@testable import TallywirePipeline

/// That the reader takes all of JSON, and nothing beside it.
@Suite struct ConfigurationReadingTests {
    @Test(
        "values are read as another JSON reader reads them",
        arguments: [
            #"{"a":1,"b":[-0.5e+3,1E2,0,-7,12345678901],"c":{"d":null,"e":[true,false]}}"#,
            #"{"":"","a b":"\"\\\/\b\f\n\r\t\u00e9\u0000","emoji":"\ud83d\ude00 \uD834\uDD1E 📦","null":"null","true":"true"}"#,
            "{\r\n\t\"a\"\t:\t[ ]\r\n,\"b\"\n:\n{\n}\n}\r\n",
            ##"{"yaml":["yes","no","~","0o7","1_000","2026-11-22","<<","- a","a: b","# c","&x","*x","!t","|","%","@","`"],"<<":1}"##,
            #"{"<<":{"a":1},"=":2,"y":3,"on":4,"1":5}"#,
            #"["a",1,{"b":[[[]]]}]"#, #""text""#, "42", "null", "  true  ",
            ##"{"url":"http://a//b/*c*/","hash":"#","quote":"'"}"##,
        ])
    func agrees(text: String) throws {
        let value = try ConfigurationTree.read(text).value
        func canonical(_ json: String) throws -> String {
            let object = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
            let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .fragmentsAllowed])
            return String(decoding: data, as: UTF8.self)
        }
        #expect(try canonical(value.json) == canonical(text))
    }

    @Test("comments are blanks, in strings they are text")
    func comments() throws {
        let text = "/* a */{ // b \"\n\"a\" /* * / c **/ : // d\n [1,/**/2] /* e\n f */ , \"b\": \"// /* no */\" } // end"
        let value = try ConfigurationTree.read(text).value
        #expect(value.json == #"{ "a": [1, 2], "b": "// /* no */" }"#)
        #expect(value["b"]?.origin == .file(line: 4, column: 14))
    }

    @Test("positions stay true behind comments, escapes, tabs and wide characters")
    func positions() throws {
        let text = "\u{FEFF}{ /* ü📦 */ \"é\\ud83d\\ude00\"  :\t\"\\ud83d\\ude00\", \"k\": [\r\n\t7, \"x\"\r  , {}] }"
        let value = try ConfigurationTree.read(text).value
        guard case .object(let members) = value.content else {
            Issue.record("no object")
            return
        }
        #expect(members.map(\.key) == ["é😀", "k"])
        #expect(members[0].keyOrigin == .file(line: 1, column: 12))
        #expect(members[0].value.origin == .file(line: 1, column: 31))
        #expect(members[1].keyOrigin == .file(line: 1, column: 47))
        #expect(members[1].value.child("0")?.origin == .file(line: 2, column: 2))
        #expect(members[1].value.child("1")?.origin == .file(line: 2, column: 5))
        #expect(members[1].value.child("2")?.origin == .file(line: 3, column: 5))
    }

    @Test(
        "what YAML or other readers take is no JSON",
        arguments: [
            "{a: 1}", "{'a': 1}", "{\"a\": b}", "{\"a\": 0x10}", "{\"a\": .5}", "{\"a\": 5.}", "{\"a\": +5}", "{\"a\": 01}",
            "{\"a\": NaN}",
            "{\"a\": True}", "[1 2]", "[1,,2]", "[,]", "{,}", "{\"a\"}", "{\"a\":1,}", "[1,]", "{\"a\" 1}", "{\"a\":1 \"b\":2}",
            "{\"a\"::1}",
            "[\"a\":1]", "- a", "a: 1", "--- {}", "{} {}", "{}]", "[}", "{\"a\": &x 1}", "{\"a\": *x}", "{\"a\": !!str 1}", "? a",
            "# c\n{}",
            "{\"a\": \"x\n y\"}", "{\"a\": \"\\e\"}", "{\"a\": \"\\x41\"}", "{\"a\": \"\\u12\"}", "{\"a\": \"\\udc00\"}",
            "{\"a\": \"\\ud800x\"}",
            "{\"a\": \"\u{7F}\"}", "{\"a\": \"\u{2028}\"}", "\"", "/", "/*", "//", "", " ", "%YAML 1.2\n---\n{}", "{\"a\": >\n x}",
            "1 2", "nul",
            "\u{A0}{}", "{\"a\":1}\u{0}",
        ])
    func refused(text: String) {
        #expect(throws: SyntaxError.self) { try ConfigurationTree.read(text) }
    }

    @Test("64 levels are read, 65 are not")
    func depth() throws {
        _ = try ConfigurationTree.read(String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        #expect(throws: SyntaxError.self) {
            try ConfigurationTree.read(String(repeating: "[", count: 65) + String(repeating: "]", count: 65))
        }
    }

    @Test("a key of 256 characters is read, whatever their width, one of 257 is not")
    func longKey() throws {
        let key = String(repeating: "📦", count: 256)
        #expect(try ConfigurationTree.read("{\"\(key)\"\n\n:1}").value[key] != nil)
        #expect(throws: SyntaxError.self) { try ConfigurationTree.read("{\"\(key)x\":1}") }
    }

    @Test(
        "digits alone are an integer of up to 64 bits, with decimals or an exponent they are a number",
        arguments: [
            ("0", "integer(0)"), ("-0", "integer(0)"), ("-7", "integer(-7)"), ("1.0", "number(1.0)"), ("1e2", "number(100.0)"),
            ("1E+2", "number(100.0)"), ("-2.50e-1", "number(-0.25)"), ("9223372036854775807", "integer(9223372036854775807)"),
            ("-9223372036854775808", "integer(-9223372036854775808)"), ("9223372036854775808", "number(9.223372036854776e+18)"),
            ("1e400", "number(inf)"), ("-1e400", "number(-inf)"), ("0.1", "number(0.1)"), ("\"1\"", "string(\"1\")"),
        ])
    func numbers(text: String, content: String) throws {
        let value = try ConfigurationTree.read("[\(text)]").value
        #expect((value.child("0")?.content).map { "\($0)" } == content)
    }

    @Test("a number with decimals or an exponent is no integer, even if it is whole", arguments: ["8080.0", "8e3", "1e400"])
    func noInteger(text: String) {
        #expect(
            ConfigurationRegistry.mistakes("{\"http\":{\"port\":\(text)}}")
                == "plugins.json:1:17: error: “port” is a number, but must be an integer from 0 to 65535")
    }

    @Test("a repeated key is reported wherever it is, and the first value counts")
    func repeatedKeys() throws {
        let text = """
            { "a": 1, "b": { "c": 1, "c": { "d": 1,
              "d": 2 } }, "\\u0061": 2,
              "a": [{ "e": 1, "e": 2 }], "z": 3 }
            """
        let (value, repeatedKeys) = try ConfigurationTree.read(text)
        #expect(value.json == #"{ "a": 1, "b": { "c": 1 }, "z": 3 }"#)
        #expect(
            repeatedKeys.map { "\($0.position.line):\($0.position.column) \($0.message)" } == [
                "1:26 the key “c” is repeated; it stands at line 1 already",
                "2:3 the key “d” is repeated; it stands at line 1 already", "1:3 the key “a” is repeated",
                "2:15 the key “a” is repeated", "3:19 the key “e” is repeated; it stands at line 3 already",
            ])
    }

    @Test(
        "the first mistake is told, with what stands there",
        arguments: [
            ("[1abc]", "1:2 “1abc” is not JSON; strings and keys stand in double quotes"),
            ("[1.]", "1:2 “1.” is not JSON; strings and keys stand in double quotes"),
            ("[-\"a\"]", "1:2 “-” is not JSON; strings and keys stand in double quotes"),
            ("{\"a\":1\n,\"ü\" \"b\"}", "2:6 a colon is missing before this string"),
            ("{\"a\"}", "1:5 a colon and a value are missing before “}”"), ("[1,,2]", "1:4 a value is missing before this comma"),
            ("{:1}", "1:2 a colon stands only after a key"), ("[] ,", "1:4 nothing may follow the end of the file's object"),
            ("[] ]", "1:4 “]” closes nothing"), ("}", "1:1 “}” closes nothing"),
            ("{\"a\":1 / 2}", "1:8 “/” is not JSON; a comment"),
            ("[\"a\u{7F}\\x\"]", "1:4 a control character in a string is written as \\u007F"),
            ("[\"a\u{2028}\"]", "1:4 a control character in a string is written as \\u2028"),
            ("[\"\u{FFFE}\"]", "1:3 U+FFFE is not a character of text"),
            ("[\"\u{FEFF}\"]", "1:3 U+FEFF is not a character of text"),
            ("[\"\u{1FFFF}\"]", "1:3 U+1FFFF is not a character of text"),
            ("[\"ab\\u12\"]", "1:5 “\\u” is followed by four hexadecimal digits"),
            ("[\"\\ud800\\u0041\"]", "1:3 half of a surrogate pair is not a character"),
            ("\r\n\r [\"a\r\"]", "3:3 this string has no end on its line: a double quote is missing"),
            (String(repeating: "[\n", count: 65) + "x", "65:1 more than 64 objects and lists in one another"),
        ])
    func firstMistake(text: String, expected: String) throws {
        let error = try #require(throws: SyntaxError.self) { try ConfigurationTree.read(text) }
        #expect("\(error.position.line):\(error.position.column) \(error.message)".hasPrefix(expected))
    }

    @Test("a byte changed at random gives a value or an error, never a crash")
    func noise() {
        let text = #"{ "a": [1, -2.5e3, "\u00e9\ud83d\ude00", true], /* c */ "b": { "c": null, "a": [] } } // end"#
        let bytes = Array(text.utf8)
        let noise = Array("{}[]:,\"\\/*#&!|>'%@`-.0aeu \n\t".utf8)
        var random = SplitMix(state: 1)
        var accepted = 0
        for index in bytes.indices {
            for byte in noise {
                var changed = bytes
                changed[index] = byte
                if Bool.random(using: &random) { changed.remove(at: Int.random(in: changed.indices, using: &random)) }
                guard let changedText = String(validating: changed, as: UTF8.self) else { continue }
                if (try? ConfigurationTree.read(changedText)) != nil { accepted += 1 }
            }
        }
        #expect(accepted > 0)
    }

    @Test("a file beyond 1 MiB is refused, one of 1 MiB is read")
    func size() throws {
        let padding = String(repeating: " ", count: (1 << 20) - 2)
        _ = try ConfigurationRegistry.load("{}" + padding)
        #expect(ConfigurationRegistry.mistakes("{}" + padding + " ") == "plugins.json: error: is larger than 1MiB")
    }

    @Test("a file that is not there is an error that names it")
    func noFile() {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(path: "/nowhere/plugins.json", registry: ConfigurationRegistry.all)
        }
        #expect(error?.description == "/nowhere/plugins.json: error: cannot be read: No such file or directory")
        let folder = #expect(throws: ConfigurationError.self) {
            try ConfigurationLoader.load(path: "/tmp", registry: ConfigurationRegistry.all)
        }
        #expect(folder?.description == "/tmp: error: cannot be read: Is a directory")
    }
}
