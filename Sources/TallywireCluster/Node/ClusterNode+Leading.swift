import Logging
import Synchronization
import TallywireEngine

/// How a node leads.
extension ClusterNode {
    func claim(_ sight: LogSight, _ claim: LeaderClaim) async {
        let term: Term?
        do { term = try await log.takeOver(sight, as: claim) } catch { return }
        if let term {
            positions = LeaderPositions()
            let writer = LogWriter(
                node: configuration.node, term: term, head: sight.head, format: LogEntry.oldestFormat,
                makeID: { TimeOrderedID.make(at: .now) })
            appends = LogAppends(
                log: log, journal: journal, writer: writer, positions: positions, limits: configuration.trimming)
        }
        handle(.claimed(term))
    }

    func append(_ content: LogEntry.Content) async {
        guard let appends else { return }
        let result: Result<LogEntry, LogFailure>
        do throws(LogFailure) { result = .success(try await appends.append(content)) } catch { result = .failure(error) }
        handle(.appended(result))
    }

    func startEngine(_ term: Term) {
        guard let appends else { return }
        let commits = CommitQueue()
        let journal = LogJournal(journal, commits: commits, positions: positions)
        do {
            let beginning = EngineBeginning(state: applier.giveState(), clocks: try self.journal.clocks())
            let engine = InventoryEngine(
                takingOver: beginning, journal: journal, feed: feed, configuration: configuration.engine, logger: logger)
            self.engine = engine
            self.commits = commits
            spawn { await appends.serve(commits, ended: { await self.committed($0) }) }
            deciding.withLock { $0 = engine }
            newLeadership.yield(Leadership(term: term, gateway: engine, journal: journal))
            logger.notice("This node leads.", metadata: ["node": "\(configuration.node)", "term": "\(term)"])
            gateway.lead(with: forwardedCommands(to: engine))
            spawn {
                await engine.hasEnded()
                commits.end()
                await self.engineEnded(engine)
            }
            // What the nodes read decides the format of the next entries. Until it is known, every node reads the oldest.
            spawn { await self.keepLog() }
        } catch {
            handle(.failed("the journal cannot be read: \(error)"))
        }
    }

    /// Ends the engine. In order, the positions of sinks are written first, so that the next leader goes on where this one was.
    func endEngine(_ isOrderly: Bool) {
        guard let engine else { return }
        newLeadership.yield(nil)
        spawn { [appends] in
            if isOrderly, let appends {
                do {
                    if let committed = try await appends.commitPositions(olderThan: .zero) {
                        await self.committed(.success(committed))
                    }
                } catch { await self.committed(.failure(error)) }
            }
            await engine.end()
        }
    }

    func engineEnded(_ engine: InventoryEngine) {
        logger.notice("This node leads no longer.", metadata: ["node": "\(configuration.node)"])
        applier.takeBack(engine.takeState())
        self.engine = nil
        deciding.withLock { $0 = nil }
        newLeadership.yield(nil)
        connected = nil
        gateway.disconnect()
        handle(.engineEnded)
    }

    func committed(_ result: Result<LogAppends.Committed, any Error>) {
        switch result {
        case .success(let committed):
            health.answered(at: .now)
            handle(.committed(index: committed.index, since: committed.since - start))
        case .failure(let error as JournalError) where error.code == .tooLarge: break
        case .failure(let error as LogFailure): handle(.failed("\(error)"))
        case .failure: handle(.fenced)
        }
    }

    func beat(_ term: Term) async {
        let since = now
        do {
            try await log.beat(term: term)
            health.answered(at: .now)
            handle(.beaten(true, since: since))
        } catch LogFailure.fenced {
            handle(.fenced)
        } catch {
            handle(.beaten(false, since: since))
        }
    }

    func flushPositions() {
        guard engine != nil, let appends, positions.areWaiting else { return }
        let age = configuration.positionAge
        spawn {
            do {
                if let committed = try await appends.commitPositions(olderThan: age) { await self.committed(.success(committed)) }
            } catch {
                await self.committed(.failure(error))
            }
        }
    }
}
