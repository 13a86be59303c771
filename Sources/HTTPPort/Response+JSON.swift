import HTTPTypes
import Hummingbird
import NIOCore
import TallywireCore

extension Response {
    /// A JSON response.
    package static func json(
        _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:], mediaType: String = "application/json", capacity: Int = 512,
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var json = JSONWriter(capacity: capacity)
        write(&json)
        var headers = headers
        headers[.contentType] = mediaType
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }

    /// A problem, with the headers that belong to it.
    package static func problem(_ problem: Problem) -> Response {
        var headers: HTTPFields = [:]
        if let seconds = problem.retryAfter { headers[.retryAfter] = String(seconds) }
        if !problem.allow.isEmpty { headers[.allow] = problem.allow.map(\.rawValue).joined(separator: ", ") }
        if let challenge = problem.challenge { headers[.wwwAuthenticate] = challenge }
        return json(problem.status, headers: headers, mediaType: Problem.mediaType) { problem.write(to: &$0) }
    }
}
