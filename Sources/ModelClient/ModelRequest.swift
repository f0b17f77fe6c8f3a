package import JSONKit

/// What a model is asked.
package struct ModelRequest: Sendable {
    package var messages: [ModelMessage]
    /// The functions the model may call.
    package var tools: [ModelTool]
    package var temperature: Double?
    package var topP: Double?
    package var topK: Int?
    /// The longest answer, in tokens.
    package var maxTokens: Int?
    package var presencePenalty: Double?
    package var frequencyPenalty: Double?
    package var responseFormat: ResponseFormat?
    /// Further members of the request object, as they stand. One that has the name of an option above replaces it;
    /// `model`, `messages`, `stream` and `stream_options` cannot be replaced.
    package var extra: [JSON.Member]

    package enum ResponseFormat: Sendable, Hashable {
        /// Any text, which is what a model answers when it is asked for nothing else.
        case text
        case jsonObject
    }

    package init(
        messages: [ModelMessage], tools: [ModelTool] = [], temperature: Double? = nil, topP: Double? = nil,
        topK: Int? = nil, maxTokens: Int? = nil, presencePenalty: Double? = nil, frequencyPenalty: Double? = nil,
        responseFormat: ResponseFormat? = nil, extra: [JSON.Member] = []
    ) {
        self.messages = messages
        self.tools = tools
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.maxTokens = maxTokens
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.responseFormat = responseFormat
        self.extra = extra
    }
}

/// One message of the exchange so far.
package struct ModelMessage: Sendable {
    package enum Role: String, Sendable, Hashable {
        case system, user, assistant, tool
    }

    package var role: Role
    package var content: [ModelContent]
    /// The calls an assistant's message made.
    package var toolCalls: [ModelToolCall]
    /// Which call a tool's message answers.
    package var toolCallID: String?

    package init(
        role: Role, content: [ModelContent], toolCalls: [ModelToolCall] = [], toolCallID: String? = nil
    ) {
        self.role = role
        self.content = content
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}

/// A part of a message.
package enum ModelContent: Sendable, Hashable {
    case text(String)
    /// A picture that the upstream fetches, or that the URL holds itself (`data:`).
    case image(url: String)
}

/// A function that the model may call.
package struct ModelTool: Sendable {
    package var name: String
    /// Tells the model what the function is for.
    package var description: String
    /// A JSON Schema of the arguments.
    package var parameters: JSON

    package init(name: String, description: String, parameters: JSON) {
        self.name = name
        self.description = description
        self.parameters = parameters
    }
}

/// A call that the model made.
package struct ModelToolCall: Sendable, Hashable {
    /// Ties the answer to the call. Made here if the upstream gave none.
    package var id: String
    /// The function's name.
    package var name: String
    /// JSON text as the model wrote it.
    package var arguments: String

    package init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}
