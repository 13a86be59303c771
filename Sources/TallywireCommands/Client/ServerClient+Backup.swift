import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1
import TallywireCore

extension ServerClient {
    /// How long the server may take until it begins to send, since it copies its journal first, and the whole answer.
    private static let downloadLimit: TimeAmount = .hours(6)

    /// Fetches the answer to `GET path` into the new file at `file`. If the method throws, there is no file.
    package func download(_ path: String, to file: String) async throws {
        do {
            let response = try await Self.http.execute(request(.GET, path), timeout: Self.downloadLimit)
            guard response.status == .ok else {
                let body = try await response.body.collect(upTo: 1 << 20)
                _ = try Response(status: response.status.code, body: Data(buffer: body)).accepted("GET \(path)")
                throw Failure("error: GET \(path): the server answered \(response.status.code)")
            }
            let expected = response.headers.first(name: "content-length").flatMap { Int($0) }
            try await save(response.body, to: file, expected: expected)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw Failure("error: \(url) does not answer: \(Self.reason(error))")
        }
    }

    private func save(_ body: HTTPClientResponse.Body, to path: String, expected: Int?) async throws {
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o640]),
            let file = FileHandle(forWritingAtPath: path)
        else { throw Failure("error: \(path) cannot be written: check its folder and its permissions") }
        do {
            var count = 0
            for try await piece in body {
                do { try file.write(contentsOf: Data(buffer: piece)) } catch {
                    throw Failure("error: \(path) cannot be written: \(error.localizedDescription)")
                }
                count += piece.readableBytes
            }
            try file.synchronize()
            try file.close()
            guard expected == nil || expected == count else {
                throw Failure("error: the server sent \(count) bytes of \(expected ?? 0): it ended, or the connection was lost")
            }
        } catch {
            try? file.close()
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
    }

    /// Tells the server that a backup of its journal was found to be whole.
    package func noteBackup(seq: UInt64, place: String) async throws {
        var parts = URLComponents()
        parts.queryItems = [URLQueryItem(name: "seq", value: "\(seq)"), URLQueryItem(name: "place", value: place)]
        _ = try await call(.POST, "/api/backup?\(parts.percentEncodedQuery ?? "")").accepted("POST /api/backup")
    }
}
