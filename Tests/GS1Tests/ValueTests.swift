import GS1
import Testing

@Suite("Values")
struct ValueTests {
    @Test("a label of a retail item says what a warehouse asks of it")
    func item() throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(10)AB-123(21)SER/7(17)271200(15)270630(11)260101(422)276")
        #expect(message.gtin?.digits14 == "09521234543213")
        #expect(message.batch == "AB-123")
        #expect(message.serial == "SER/7")
        #expect(message.countryOfOrigin == "276")
        let expiry = try #require(message.expiry(referenceYear: 2026))
        #expect(expiry == CalendarDate(year: 2027, month: 12, day: nil))
        #expect(expiry.lastDay == CalendarDate(year: 2027, month: 12, day: 31))
        #expect("\(expiry) \(expiry.lastDay)" == "2027-12 2027-12-31")
        #expect(message.bestBefore(referenceYear: 2026)?.description == "2027-06-30")
        #expect(message.productionDate(referenceYear: 2026)?.description == "2026-01-01")
        #expect(message.sscc == nil)
        #expect(message.count == nil)
        #expect(message[.sellBy] == nil)
    }

    @Test("a label of a pallet says what is on it and how many")
    func pallet() throws {
        let message = try GS1Message(bracketed: "(00)106141411234567897(02)09521234543213(37)00000024(410)9521234567899")
        #expect(message.sscc?.digits == "106141411234567897")
        #expect(message.gtin?.digits14 == "09521234543213")
        #expect(message.containedGTIN == message.gtin)
        #expect(message.count == 24)
        #expect(message.location?.digits == "9521234567899")
    }

    @Test("weights and prices are exact, with the point where the identifier says")
    func decimals() throws {
        let message = try GS1Message(bracketed: "(01)99521234543216(3103)001250(3932)9781999(3203)002756")
        #expect(message.netWeight?.description == "1.250 kg")
        #expect(message.netWeight?.quantity == .netWeight)
        #expect(message.measures.map(\.description) == ["1.250 kg", "2.756 lb"])
        #expect(message.measure(.grossWeight) == nil)
        let price = try #require(message.elements[2].amount)
        #expect(price.currency == "978")
        #expect(price.value.description == "19.99")
        #expect(message.gtin?.packaging == .variableMeasure)
        #expect(message.elements[0].decimal == nil)
        let domestic = try GS1Message(bracketed: "(01)99521234543216(30)7(3922)0299").elements[2].amount
        #expect(domestic?.value == ExactDecimal(mantissa: 299, exponent: -2))
        #expect(domestic?.currency == nil)
    }

    @Test("decimals are equal if they are the same number, and keep the digits they were written with")
    func exactDecimals() {
        let short = ExactDecimal(mantissa: 125, exponent: -2)
        let long = ExactDecimal(mantissa: 1_250_000, exponent: -6)
        #expect(short == long)
        #expect(Set([short, long]).count == 1)
        #expect(short != ExactDecimal(mantissa: 125, exponent: -1))
        #expect(long.description == "1.250000")
        #expect(ExactDecimal(mantissa: 5, exponent: -3).description == "0.005")
        #expect(ExactDecimal(mantissa: -5, exponent: -3).description == "-0.005")
        #expect(ExactDecimal(mantissa: 5, exponent: 0).description == "5")
        #expect(short.doubleValue == 1.25)
    }

    @Test(
        "two digits of a year mean the one nearest to the year of reference",
        arguments: [
            (26, 2026, 2026), (76, 2026, 2076), (77, 2026, 1977), (99, 2026, 1999), (0, 2026, 2000), (49, 2099, 2149),
            (50, 2099, 2050),
            (51, 2001, 2051), (52, 2001, 1952), (0, 1999, 2000), (48, 1998, 2048), (49, 1998, 1949),
        ])
    func century(digits: Int, reference: Int, year: Int) {
        #expect(CalendarDate.year(twoDigits: digits, referenceYear: reference) == year)
    }

    @Test("days that do not exist are no dates")
    func calendar() {
        #expect(CalendarDate(year: 2028, month: 2, day: 29) != nil)
        #expect(CalendarDate(year: 2027, month: 2, day: 29) == nil)
        #expect(CalendarDate(year: 2100, month: 2, day: 29) == nil)
        #expect(CalendarDate(year: 2000, month: 2, day: nil)?.lastDay.day == 29)
        #expect(CalendarDate(year: 2027, month: 13, day: 1) == nil)
        #expect(CalendarDate(year: 2027, month: 4, day: 31) == nil)
        #expect(CalendarDate(yymmdd: "270431", referenceYear: 2026) == nil)
        #expect(CalendarDate(yymmdd: "27043", referenceYear: 2026) == nil)
        #expect(CalendarDate(yymmdd: "27O430", referenceYear: 2026) == nil)
    }

    @Test("dates are found at the beginning of values that have more in them")
    func datesWithTimes() throws {
        let message = try GS1Message(bracketed: "(01)09521234543213(7003)2712312359(8008)26013114")
        #expect(message.elements[1].date(referenceYear: 2026)?.description == "2027-12-31")
        #expect(message.elements[2].date(referenceYear: 2026)?.description == "2026-01-31")
        #expect(message.expiry(referenceYear: 2026)?.description == "2027-12-31")
        #expect(message.elements[0].date(referenceYear: 2026) == nil)
        let person = try GS1Message(bracketed: "(8018)123456789012345675(7250)19600229")
        #expect(person.elements[1].date(referenceYear: 2026)?.description == "1960-02-29")
    }
}
