/// About how many tokens a text is, where nobody has counted: a quarter of its ASCII letters, and one for each
/// other character, as is near the truth for the common tokenisers in English and Chinese.
enum TokenEstimate {
    static func count(_ text: String) -> Int {
        var ascii = 0
        var others = 0
        for byte in text.utf8 {
            if byte < 0x80 {
                ascii += 1
            } else if byte & 0xc0 != 0x80 {
                others += 1
            }
        }
        return (ascii + 3) / 4 + others
    }
}
