import Logging
import ServiceLifecycle
import Systemd
import TallywireCluster
import TallywireEngine

/// Tells systemd that the server is alive, and when it ends. It is the first that a shutdown reaches.
struct Supervision: Service {
    let supervisor: Supervisor
    let core: any InventoryCore
    let logger: Logger
    /// Leaves new connections to the next process, if systemd keeps the listening socket open.
    let stopAccepting: @Sendable () -> Void

    func run() async throws {
        await withGracefulShutdownHandler {
            await cancelWhenGracefulShutdown { await keepWatchdog() }
        } onGracefulShutdown: {
            stopAccepting()
            tell(.stopping)
        }
    }

    /// Sends a sign of life twice in each period of the watchdog, each after a turn of the core. While the core takes no turn no sign is
    /// sent, and systemd restarts the server.
    private func keepWatchdog() async {
        guard let period = supervisor.watchdog else {
            // Without a watchdog there is nothing to do until the shutdown.
            try? await gracefulShutdown()
            return
        }
        while !Task.isCancelled {
            await core.takeTurn()
            tell(.watchdog)
            try? await Task.sleep(for: period / 2)
        }
    }

    private func tell(_ notification: ServiceNotification) {
        do { try supervisor.notify(notification) } catch {
            logger.warning("systemd could not be told how the server is.", metadata: ["error": "\(error)"])
        }
    }
}

extension ClusterNode {
    /// Returns when the node has taken a turn on its thread.
    func takeTurn() {}
}
