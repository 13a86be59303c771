import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import TallywireCore
import Testing

@testable import TallywireHTTP

@Suite("The files that are served", .timeLimit(.minutes(3)))
struct WebFileTests {
    private static let repository = URL(filePath: #filePath).appending(path: "../../..").standardized
    private static func text(_ file: WebFile) -> String { String(buffer: file.bytes) }
    /// What the first group of `pattern` stands for in the file, wherever it matches. Swift's own expressions take seconds in a debug build.
    private static func matches(of pattern: String, in file: WebFile) throws -> [String] {
        let text = text(file)
        let expression = try NSRegularExpression(pattern: pattern, options: .anchorsMatchLines)
        return expression.matches(in: text, range: NSRange(text.startIndex..., in: text)).map { match in
            Range(match.range(at: match.numberOfRanges - 1), in: text).map { String(text[$0]) } ?? ""
        }
    }

    private static let pages = WebFile.all.filter { $0.source.hasSuffix(".html") }
    private static let scripts = WebFile.all.filter { $0.source.hasSuffix(".js") }

    @Test("every file of a page is in the program, as it lies in the repository, under one path")
    func embedded() throws {
        let folder = Self.repository.appending(path: "web")
        let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path)
        let files = names.filter { !$0.hasSuffix(".md") && $0.contains(".") }.map { "web/\($0)" }
        let library = try FileManager.default.contentsOfDirectory(atPath: Self.repository.appending(path: "clients/js").path)
        let modules = library.filter { $0.hasSuffix(".js") || $0.hasSuffix(".css") }.map { "clients/js/\($0)" }
        #expect(Set(WebFile.all.map(\.source)).isSuperset(of: files + modules))
        #expect(Set(WebFile.all.map(\.path)).count == WebFile.all.count)
        for file in WebFile.all {
            let bytes = try Data(contentsOf: Self.repository.appending(path: file.source))
            #expect(Data(file.bytes.readableBytesView) == bytes, "\(file.source)")
            #expect(!file.mediaType.hasPrefix("text/plain"), "\(file.source)")
        }
    }

    @Test("all that a page refers to is served, and nothing is loaded from elsewhere", arguments: pages)
    func references(page: WebFile) throws {
        let served = Set(WebFile.all.map(\.path)).union(["/openapi.json", "/asyncapi.json", "/metrics", "/health/ready"])
        let base = try #require(URL(string: "http://server\(page.path)"))
        let references = try Self.matches(of: #"(?:src|href)="([^"]*)""#, in: page)
        for reference in references where !reference.hasPrefix("#") {
            #expect(!reference.hasPrefix("/"), "\(page.source) refers to \(reference), which a proxy may have put under a path")
            let path = URL(string: reference, relativeTo: base)?.path ?? ""
            #expect(path.hasPrefix("/api/") || served.contains(path), "\(page.source) refers to \(reference)")
        }
    }

    @Test(
        "from its address with a slash at the end, where relative addresses would lead astray, a page sends back", arguments: pages)
    func slash(page: WebFile) async throws {
        guard page.path != "/" else { return }
        try await Shop().open { client in
            let response = try await client.client.execute(uri: page.path + "/", method: .get)
            #expect(response.status == .temporaryRedirect)
            let location = try #require(response.headers[.location])
            #expect(
                URL(string: location, relativeTo: URL(string: "http://server/stock\(page.path)/"))?.path == "/stock" + page.path)
        }
    }

    @Test("every module that a script imports is served", arguments: scripts)
    func imports(script: WebFile) throws {
        let served = Set(WebFile.all.map(\.path))
        let base = try #require(URL(string: "http://server\(script.path)"))
        for name in try Self.matches(of: #"^(?:import|export)\s[^;]*?from\s+["']([^"']+)["']"#, in: script) {
            // React comes from the page that uses it.
            // A proxy may have put the server under a path, so none begins at the root.
            guard name.hasPrefix(".") else {
                #expect(script.isLibrary && name == "react", "\(script.source) imports \(name)")
                continue
            }
            #expect(served.contains(URL(string: name, relativeTo: base)?.path ?? ""), "\(script.source) imports \(name)")
        }
    }

    @Test("no page has a script or a style within, which its own policy would refuse", arguments: pages)
    func noInlineCode(page: WebFile) throws {
        #expect(try Self.matches(of: #"<script(?![^>]*\ssrc=)"#, in: page).isEmpty)
        #expect(try Self.matches(of: #"<style|\sstyle=|\son\w+="#, in: page).isEmpty)
    }

    @Test("no script makes markup or code of text", arguments: scripts)
    func noMarkupFromData(script: WebFile) throws {
        let text = Self.text(script)
        for unsafe in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
            #expect(text.range(of: unsafe) == nil, "\(script.source) has \(unsafe)")
        }
    }

    @Test("each comes with its media type, its policy and a tag, and is not sent again to whoever has it")
    func answers() async throws {
        try await Shop().open { client in
            for file in WebFile.all {
                let response = try await client.client.execute(uri: file.path, method: .get)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == file.mediaType)
                #expect(response.body == file.bytes)
                let policy = response.headers[.contentSecurityPolicy] ?? ""
                for part in [
                    "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'",
                ] {
                    #expect(policy.contains(part))
                }
                #expect(policy.contains("trusted-types \(file.path == "/scan" ? "tallywire-worker" : "'none'")"))
                #expect(!policy.contains("unsafe"))
                #expect(response.headers[.xContentTypeOptions] == "nosniff")
                #expect((response.headers[.accessControlAllowOrigin] == "*") == file.isLibrary)
                let tag = try #require(response.headers[.eTag])
                let again = try await client.client.execute(uri: file.path, method: .get, headers: [.ifNoneMatch: tag])
                #expect(again.status == .notModified)
                #expect(again.body.readableBytes == 0)
                let other = try await client.client.execute(uri: file.path, method: .get, headers: [.ifNoneMatch: "\"0\""])
                #expect(other.status == .ok)
            }
        }
    }

    @Test("from a folder each is read anew at each request, and one that is missing is named")
    func folder() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "pages-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = try #require(WebFile.all.first { $0.path == "/" })
        let place = folder.appending(path: file.source)
        try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        let shop = try Shop(pages: folder.path)
        try await shop.open { client in
            for text in ["<p>one", "<p>two"] {
                try Data(text.utf8).write(to: place)
                let response = try await client.client.execute(uri: "/", method: .get)
                #expect(String(buffer: response.body) == text)
            }
            let missing = try await client.get("/favicon.svg", 503)
            #expect(missing.detail.contains("web/shared/favicon.svg"))
        }
    }
}
