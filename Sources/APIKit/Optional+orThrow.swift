extension Optional {
    /// The value, or an error with this code if there is none.
    package func orThrow(_ code: APIError.Code) throws(APIError) -> Wrapped {
        guard let self else { throw APIError(code) }
        return self
    }
}
