/// Checks of texts and numbers against documented limits. Characters are Unicode scalars.
package enum Limits {
    /// - Throws: 4000 naming `field`, unless `text` has `range` characters.
    package static func check(_ text: String, _ range: ClosedRange<Int>, _ field: String) throws(APIError) {
        // A UTF-8 length within the limit saves the count.
        if range.lowerBound <= 1, !text.isEmpty || range.lowerBound == 0, text.utf8.count <= range.upperBound { return }
        let count = text.unicodeScalars.count
        if range.contains(count) { return }
        if count == 0 { throw .invalid(field, "must not be empty") }
        throw .invalid(field, "must have at most \(range.upperBound) characters, has \(count)")
    }

    /// - Throws: 4000 naming `field` if `text` holds nothing but white space.
    package static func checkNotBlank(_ text: String, _ field: String) throws(APIError) {
        if text.unicodeScalars.allSatisfy(\.properties.isWhitespace) { throw .invalid(field, "must not be blank") }
    }

    /// - Throws: 4000 naming `field`, if there are more than `most` items.
    package static func check(count: Int?, atMost most: Int, _ field: String) throws(APIError) {
        if let count, count > most { throw .invalid(field, "must have at most \(most) items, has \(count)") }
    }

    /// The number, or `standard` if there is none.
    ///
    /// - Throws: 4000 naming `field`, unless it lies in `range`.
    package static func number(
        _ number: Int?, _ range: ClosedRange<Int>, or standard: Int, _ field: String
    ) throws(APIError) -> Int {
        guard let number else { return standard }
        guard range.contains(number) else {
            throw .invalid(
                field,
                range.upperBound == .max
                    ? "must be at least \(range.lowerBound)"
                    : "must be from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Checks what clients attach to their objects: at most 16 pairs, keys of 1 to 64 and values of 1 to 512 characters.
    ///
    /// - Throws: 4003.
    package static func checkMetaData(_ pairs: [String: String]) throws(APIError) {
        if pairs.isEmpty { return }
        let fits =
            pairs.count <= 16
            && pairs.allSatisfy { key, value in
                (1...64).contains(key.unicodeScalars.count) && (1...512).contains(value.unicodeScalars.count)
            }
        if !fits { throw APIError(.metaDataOverLimit) }
    }
}

/// A page of a list that is addressed by number.
package struct PageRequest: Sendable {
    package let number: Int
    package let size: Int

    /// - Throws: 4000 naming the field that is out of range.
    package init(number: Int?, size: Int?, standardSize: Int, maximumSize: Int) throws(APIError) {
        self.number = try Limits.number(number, 1...Int(Int32.max), or: 1, "page_num")
        self.size = try Limits.number(size, 1...maximumSize, or: standardSize, "page_size")
    }

    /// How many items lie on the pages before.
    package var offset: Int { (number - 1) * size }
}
