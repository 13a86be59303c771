import HTTPPort
import HTTPTypes
import TallywireRequests
import Testing

@testable import TallywireHTTP

@Suite("Bodies that are nested too deeply")
struct NestingTests {
    @Test("513 brackets are a body that is no JSON, and the server lives", arguments: ["[", #"{"lines":"#])
    func nesting(open: String) {
        let body = Array((String(repeating: open, count: 512) + "[").utf8)
        let problem = #expect(throws: Problem.self) { try BodyDecoder().decode(MovementBody.self, from: body) }
        #expect(problem?.status == .badRequest && problem?.code == "invalid_request")
        #expect(throws: Problem.self) { try BodyDecoder().decode(BatchBody<MovementBody>.self, from: body) }
    }
}
