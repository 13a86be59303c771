import Logging
import Mosquitto
import TallywireCore
import TallywireEngine
import TallywirePipeline

/// From outcomes to the scanners.
extension ScanService {
    /// Has the answers to `batch` published, after those to the batches before it.
    mutating func publish(_ answers: [MQTTMessage], to batch: InboundBatch) {
        let publication = Publication(batch: batch, answers: answers, result: Promise(onChange: onChange))
        publications.append(publication)
        if answers.isEmpty {
            publication.result.set(.success([]))
        } else {
            answering.publish(answers) { publication.result.set($0) }
        }
    }

    /// Sees to it that the broker has all answers, or has said that it will not take some, and acknowledges the batch. Answers `false` if
    /// the task was cancelled before that.
    mutating func conclude(_ publication: Publication, _ first: Result<[PublishResult], any Error>) async -> Bool {
        var result = first
        var failures = 0
        while true {
            switch result {
            case .success(let results):
                note(refusalsAmong: results, of: publication.answers)
                publication.batch.acknowledge()
                return true
            case .failure(let error):
                // The first failure may be that the client was not connected yet.
                if failures > 0 { guard await pause(failures, "\(error)") else { return false } }
                failures += 1
                result = await answering.publishAgain(publication.answers)
            }
        }
    }

    private mutating func note(refusalsAmong results: [PublishResult], of answers: [MQTTMessage]) {
        for (answer, result) in zip(answers, results) {
            guard let reason = result.refusal else { continue }
            let topic = answer.topic.excerpt
            context.status.update { $0.lastError = "the answer to \(topic) was refused: \(reason)" }
            // Once, and then ever more rarely: a scanner whose answers are refused scans again.
            refusedAnswers += 1
            if refusedAnswers.nonzeroBitCount == 1 {
                context.logger.warning(
                    "An answer was refused.",
                    metadata: ["topic": "\(topic)", "reason": "\(reason)", "refused": "\(refusedAnswers)"])
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
