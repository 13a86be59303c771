/// The kinds of symbols, as far as they differ in what a scanner sends for them.
///
/// GS1 General Specifications, section "Transmission of data", and AIM's ISO/IEC 15424 for the identifiers.
public enum Symbology: String, Hashable, Sendable, CaseIterable {
    /// GS1-128, without a composite component beside it.
    case gs1Code128
    /// GS1-128 with a composite component beside it.
    case gs1Code128Composite
    /// GS1 DataBar Expanded and Expanded Stacked. Scanners send all of the DataBar family and composites like this.
    case dataBarExpanded
    /// GS1 DataBar Omnidirectional, Truncated, Stacked: a GTIN, maybe with a composite component.
    case dataBarOmnidirectional
    /// GS1 DataBar Limited: a GTIN of indicator 0 or 1, maybe with a composite component.
    case dataBarLimited
    /// EAN-13. Scanners send UPC-A and UPC-E like this, with leading zeros.
    case ean13
    /// EAN-8.
    case ean8
    /// UPC-A.
    case upcA
    /// UPC-E.
    case upcE
    /// Interleaved 2 of 5, which is ITF-14 if it has fourteen digits.
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
    /// Any other that AIM has an identifier for.
    case other
}
