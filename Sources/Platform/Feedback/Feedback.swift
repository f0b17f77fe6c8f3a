package import APIKit

/// What users think of answers.
package struct Feedback: Resource {
    package static let tag = "Message feedback"
    let feedback: FeedbackStore

    package init(feedback: FeedbackStore) { self.feedback = feedback }

    package var endpoints: [AnyEndpoint] {
        create
        delete
    }

    package enum Kind: String, Codable, Sendable, CaseIterable { case like, unlike }

    /// What somebody thinks of an answer.
    package struct Judgement: Codable, Sendable {
        /// The answer.
        var messageID: String
        /// like or unlike.
        var feedbackType: Kind
        /// Reasons, as they were given.
        var reasonTypes: [String]
        /// A comment; empty for none.
        var comment: String

        enum CodingKeys: String, CodingKey {
            case messageID = "message_id"
            case feedbackType = "feedback_type"
            case reasonTypes = "reason_types"
            case comment
        }
    }

    struct CreateInput: Decodable, Sendable {
        var conversationID: ID
        /// The answer that is judged.
        var messageID: ID
        /// like or unlike.
        var feedbackType: Kind
        /// Reasons, at most 10 of at most 30 characters.
        var reasonTypes: [String]?
        /// A comment of at most 250 characters.
        var comment: String?

        enum CodingKeys: String, CodingKey {
            case conversationID = "conversation_id"
            case messageID = "message_id"
            case feedbackType = "feedback_type"
            case reasonTypes = "reason_types"
            case comment
        }
    }

    var create: Endpoint<CreateInput, NoData> {
        Endpoint(
            .post, "/v1/conversations/{conversation_id}/messages/{message_id}/feedback", "Give feedback on an answer",
            access: .permission("feedback")
        ) { input, call in
            let reasons = input.reasonTypes ?? []
            try Limits.check(count: reasons.count, atMost: 10, "reason_types")
            for (index, reason) in reasons.enumerated() { try Limits.check(reason, 1...30, "reason_types[\(index)]") }
            try Limits.check(input.comment ?? "", 0...250, "comment")
            try await feedback.put(
                input.feedbackType, reasons: reasons, comment: input.comment ?? "", on: input.messageID,
                in: input.conversationID, owner: call.owner)
            return NoData()
        }
    }

    var delete: Endpoint<MessageReference, NoData> {
        Endpoint(
            .delete, "/v1/conversations/{conversation_id}/messages/{message_id}/feedback",
            "Take back feedback on an answer", access: .permission("feedback")
        ) { input, call in
            try await feedback.delete(on: input.messageID, in: input.conversationID, owner: call.owner)
            return NoData()
        }
    }
}
