/// The version of this server, as `--version`, `/health`, the status topics and the packages show it.
///
/// It stands here and nowhere else: `scripts/version` reads it from this line.
public let tallywireVersion = "0.1.0"
