import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// From outcomes to the scanners.
extension ScanService {
    /// Publishes until the broker has all answers, or has said that it will not take some.
    func publish(_ answers: [MQTTMessage]) async -> Bool {
        guard !answers.isEmpty else { return true }
        var failures = 0
        while true {
            do {
                let results = try await answering.publish(answers)
                for (answer, result) in zip(answers, results) {
                    guard let reason = result.refusal else { continue }
                    context.logger.warning("An answer was refused.", metadata: ["topic": "\(answer.topic)", "reason": "\(reason)"])
                    context.status.update { $0.lastError = "the answer to \(answer.topic) was refused: \(reason)" }
                }
                return true
            } catch {
                failures += 1
                guard await pause(failures, "\(error)") else { return false }
            }
        }
    }

    /// Pauses before another try. Answers `false` when the task is cancelled.
    func pause(_ failures: Int, _ reason: String) async -> Bool {
        if failures == 1 { context.logger.warning("Scans wait.", metadata: ["reason": "\(reason)"]) }
        context.status.update {
            $0.state = "waiting"
            $0.lastError = reason
        }
        do {
            try await Task.sleep(for: retry.pause(afterFailures: failures))
            return true
        } catch {
            return false
        }
    }
}
