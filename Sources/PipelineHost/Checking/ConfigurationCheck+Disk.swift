import TallywireConfiguration

/// Checks `journal.disk`.
extension ConfigurationCheck {
    mutating func checkDisk(_ root: ConfigurationValue, _ checked: ConfigurationValue?) {
        // Values that cannot be read are reported where the schema is checked.
        guard let place = root["journal"]?["disk"], let checked = checked?["journal"]?["disk"],
            let disk = try? checked.decode(JournalSettings.Disk.self), disk.stop > disk.warn
        else { return }
        check.report(
            place.origin,
            "journal.disk.stop is \(disk.stop), and warn \(disk.warn): the warning has to come first, so warn is the larger one")
    }
}
