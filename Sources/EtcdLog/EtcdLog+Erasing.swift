import Foundation

extension EtcdLog {
    /// Deletes everything of the site, if its epoch is `epoch`: for operators who begin a new log after etcd has lost a part of this one.
    /// Whoever leads is fenced. Returns `false`, and deletes nothing, if the site has another epoch, or got it anew meanwhile.
    public func erase(epoch: String) async throws -> Bool {
        guard let found = try await client.once(.init([.get(keys.epoch)])).found(0).first, found.value == Data(epoch.utf8) else {
            return false
        }
        // The revision, and not the value: a late copy of this request must not delete a new log that has the same epoch.
        let request = Etcd_TxnRequest(
            if: [.written(keys.epoch, at: found.revision)], [.delete(keys.all, to: keys.endOfAll)], else: [.get(keys.epoch)])
        let (answer, isRepeat) = try await client.tries(request)
        return answer.succeeded || isRepeat && answer.found(0).isEmpty
    }
}
