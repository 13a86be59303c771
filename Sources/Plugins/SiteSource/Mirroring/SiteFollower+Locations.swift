import Logging
import TallywireCore
import TallywireEngine
import TallywirePipeline

extension SiteFollower {
    /// Makes the site's locations here what they are there, as of the event `seq`.
    func mirror(_ there: [SiteLocation], at seq: UInt64) async throws {
        let here = try await context.stock.locations().value.filter { site.has($0.code) }
        var commands: [(code: String, command: Command)] = []
        var codes: Set<String> = []
        for location in there {
            // The site would be this server itself, or one that follows this one.
            if site.has(location.code) {
                missing.add(location: location.code, "it is a location of \(site.text) already: does the site follow this server?")
                continue
            }
            do throws(SiteFailure) {
                let code = try site.location(location.code)
                codes.insert(location.code)
                missing.remove(location: location.code)
                guard let action = action(location, code, here.first { $0.code == code }) else { continue }
                commands.append((location.code, Command(source: context.name, action: action)))
            } catch {
                missing.add(location: location.code, error.description)
            }
        }
        for location in here where !codes.contains(String(location.code.dropFirst(site.prefix.count))) {
            commands.append(
                (
                    String(location.code.dropFirst(site.prefix.count)),
                    Command(source: context.name, action: .removeLocation(location.code))
                ))
        }
        for ((code, _), outcome) in zip(commands, try await submit(commands.map(\.command))) {
            // A location that cannot be removed now has stock or a reservation. The next connection tries again.
            guard let rejection = outcome.rejection else { continue }
            context.logger.warning(
                "A location of the site cannot be the same here.",
                metadata: ["location": "\(code)", "error": "\(rejection.message)"])
        }
        locationsSeq = seq
        // Stock that was refused because its location was missing can be here now.
        if !commands.isEmpty { nextRetry = .now }
    }

    private func action(_ there: SiteLocation, _ code: String, _ here: Location?) -> Command.Action? {
        var name = "\(site.text) \(there.name)"
        if name.isLonger(than: Limits.nameLength) {
            name = String(String.UnicodeScalarView(name.unicodeScalars.prefix(Limits.nameLength)))
        }
        let priority = there.priority ?? 0
        guard let here else {
            return .createLocation(Location(code: code, name: name, sells: there.sells, priority: priority))
        }
        guard here.name != name || here.sells != there.sells || here.priority != priority else { return nil }
        return .updateLocation(code, LocationUpdate(name: name, sells: there.sells, priority: priority))
    }
}
