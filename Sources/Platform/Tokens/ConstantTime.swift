/// Comparisons of secrets, which must not tell by their time how much of a guess was right.
enum ConstantTime {
    /// Whether both are the same; it takes as long for all that are not, if they are as long.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}
