import TallywireCore
import TallywireProtocol

extension TallywireClient {
    // MARK: Rooms

    /// Joins a room and stays in it over all connections. Returns when the room's values have come.
    ///
    /// May be called before ``run()``. A caller that is cancelled stops waiting, and the room is joined all the same.
    ///
    /// - Parameters:
    ///   - room: The room's name: one of plugins.json, `product:ID`, `variant:ID` or `location:CODE`.
    ///   - snapshot: Whether the room's values come first. Default: as in the configuration.
    ///   - since: Everything up to this position is known already.
    /// - Throws: ``Failure`` with the server's code if the server refuses the room, which is then not tried again. `closed` if
    ///   ``run()`` has ended or the room was left before.
    @discardableResult
    public func join(_ room: String, snapshot: Bool? = nil, since: Position? = nil) async throws -> Joined {
        let room = Room.name(room)
        let joined = try await wait(for: .room(room)) { core in
            let wanted = core.replica.follows.rooms[room] ?? Room(room, wantsSnapshot: snapshot ?? core.configuration.snapshot)
            core.replica.follows.rooms[room] = wanted
            core.replica.follows.rooms[room]?.refusal = nil
            if wanted.position == nil { core.replica.follows.rooms[room]?.since = since }
            core.join(room, .now)
        }
        return joined ?? Joined(room: room, seq: 0, isRecovered: nil)
    }

    /// Leaves a room. Items that nothing else follows are removed at once. A few of the room's events may still come.
    public func leave(_ room: String) { act { $0.leave(Room.name(room)) } }

    // MARK: Tracking

    /// Follows products and variants by id, whether or not they exist. Returns when their values have come.
    ///
    /// May be called before ``run()``. A caller that is cancelled stops waiting, and the items are tracked all the same.
    ///
    /// - Throws: ``Failure`` with `too_many_tracked` or another code of the server; the items are then not tracked. `closed` if
    ///   ``run()`` has ended.
    public func track(products: [ProductID] = [], variants: [VariantID] = []) async throws {
        _ = try await wait(for: .tracked) { core in
            let added = core.replica.follows.track(ClientMessage.Items(products: products, variants: variants))
            core.track(added, .now)
        }
    }

    /// Stops following these items. Items that nothing else follows are removed. A default variant, whose key does not contain its
    /// id, is removed only when no variant is tracked any more.
    public func untrack(products: [ProductID] = [], variants: [VariantID] = []) {
        act { $0.untrack(ClientMessage.Items(products: products, variants: variants)) }
    }

    // MARK: The connection

    /// Returns when the client is live: connected, with everything known. Throws `closed` if ``run()`` ends before that.
    public func waitUntilLive() async throws { _ = try await wait(for: .live) { _ in } }

    /// Checks the connection after something made it doubtful: the app came to the foreground, or the network changed. The server
    /// has to answer within two seconds. If the client is waiting to reconnect, it does so now.
    public func wake() {
        let endPause = act { core in
            core.probe(within: .seconds(2), .now)
            return core.endPause
        }
        endPause?()
    }

    /// Replaces the token, because another user signed in or the user signed out: asks the configuration's closure for another
    /// token, and connects again with it.
    public func replaceToken() {
        tokens.discard()
        let endPause = act { core in
            core.replica.follows.update { $0.refusal = nil }
            core.session?.comeBackAfter = .zero
            core.session?.fail(Failure(.disconnected, "another token takes the place of the last one"))
            return core.endPause
        }
        endPause?()
    }

    // MARK: Waiting

    private func wait(for goal: Waiters.Goal, _ start: (inout Core) -> Void) async throws -> Joined? {
        let id = act { $0.nextWaiter() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { answer in
                act { core in
                    start(&core)
                    core.waiters.add(id, goal, answer)
                    if Task.isCancelled { return core.waiters.reject(id, CancellationError()) }
                    if core.state.phase == .closed {
                        return core.waiters.reject(id, Failure(.closed, "the client does not run any more"))
                    }
                    core.settle()
                }
            }
        } onCancel: {
            act { $0.waiters.reject(id, CancellationError()) }
        }
    }
}
