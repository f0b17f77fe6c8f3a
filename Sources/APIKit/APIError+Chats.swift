/// The codes of chats.
extension APIError.Code {
    package static let invalidChat = Self(4001, "The chat does not exist, or is not visible to this account")
    package static let tooManyMessages = Self(4004, "additional_messages has more than 100 messages")
    package static let historyIsNeeded = Self(
        4007, "auto_save_history must be true when stream is false, since the answer could not be read")
    package static let promptTooLong = Self(4010, "The prompt is longer than the model can read")
    package static let invalidModel = Self(4012, "The bot's model does not exist")
    package static let modelFailure = Self(4013, "The model failed to answer")
    package static let contentRefused = Self(4014, "The model's filter refused to answer")
    package static let chatIsRunning = Self(4016, "Another chat is running in the conversation; wait, or cancel it")
    package static let tooManyRequests = Self(4020, "The model gets too many requests; try again later")
    package static let modelInArrears = Self(4022, "The model's account has no balance left")
    package static let notCancelable = Self(4104, "The chat is not running, so it cannot be cancelled")
}
