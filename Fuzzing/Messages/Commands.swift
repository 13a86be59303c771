import TallywireCore

/// A command as one node sends it to another: one that can be read is the same after it was written again.
@Sendable func readCommand(_ bytes: [UInt8]) {
    guard let command = try? Command(encoded: bytes) else { return }
    let again = (try? command.encoded()).flatMap { try? Command(encoded: $0) }
    require(again == command, "a command is read otherwise than it was written: \(command)")
}
