/// What the fields of inputs and replies mean: `Type.property` to sentence.
enum FieldDescriptions {
    static let all: [String: String] = [:]
}
