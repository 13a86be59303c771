import HTTPPort
import HTTPTypes
import Hummingbird
import PipelineHost
import TallywireConfiguration
import TallywireCore
import TallywireEngine

/// `/api/configuration`: what runs, and reading plugins.json again.
extension InventoryAPI {
    func getConfiguration(_ request: Request, _ context: APIContext) async throws -> Response {
        _ = try QueryReader(request, parameters: [])
        let running = try configurationControl.running
        return .json(headers: headers(at: feed.head), capacity: 4_096) { json in
            json.object { json in
                json.member("revision", Int64(running.revision))
                json.key("configuration")
                json.raw(running.configuration.json.utf8)
            }
        }
    }

    func reloadConfiguration(_ request: Request, _ context: APIContext) async throws -> Response {
        do {
            let report = try await configurationControl.reload()
            return .json(headers: headers(at: feed.head)) { report.write(to: &$0) }
        } catch let error as ConfigurationError {
            throw Problem.invalidConfiguration(error)
        } catch is ServerIsEnding {
            throw Problem.unavailable("the server is shutting down")
        }
    }

    private var configurationControl: any ConfigurationControl {
        get throws {
            guard let control else { throw Problem.unavailable("this server was composed by a program, and has no file to read") }
            return control
        }
    }
}

extension Problem {
    static func invalidConfiguration(_ error: ConfigurationError) -> Problem {
        var problem = Problem(
            .unprocessableContent, code: "invalid_configuration", title: "The configuration has mistakes, and nothing was changed",
            detail: error.description)
        problem.mistakes = error.diagnostics.map { Mistake(file: $0.file, line: $0.line, column: $0.column, message: $0.message) }
        return problem
    }
}

extension ReloadReport {
    func write(to json: inout JSONWriter) {
        json.object { json in
            func write(_ name: StaticString, _ list: [String]) {
                json.array(name) { json in
                    for text in list { json.string(text) }
                }
            }
            write("applied", applied)
            write("started", started)
            write("stopped", stopped)
            write("restarted", restarted)
            json.array("restartNeeded") { json in
                for pending in restartNeeded {
                    json.object { json in
                        json.member("path", pending.path)
                        json.member("reason", pending.reason)
                    }
                }
            }
            json.member("revision", Int64(revision))
        }
    }
}
