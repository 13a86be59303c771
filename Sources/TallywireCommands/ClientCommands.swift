import ArgumentParser

/// The commands that work beside a server or without one. The server's command line has them besides its own.
package enum ClientCommands {
    package static let scan: any ParsableCommand.Type = Scan.self
    package static let tail: any ParsableCommand.Type = Tail.self
    package static let `import`: any ParsableCommand.Type = Import.self
    package static let export: any ParsableCommand.Type = Export.self
    package static let reload: any ParsableCommand.Type = ReloadCommand.self
    package static let replay: any ParsableCommand.Type = ReplayCommand.self
    package static let password: any ParsableCommand.Type = Password.self
    package static let mosquittoConfig: any ParsableCommand.Type = MosquittoConfig.self
    package static let top: any ParsableCommand.Type = Top.self
    package static let health: any ParsableCommand.Type = Health.self
    package static let clusterEtcd: any ParsableCommand.Type = ClusterEtcd.self
}
