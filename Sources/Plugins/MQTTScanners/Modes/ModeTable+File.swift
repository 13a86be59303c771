import Foundation
import TallywirePipeline

/// The modes in a source's file.
extension ModeTable {
    private struct Stored: Codable {
        var devices: [String: Device]
    }

    /// The modes that were stored last; none without a file. Throws if the file is damaged: a scan would mean something else without its
    /// mode.
    static func load(from file: SourceFile?) throws -> [String: Device] {
        guard let file, let content = try file.content() else { return [:] }
        do {
            return try JSONDecoder().decode(Stored.self, from: content).devices
        } catch {
            throw DamagedModes(path: file.path)
        }
    }

    /// Stores the modes. They are on disk when this returns.
    static func store(_ devices: [String: Device], in file: SourceFile?) throws {
        try file?.replace(with: JSONEncoder().encode(Stored(devices: devices)))
    }
}

private struct DamagedModes: Error, CustomStringConvertible {
    let path: String

    var description: String {
        "\(path) does not hold the modes of devices that control codes have set: remove it, and let workers scan their control codes again"
    }
}
