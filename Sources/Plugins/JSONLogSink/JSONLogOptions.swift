import TallywirePipeline

/// The options of `json-log`. Their defaults stand in its schema.
struct JSONLogOptions: Decodable, Sendable {
    var path: String
    var rotate: Rotation
    var fsync: FlushPolicy

    struct Rotation: Decodable, Sendable {
        /// The file grows up to this; a line that is larger by itself gets a file of its own.
        var size: ByteSize
        /// Old files.
        var keep: Int
    }
}

/// When lines are flushed to the disk.
enum FlushPolicy: Equatable, Sendable {
    /// Before a batch counts as delivered.
    case batch
    /// At most so long after they were written.
    case every(Duration)
    case never
}

extension FlushPolicy: Decodable {
    private enum Key: CodingKey { case every }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.container(keyedBy: Key.self) {
            self = .every(try container.decode(Duration.self, forKey: .every))
        } else {
            self = try decoder.singleValueContainer().decode(String.self) == "never" ? .never : .batch
        }
    }
}
