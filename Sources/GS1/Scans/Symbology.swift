/// The kinds of symbols, as far as scanners send different data for them.
///
/// GS1 General Specifications, section "Transmission of data", and AIM's ISO/IEC 15424 for the identifiers.
public enum Symbology: String, Hashable, Sendable, CaseIterable {
    /// GS1-128, without a composite component beside it.
    case gs1Code128
    /// GS1-128 with a composite component beside it.
    case gs1Code128Composite
    /// GS1 DataBar Expanded and Expanded Stacked. Scanners send the whole DataBar family and composites in this way.
    case dataBarExpanded
    /// GS1 DataBar Omnidirectional, Truncated, Stacked: a GTIN, optionally with a composite component.
    case dataBarOmnidirectional
    /// GS1 DataBar Limited: a GTIN of indicator 0 or 1, optionally with a composite component.
    case dataBarLimited
    /// EAN-13. Scanners also send UPC-A and UPC-E in this way, with leading zeros.
    case ean13
    /// EAN-8.
    case ean8
    /// UPC-A.
    case upcA
    /// UPC-E.
    case upcE
    /// Interleaved 2 of 5. With fourteen digits, the symbol is an ITF-14.
    case itf
    /// QR Code and GS1 QR Code.
    case qrCode
    /// Data Matrix and GS1 DataMatrix.
    case dataMatrix
    /// DotCode and GS1 DotCode.
    case dotCode
    /// Code 128 without FNC1.
    case code128
    /// Code 39.
    case code39
    /// Code 93.
    case code93
    /// Codabar.
    case codabar
    /// PDF417.
    case pdf417
    /// Aztec Code.
    case aztec
    /// MaxiCode.
    case maxiCode
    /// Any other symbology for which AIM has an identifier.
    case other
}
