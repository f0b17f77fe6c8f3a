/// The shape of a JSON value, as the OpenAPI document tells it.
package indirect enum Schema: Sendable, Hashable {
    /// A string; one of `cases` if there are any.
    case string(cases: [String])
    /// A decimal id.
    case id
    case integer
    case number
    case boolean
    /// Any JSON value.
    case any
    case array(Schema)
    case map(Schema)
    case object(name: String, fields: [Field])
    /// An object that is being described further out.
    case reference(String)

    package struct Field: Sendable, Hashable {
        /// The name on the wire.
        package let name: String
        package let schema: Schema
        package let isRequired: Bool
    }
}
