/// What fills in what a payload leaves out.
struct ScanDefaults {
    let device: String
    let settings: DeviceSettings
    let location: String
    /// The current year, which tells the century of a date of two digits.
    let year: Int
}
