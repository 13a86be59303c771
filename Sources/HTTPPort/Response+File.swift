import HTTPTypes
import Hummingbird

extension Response {
    /// The file at `path`, which has `bytes` bytes. `whenDone` is called once, when the file was sent or the connection has ended.
    package static func file(
        _ path: String, bytes: Int, mediaType: String, headers: HTTPFields = [:], context: some RequestContext,
        whenDone: @escaping @Sendable () -> Void
    ) async throws -> Response {
        do {
            let file = try await FileIO().loadFile(path: path, context: context)
            var headers = headers
            headers[.contentType] = mediaType
            headers[.contentLength] = "\(bytes)"
            headers[.connection] = "close"
            return Response(
                status: .ok, headers: headers,
                body: ResponseBody(contentLength: bytes) { writer in
                    defer { whenDone() }
                    try await file.write(writer)
                })
        } catch {
            whenDone()
            throw error
        }
    }
}
