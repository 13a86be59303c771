import Foundation

/// A small file that is mapped into memory. A store into the page survives the process, however the process ends. A power cut may
/// lose the store.
///
/// Sendable because its address and its length never change, and because the page is unmapped with its last owner. The owner says
/// which thread stores where.
package final class MappedPage: @unchecked Sendable {
    package let address: UnsafeMutableRawPointer
    private let length: Int
    private let name: String

    /// Maps `length` bytes of the file at `path`, and creates the file if there is none. `purpose` says in an error what the file
    /// is for.
    package init(path: String, length: Int, purpose: String) throws(JournalError) {
        name = "\(path), \(purpose),"
        self.length = length
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o640)
        guard descriptor >= 0 else { throw Self.failure(name) }
        defer { close(descriptor) }
        try FolderOwner.give(descriptor, at: path)
        guard ftruncate(descriptor, off_t(length)) == 0,
            let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), address != MAP_FAILED
        else { throw Self.failure(name) }
        self.address = address
    }

    deinit { munmap(address, length) }

    private static func failure(_ name: String) -> JournalError {
        JournalError(.storage, "\(name) cannot be written: \(String(cString: strerror(errno)))")
    }

    package func begins(with bytes: [UInt8]) -> Bool {
        UnsafeRawBufferPointer(start: address, count: bytes.count).elementsEqual(bytes)
    }

    package func store(_ bytes: some Sequence<UInt8>, at offset: Int = 0) {
        for (index, byte) in bytes.enumerated() { address.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self) }
    }

    /// Makes every byte 0.
    package func clear() { address.initializeMemory(as: UInt8.self, repeating: 0, count: length) }

    /// Waits until the whole page is on disk.
    package func flush() throws(JournalError) {
        guard msync(address, length, MS_SYNC) == 0 else { throw Self.failure(name) }
    }
}
