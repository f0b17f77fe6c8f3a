/// The codes of uploads.
extension APIError.Code {
    package static let emptyUpload = Self(
        4300, "No file was uploaded: send multipart/form-data with one part named file")
    package static let severalFiles = Self(4301, "Only one file may be uploaded at a time")
    package static let fileTooLarge = Self(4302, "The file is larger than 512 MB")
    package static let fileTypeUnsupported = Self(4303, "Files of this type are not supported")
    package static let fileInvalid = Self(4304, "The upload is malformed")
}
