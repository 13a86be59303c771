import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

extension PeerClient {
    /// Fetches a copy of the journal of the node at `address` into the file at `path`, which must not be there yet. Returns the bytes.
    ///
    /// The file is on disk when the method returns. If the method throws, there is none.
    public func fetchJournal(of address: String, to path: String, within limit: Duration = .seconds(600)) async throws -> Int {
        let request = request("/internal/snapshot", of: address)
        let response = try await begin(request, within: limit)
        guard response.status == .ok else { throw await Self.refusal(response, of: request.url) }
        let expected = response.headers.first(name: "content-length").flatMap { Int($0) }
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o640]),
            let file = FileHandle(forWritingAtPath: path)
        else { throw PeerError(description: "\(path) cannot be written") }
        do {
            var count = 0
            for try await piece in response.body {
                try file.write(contentsOf: Data(piece.readableBytesView))
                count += piece.readableBytes
            }
            try file.synchronize()
            try file.close()
            guard expected == nil || expected == count else {
                throw PeerError(description: "\(request.url) sent \(count) bytes of \(expected ?? 0)")
            }
            return count
        } catch {
            try? file.close()
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }
}
