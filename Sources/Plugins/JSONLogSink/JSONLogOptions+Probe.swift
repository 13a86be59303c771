import Foundation
import TallywirePipeline

extension JSONLogOptions {
    /// What `check --connect` finds: that the log can be written, in a folder that is there or that the server makes for its journal.
    func problems(_ context: ProbeContext) -> [OptionError] {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().standardizedFileURL.path
        let made = context.dataDirectory.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
        guard let problem = FolderProbe.problem(writing: path, createsFolder: folder == made) else { return [] }
        return [OptionError("path", message: problem)]
    }
}
