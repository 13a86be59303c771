/// FNV-1a with 64 bits (draft-eastlake-fnv): a number that is the same in every process, for ids that have to be.
enum StableHash {
    static func of(_ texts: [String]) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in texts {
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
            // A byte that no UTF-8 has, so that the border between two texts counts.
            hash = (hash ^ 0xff) &* 0x0000_0100_0000_01b3
        }
        return hash
    }
}
