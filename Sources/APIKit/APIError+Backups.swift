/// The codes of backups.
extension APIError.Code {
    package static let backupIsRunning = Self(4016, "Another backup is being made; wait until it is done")
}
