import HTTPTypes
import Hummingbird

extension Response {
    /// The file at `path`, which has `bytes` bytes. `holder` is held until the file was sent, or until nobody can send it any more.
    package static func file(
        _ path: String, bytes: Int, mediaType: String, headers: HTTPFields = [:], holding holder: any Sendable,
        context: some RequestContext
    ) async throws -> Response {
        let file = try await FileIO().loadFile(path: path, context: context)
        var headers = headers
        headers[.contentType] = mediaType
        headers[.contentLength] = "\(bytes)"
        headers[.connection] = "close"
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody(contentLength: bytes) { writer in
                try await file.write(writer)
                withExtendedLifetime(holder) {}
            })
    }
}
