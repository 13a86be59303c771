/// The version of this server, as `--version`, `/health` and the status topics show it.
public let tallywireVersion = "0.1.0"
