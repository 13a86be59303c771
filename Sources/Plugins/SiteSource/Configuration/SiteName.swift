import TallywireCore

/// The name of a site, and what its locations are called here.
struct SiteName: Hashable, Sendable {
    /// The most characters of a site's name, so that codes of 16 characters fit behind it.
    static let limit = 15
    /// Between a site's name and its own code. A code can have neither `/` nor `+` nor `#`.
    static let separator = ":"

    let text: String

    /// The beginning of the codes of all locations of the site.
    var prefix: String { text + Self.separator }

    /// The code of the site's location `code` here.
    ///
    /// - Throws: why there cannot be such a location.
    func location(_ code: String) throws(SiteFailure) -> String {
        let location = prefix + code
        if let mistake = Command.mistake(inLocation: location) {
            throw SiteFailure(
                "the location “\(code.excerpt)” of \(text) would be “\(location.excerpt)” here, and \(mistake): give the site a shorter name with “site”"
            )
        }
        return location
    }

    /// Whether `location` is one of the site's.
    func has(_ location: String) -> Bool { location.hasPrefix(prefix) }
}
