import NIOSSL
import TallywireConfiguration

extension TLSFiles {
    /// How a client speaks TLS with these files, which are read now. Throws the error of the file that cannot be used.
    ///
    /// Certificates are checked, with their names. A certificate without a key, or a key without a certificate, is not shown: see ``mistake``.
    public func configuration() throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authority { configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(authority)) }
        if let certificate, let key {
            configuration.certificateChain = try NIOSSLCertificate.fromPEMFile(certificate).map { .certificate($0) }
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key, format: .pem))
        }
        return configuration
    }
}
