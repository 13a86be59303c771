import ArgumentParser
import Logging

/// How the server writes its log.
enum LogFormat: String, CaseIterable, ExpressibleByArgument {
    /// A line of text for people: time, level, details as `key=value`, and the message.
    case text
    /// A JSON object a line for programs: see ``JSONLogHandler``.
    case json

    /// What writes the messages of `label` from `level` on to standard error.
    func handler(label: String, level: Logger.Level) -> any LogHandler {
        switch self {
        case .text:
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        case .json: return JSONLogHandler(label: label, logLevel: level, output: .standardError)
        }
    }
}
