import Foundation
import TallywireConfiguration
import Testing

@testable import WebhookSink

@Suite("What a webhook's answer means")
struct WebhookAnswerTests {
    private let now = Date(timeIntervalSince1970: 784_111_777)

    private func answer(_ status: Int, retryAfter: String? = nil) -> WebhookAnswer {
        WebhookAnswer(status: status, reason: "R", retryAfter: retryAfter, now: now)
    }

    @Test("the secret of the standard's examples signs as they do")
    func vector() throws {
        let key = try WebhookKey("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let signature = try key.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("2xx is delivered, 410 ends, other 4xx are refusals, everything else is tried again")
    func statuses() {
        for status in [200, 201, 202, 204, 299] { #expect(answer(status) == .delivered) }
        #expect(answer(410) == .gone)
        for status in [400, 401, 403, 404, 408, 413, 422, 499] {
            #expect(answer(status) == .refused("the receiver answered \(status) R"))
        }
        for status in [429, 500, 502, 503, 504, 599] {
            #expect(answer(status) == .again("the receiver answered \(status) R", after: nil))
        }
    }

    @Test("Retry-After is a number of seconds or a date, and at most a day")
    func retryAfter() {
        func after(_ text: String) -> Duration? {
            guard case .again(_, let after) = answer(503, retryAfter: text) else { return nil }
            return after
        }
        #expect(after("120") == .seconds(120) && after(" 0 ") == .zero)
        // RFC 9110's own example, which is 60 seconds after the time of this test.
        #expect(
            WebhookAnswer(status: 429, reason: "", retryAfter: "Sun, 06 Nov 1994 08:49:37 GMT", now: now - 60)
                == .again("the receiver answered 429", after: .seconds(60)))
        #expect(after("Sun, 06 Nov 1994 08:00:00 GMT") == .zero)
        #expect(after("999999999") == .seconds(86_400) && after("99999999999999999999999") == .seconds(86_400))
        #expect(after("Fri, 31 Dec 9999 23:59:59 GMT") == .seconds(86_400))
        for text in ["", "soon", "-5", "1.5", "\u{0}", "12 s"] { #expect(after(text) == nil) }
    }

    @Test("options that contradict each other are refused with the option")
    func options() {
        func mistake(_ options: WebhookOptions) -> OptionError? {
            do throws(OptionError) { try options.validate() } catch { return error }
            return nil
        }
        let url = "https://shop.example/hook"
        #expect(mistake(WebhookFixture.options(url)) == nil)
        #expect(mistake(WebhookFixture.options(url, batch: 2))?.path == ["batch"])
        #expect(mistake(WebhookFixture.options("https://me:MARKED@shop.example"))?.path == ["url"])
        #expect(mistake(WebhookFixture.options("https://me:MARKED@shop.example"))?.message.contains("MARKED") == false)
        #expect(mistake(WebhookFixture.options(url, headers: ["X-A": "a\r\nb"]))?.path == ["headers", "X-A"])
        #expect(mistake(WebhookFixture.options(url, tls: .init(certificate: "c.pem")))?.path == ["tls"])
    }

    @Test(
        "names of headers that the sink sets itself, and names that are none, are refused",
        arguments: [
            "Host", "Webhook-Id", "content-length", "a b", "", "x:", "é", String(repeating: "x", count: 129),
        ])
    func headerNames(name: String) {
        #expect(TextRule.headerName.mistake(name) != nil)
        #expect(TextRule.headerName.mistake("X-Shop_1") == nil)
    }
}
