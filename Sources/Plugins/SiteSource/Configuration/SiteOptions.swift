import Foundation
import TallywireConfiguration
import TallywireCore
import TallywirePipeline

/// The options of `tallywire-site`. The schema has their defaults.
struct SiteOptions: Decodable, Sendable {
    var url: Addresses
    var site: String?
    var token: String?
    var catalogue = false
    var timeout = Duration.seconds(15)
    var recheck = Duration.seconds(2)
    var tls = TLSFiles()

    /// One address, or those of several nodes.
    struct Addresses: Decodable, Sendable {
        let all: [String]

        init(_ all: [String]) { self.all = all }

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let one = try? value.decode(String.self) { all = [one] } else { all = try value.decode([String].self) }
        }
    }

    /// What is wrong with the options and no schema can express.
    func mistakes() -> [OptionError] {
        var mistakes: [OptionError] = []
        for url in url.all {
            let parts = URLComponents(string: url)
            if parts?.user != nil || parts?.password != nil {
                mistakes.append(OptionError("url", message: "a URL has no name and no password: the site takes a “token”"))
            } else if parts?.query != nil || parts?.fragment != nil {
                mistakes.append(OptionError("url", message: "the URL is that of the site's server, without “?” and “#”"))
            }
        }
        if let mistake = tls.mistake { mistakes.append(mistake) }
        return mistakes
    }

    /// The site's name for an entry that is called `name`.
    func name(of entry: String) throws(SiteFailure) -> SiteName {
        let name = site ?? entry
        guard name.utf8.count <= SiteName.limit else {
            throw SiteFailure(
                "the entry's name “\(name)” has more than \(SiteName.limit) characters, which leaves no room for codes of locations: give a “site”"
            )
        }
        return SiteName(text: name)
    }

    /// What `check --connect` finds: whether each address is that of a Tallywire that takes the token.
    func problems(_ context: ProbeContext) async -> [OptionError] {
        do throws(SiteFailure) {
            _ = try name(of: context.name)
        } catch {
            return [OptionError("site", message: error.description)]
        }
        var problems: [OptionError] = []
        for index in url.all.indices {
            var one = self
            one.url = Addresses([url.all[index]])
            do {
                let client = try SiteClient(one, version: "check")
                defer { client.close() }
                let (_, position) = try await client.locations()
                if position.epoch == context.epoch {
                    problems.append(OptionError("url", message: "this is this server itself, and not another one"))
                }
                // Whoever may read locations may not yet read all events. The stream is closed unread.
                _ = try await client.stream(after: position)
            } catch {
                problems.append(OptionError("url", message: "\(error)"))
            }
        }
        return problems
    }
}
