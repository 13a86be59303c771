import Foundation
import NIOHTTP1
import TallywireTesting
import TestSupport
import Testing

@testable import TallywireCommands
@testable import TallywireServer

@Suite("The command line", .timeLimit(.minutes(3)))
struct CommandTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    func run(_ arguments: String..., plugins: String? = nil) async throws -> (status: Int32, output: String) {
        if let plugins { try plugins.write(toFile: folder.file("plugins.json"), atomically: true, encoding: .utf8) }
        return try await ServerProcess.run(arguments, in: folder.path)
    }

    static let minimal = """
        {
          "sinks": [
            { "plugin": "websocket", "rooms": { "shop": { "events": ["inventory_updated"] } }, "broadcast": [] },
            { "plugin": "json-log", "path": "data/events.jsonl" }
          ]
        }
        """

    @Test("help and version are no errors")
    func help() async throws {
        let help = try await run("--help")
        #expect(help.status == 0 && help.output.contains("SUBCOMMANDS"))
        #expect(try await run("--version").output == tallywireVersion + "\n")
        #expect(try await run("serve", "--help").output.contains("--ready-file"))
    }

    @Test(
        "bad usage is 64",
        arguments: [["nonsense"], ["serve", "--port", "x"], ["serve", "--log-level", "loud"], ["plugins", "nope"]])
    func usage(arguments: [String]) async throws {
        #expect(try await ServerProcess.run(arguments, in: folder.path).status == 64)
    }

    @Test("a bad configuration is 78, with its place and a suggestion")
    func badConfiguration() async throws {
        let plugins = "{\n  \"sinks\": [\n    { \"plugin\": \"json-log\", \"path\": \"x\", \"fsnyc\": 1 }\n  ]\n}\n"
        for command in ["check", "serve", "graph"] {
            let result = try await run(command, plugins: plugins)
            #expect(result.status == 78)
            #expect(result.output.contains("plugins.json:3:42: error: unknown key “fsnyc”"), "\(result.output)")
            #expect(result.output.contains("did you mean “fsync”?"))
        }
    }

    @Test("a missing configuration says so")
    func missing() async throws {
        let result = try await run("check")
        #expect(result.status == 78 && result.output.contains("plugins.json"))
    }

    @Test("check --connect finds folders that are not there, cannot be made, or are files")
    func folders() async throws {
        try "".write(toFile: folder.file("file"), atomically: true, encoding: .utf8)
        try FileManager.default.createSymbolicLink(atPath: folder.file("nowhere"), withDestinationPath: "/nowhere/at/all")
        func check(_ journal: String, _ log: String, _ letters: String) async throws -> (status: Int32, output: String) {
            try await run(
                "check", "--connect", "--set", "http.port=0",
                plugins: """
                    { "journal": { "path": "\(journal)" },
                      "sinks": [{ "plugin": "json-log", "path": "\(log)", "deadLetter": "\(letters)" }] }
                    """)
        }
        #expect(try await check("data/tallywire.db", "data/events.jsonl", "data/dead/letters.jsonl").status == 0)
        for (journal, log, letters, words) in [
            ("file/tallywire.db", "events.jsonl", "d.jsonl", "journal: "),
            ("/proc/data/tallywire.db", "events.jsonl", "d.jsonl", "cannot be made"),
            ("nowhere/tallywire.db", "events.jsonl", "d.jsonl", "a link that leads nowhere"),
            ("data/tallywire.db", "events.jsonl", "nowhere/d.jsonl", "a link that leads nowhere"),
            ("data/tallywire.db", "events.jsonl", "nowhere", "a link that leads nowhere"),
            ("data/tallywire.db", "logs/events.jsonl", "d.jsonl", "does not exist: create it"),
            ("data/tallywire.db", "file/events.jsonl", "d.jsonl", "is a file, and a folder is wanted"),
            ("data/tallywire.db", ".", "d.jsonl", "is a folder, and a file is wanted"),
            ("data/tallywire.db", "events.jsonl", "file/d.jsonl", "deadLetter: "),
            ("data/tallywire.db", "events.jsonl", "/proc/x/d.jsonl", "deadLetter: "),
        ] {
            let result = try await check(journal, log, letters)
            #expect(result.status == 1 && result.output.contains(words), "\(journal) \(log) \(letters): \(result.output)")
        }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["file", "nowhere", "plugins.json"],
            "nothing is left"
        )
    }

    @Test("without a server each command says so in a sentence, with its address and what to do")
    func plainWords() async throws {
        for command in [["export"], ["tail"], ["tail", "--room", "admin_room"]] {
            let result = try await ServerProcess.run(command + ["--server", "http://127.0.0.1:9"], in: folder.path)
            #expect(result.status == 1 && result.output.contains("127.0.0.1:9"), "\(command): \(result.output)")
            for word in ["Failure(", "Error(", "NIO", "errno"] {
                #expect(!result.output.contains(word), "\(command): \(result.output)")
            }
        }
        let name = try await run("export", "--server", "http://no-such-host.invalid")
        #expect(
            name.status == 1 && name.output.contains("no-such-host.invalid") && !name.output.contains("Error("), "\(name.output)")
    }

    @Test("a port that is none is bad usage, and no crash", arguments: ["99999", "0", "65536", "99999999999999999999", "-1", "x"])
    func badPort(port: String) async throws {
        for command in [["export"], ["tail"], ["tail", "--room", "admin_room"], ["import", "x.csv"]] {
            let result = try await ServerProcess.run(command + ["--server", "http://127.0.0.1:\(port)"], in: folder.path)
            #expect(result.status == 64 && result.output.contains("is no address"), "\(command): \(result)")
        }
    }

    @Test("a token that could not be one is bad usage, and is not shown")
    func badToken() async throws {
        for command in [["export"], ["tail"], ["tail", "--room", "admin_room"]] {
            let result = try await ServerProcess.run(
                command + ["--server", "http://127.0.0.1:9", "--token", "eyJ0\nX: secret"], in: folder.path)
            #expect(result.status == 64 && result.output.contains("--token has a space"), "\(command): \(result)")
            #expect(!result.output.contains("eyJ0") && !result.output.contains("secret"))
        }
    }

    @Test("an unknown name in --only is 64, with a suggestion")
    func unknownName() async throws {
        let result = try await run("serve", "--only", "json-lgo", plugins: Self.minimal)
        #expect(result.status == 64 && result.output.contains("did you mean “json-log”?"), "\(result.output)")
    }

    @Test("check says that there are no mistakes, graph draws, schema and plugins explain")
    func explaining() async throws {
        #expect(try await run("check", plugins: Self.minimal).output == "plugins.json: no mistakes, 2 plugins\n")
        #expect(try await run("check", "--connect", "--set", "http.port=0").status == 0)
        #expect(try await run("graph").output.hasPrefix("flowchart LR"))
        let schema = try await run("schema").output
        let document = try JSONSerialization.jsonObject(with: Data(schema.utf8)) as? [String: Any]
        #expect(document?["$schema"] != nil)
        for name in ["mqtt-scanners", "websocket", "mqtt", "json-log"] {
            let text = try await run("plugins", name)
            #expect(text.status == 0 && text.output.contains(name))
        }
    }

    @Test("the repository's configurations and examples have no mistakes")
    func repository() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        #expect(try await ServerProcess.run(["check"], in: root.path).status == 0)
    }

    @Test("options of a broker that exclude each other are told at their place")
    func brokerOptions() async throws {
        func plugins(_ options: String) -> String {
            "{\n  \"sources\": [\n    { \"plugin\": \"mqtt-scanners\", \(options) }\n  ]\n}\n"
        }
        let wrong = [
            (#""broker": "mqtt://a", "tls": {}"#, "3:63: error: “tls” is for brokers of mqtts://"),
            (#""broker": "mqtts://a", "tls": { "key": "k" }"#, "3:64: error: a certificate needs its key"),
            (#""broker": "mqtt://a", "password": "x""#, "3:68: error: “password” needs a “user”"),
            (#""broker": [], "share": "a/b""#, "3:44: error: “broker” has 0 elements"),
        ]
        for (options, message) in wrong {
            let result = try await run("check", plugins: plugins(options))
            #expect(result.status == 78 && result.output.contains("plugins.json:\(message)"), "\(result.output)")
        }
        #expect(try await run("check", plugins: plugins(#""broker": ["mqtts://a", "mqtt://b:1"], "user": "u""#)).status == 0)
        #expect(try await run("check", "--brokers").output == "mqtts://a:8883\nmqtt://b:1\n")
    }

    @Test("a host that is not loopback is refused while everybody may do everything")
    func openHost() async throws {
        let result = try await run("serve", "--host", "0.0.0.0", plugins: Self.minimal)
        #expect(result.status == 78 && result.output.contains("loopback"))
    }

    @Test("an audit of nothing says so")
    func audit() async throws {
        let result = try await run("audit", "--data", "nowhere")
        #expect(result.status == 1 && result.output.contains("there is no journal nowhere/tallywire.db"))
    }

    @Test("a server that is not there is a clear error")
    func noServer() async throws {
        let result = try await run("export", "--server", "http://127.0.0.1:1")
        #expect(result.status == 1 && result.output.contains("http://127.0.0.1:1 does not answer"), "\(result.output)")
    }
}

@Suite("The server as a process", .timeLimit(.minutes(3)))
struct ServerTests {
    @Test("it says that it is ready, serves, delivers to the end, accounts for it and exits with 0")
    func life() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let (status, _) = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","price":7.5}"#)
        #expect(status == 201)
        for _ in 0..<5 {
            let (status, _) = try await server.call(
                .POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":1}]}"#)
            #expect(status == 200)
        }
        #expect(await server.terminate() == 0)
        #expect(server.output.contains("json-log   delivered 9"), "\(server.output)")
        let log = try String(contentsOfFile: server.folder.file("data/events.jsonl"), encoding: .utf8)
        #expect(log.split(separator: "\n").count == 9, "MAIN, product, variant, five changes of stock, one alert")
        #expect(try await server.run("audit").status == 0)
    }

    @Test("--without leaves a sink out, and it catches up when it is back")
    func without() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start(["--without", "json-log"])
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        #expect(await server.terminate() == 0)
        #expect(!server.output.contains("json-log"))
        try await server.start()
        _ = try await server.drained()
        #expect(await server.terminate() == 0)
        let log = try String(contentsOfFile: server.folder.file("data/events.jsonl"), encoding: .utf8)
        #expect(log.split(separator: "\n").count == 3)
    }

    @Test("a ready file that cannot be written ends the server with a clear error")
    func readyFile() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        let result = try await server.run("serve", "--port", "0", "--ready-file", "nowhere/ready.json")
        #expect(
            result.status == 1 && result.output.contains("the ready file nowhere/ready.json cannot be written"), "\(result.output)")
    }

    @Test("a second server on the same journal is refused and names the first")
    func secondServer() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let second = try await server.run("serve", "--port", "0")
        #expect(second.status == 1 && second.output.contains("in use by process"), "\(second.output)")
        #expect(await server.terminate() == 0)
    }

    @Test("a port that is taken is a clear error")
    func portTaken() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let port = try #require(URL(string: server.url)?.port)
        let second = try await server.run("serve", "--port", "\(port)", "--data", "other")
        #expect(second.status == 1 && second.output.contains("127.0.0.1:\(port) is in use"), "\(second.output)")
        #expect(await server.terminate() == 0)
    }

    @Test("an import that cannot know whether a change was made says to run it again")
    func unknownChange() throws {
        let body = Data(#"{"code":"unknown","detail":"no answer came"}"#.utf8)
        let error = #expect(throws: Failure.self) {
            try ServerClient.Response(status: 504, body: body).accepted("stock", ifUnknown: "run the import again")
        }
        #expect(error?.message.contains("stock: no answer came [unknown]\nrun the import again") == true)
        let refused = #expect(throws: Failure.self) {
            try ServerClient.Response(status: 503, body: Data(#"{"code":"unavailable"}"#.utf8)).accepted("x", ifUnknown: "again")
        }
        #expect(refused?.message.contains("again") == false)
    }

    @Test("what export writes import takes, and a second import changes nothing", arguments: ["csv", "json"])
    func exportAndImport(format: String) async throws {
        let first = try ServerProcess(plugins: CommandTests.minimal)
        try await first.start()
        let file = first.folder.file("catalogue.csv")
        let text = """
            productId,product,status,variantId,sku,variant,price,barcodes,lowStockThreshold,rearm,location,stock
            1,"Tee, ""soft""\",active,11,TEE-M,Medium,19.99,4006381333931 14006381333938*12,10,2,WH1,42
            1,"Tee, ""soft""\",active,11,TEE-M,Medium,19.99,4006381333931 14006381333938*12,10,2,STORE,3
            1,"Tee, ""soft""\",active,12,TEE-L,Large,21.50,,5,0,WH1,5
            2,Mug,draft,21,MUG,,7.50,,10,0,,

            """
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let imported = try await first.run("import", file, "--server", first.url)
        #expect(imported.output.contains("4 created, 0 updated, 3 balances counted"), "\(imported.output)")
        let exported = try await first.run("export", "--format", format, "--output", "out.\(format)", "--server", first.url)
        #expect(exported.status == 0, "\(exported.output)")
        let again = try await first.run("import", "out.\(format)", "--server", first.url)
        #expect(again.output.contains("0 created, 0 updated, 0 balances counted"), "\(again.output)")

        let second = try ServerProcess(plugins: CommandTests.minimal)
        try await second.start()
        let copied = try await second.run("import", first.folder.file("out.\(format)"), "--server", second.url)
        #expect(copied.status == 0, "\(copied.output)")
        let copy = try await second.run("export", "--format", "csv", "--server", second.url)
        let original = try await first.run("export", "--format", "csv", "--server", first.url)
        #expect(copy.output == original.output)
        #expect(await first.terminate() == 0)
        #expect(await second.terminate() == 0)
    }

    @Test("a running server comes to what exports of odd catalogues say, and exports the same", arguments: ["csv", "json"], 0..<3)
    func oddCatalogues(format: String, seed: Int) async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        var shop = RandomShop(seed: seed)
        for _ in 0..<3 {
            let file = CatalogueFile(shop.state)
            let text = format == "csv" ? CatalogueCSV.write(file) : CatalogueJSON.write(file)
            try text.write(toFile: server.folder.file("odd.\(format)"), atomically: true, encoding: .utf8)
            let imported = try await server.run("import", "odd.\(format)", "--server", server.url)
            #expect(imported.status == 0, "\(imported.output)")
            let exported = try await server.run("export", "--format", format, "--server", server.url)
            #expect(exported.output.utf8.elementsEqual(text.utf8), "\(exported.output)\n\(text)")
            let again = try await server.run("import", "odd.\(format)", "--server", server.url)
            #expect(again.output.contains("0 created, 0 updated, 0 balances counted"), "\(again.output)")
            shop.change()
        }
        #expect(await server.terminate() == 0)
    }

    @Test("the sample catalogue is imported, and a second time changes nothing")
    func sample() async throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appending(path: "examples/catalogue.csv")
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        #expect(try await server.run("import", file.path, "--server", server.url).output.contains("27 created, 0 updated"))
        let again = try await server.run("import", file.path, "--server", server.url)
        #expect(again.output.contains("0 created, 0 updated, 0 balances counted"), "\(again.output)")
        #expect(await server.terminate() == 0)
    }

    @Test("a server without TLS says so to commands that want it, and the other way round is told too")
    func noTLS() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        let secure = server.url.replacing("http://", with: "https://")
        for command in [["export"], ["tail"], ["tail", "--room", "shop"]] {
            let result = try await ServerProcess.run(command + ["--server", secure], in: server.folder.path)
            #expect(result.status == 1 && result.output.contains("is it http rather than https?"), "\(command): \(result)")
            #expect(!result.output.contains("SSL") && !result.output.contains("Error"), "\(command): \(result)")
            #expect(!result.output.contains("?:"), "\(command): \(result)")
        }
        #expect(await server.terminate() == 0)
    }

    @Test("a new product gets all its variants, whatever ids were used before it")
    func usedIDs() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG","id":40}"#)
        _ = try await server.call(.DELETE, "/api/products/40")
        try "product,variantId,sku,variant\nCup,11,C1,a\nCup,,C2,b\n".write(
            toFile: server.folder.file("cups.csv"), atomically: true, encoding: .utf8)
        let result = try await server.run("import", "cups.csv", "--server", server.url)
        #expect(result.status == 0, "\(result.output)")
        let exported = try await server.run("export", "--server", server.url)
        #expect(exported.output.contains("41,Cup,active,none,11,C1,a,") && exported.output.contains("41,Cup,active,none,12,C2,b,"))
        #expect(await server.terminate() == 0)
    }

    @Test("a request that is too large for the server is told before anything is changed, in a dry run too")
    func noRoom() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start(["--set", "http.limits.body=2KiB"])
        let names = (1...20).map { "Tee,T\($0),\(String(repeating: "x", count: 190))" }.joined(separator: "\n")
        try "product,sku,variant\nMug,MUG,\n\(names)\n".write(
            toFile: server.folder.file("tees.csv"), atomically: true, encoding: .utf8)
        for options in [["--dry-run"], []] {
            let result = try await ServerProcess.run(
                ["import", "tees.csv", "--server", server.url] + options, in: server.folder.path)
            #expect(
                result.status == 1 && result.output.contains("set its http.limits.body higher\nnothing was changed"), "\(result)")
        }
        #expect(try await !server.run("export", "--server", server.url).output.contains("MUG"))
        #expect(await server.terminate() == 0)
    }

    @Test("a mistake in a CSV file is told with its line and column")
    func badCSV() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        try "product,sku,price\nMug,MUG,7.5\nCup,CUP,seven\n".write(
            toFile: server.folder.file("bad.csv"), atomically: true, encoding: .utf8)
        let result = try await server.run("import", "bad.csv", "--server", server.url)
        #expect(result.status == 1 && result.output.contains("bad.csv:3: price: “seven” is no price"), "\(result.output)")
        #expect(await server.terminate() == 0)
    }

    @Test("tail shows what was missed and what comes, of the journal and of a room")
    func tail() async throws {
        let server = try ServerProcess(plugins: CommandTests.minimal)
        try await server.start()
        _ = try await server.call(.POST, "/api/products", #"{"name":"Mug","sku":"MUG"}"#)
        for _ in 0..<3 {
            _ = try await server.call(.POST, "/api/movements", #"{"lines":[{"sku":"MUG","operation":"add","quantity":20}]}"#)
        }
        let journal = try await server.run("tail", "--since", "1", "--count", "5", "--json", "--server", server.url)
        #expect(
            journal.output.split(separator: "\n").count == 5 && journal.output.contains("catalogue_changed"), "\(journal.output)")
        let room = try await server.run("tail", "--room", "shop", "--since", "1", "--count", "3", "--server", server.url)
        #expect(room.output.contains("20 → 40  add 20 at MAIN, 40 there"), "\(room.output)")
        #expect(room.output.split(separator: "\n").count == 3)
        let json = try await server.run("tail", "--room", "shop", "--since", "1", "--count", "1", "--json", "--server", server.url)
        #expect(json.status == 0 && json.output.hasPrefix(#"{"type":"inventory_updated","seq":"#), "\(json.output)")
        let unknown = try await server.run("tail", "--room", "nowhere", "--server", server.url)
        #expect(unknown.status == 64 && unknown.output.contains("there is no room"), "\(unknown.output)")
        #expect(await server.terminate() == 0)
        let gone = try await server.run("tail", "--room", "shop", "--server", server.url)
        #expect(gone.status == 1 && gone.output.contains("error: no server answers at 127.0.0.1"), "\(gone.output)")
    }
}
