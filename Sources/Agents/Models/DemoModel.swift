import APIKit
import ModelClient

/// The built-in model's answer: deterministic, without a network, and plain about what it is.
///
/// Three orders in the last message change it: `/call NAME {json}` calls a tool, `/count N` counts slowly, and
/// `/fail` fails.
struct DemoStream: AsyncSequence, Sendable {
    typealias Element = [ModelChunk]
    typealias Failure = ModelError

    private let request: ModelRequest

    init(_ request: ModelRequest) { self.request = request }

    /// How long it takes to count one further.
    private static let pause = Duration.milliseconds(50)
    /// The furthest it counts.
    private static let countLimit = 10_000

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var pieces: ArraySlice<[ModelChunk]>
        fileprivate let pause: Duration?
        fileprivate var failure: ModelError?
        private var isFirst = true

        fileprivate init(pieces: [[ModelChunk]], pause: Duration?, failure: ModelError?) {
            self.pieces = pieces[...]
            self.pause = pause
            self.failure = failure
        }

        mutating func next() async throws(ModelError) -> [ModelChunk]? {
            try await next(isolation: nil)
        }

        mutating func next(isolation: isolated (any Actor)?) async throws(ModelError) -> [ModelChunk]? {
            if let pause, !isFirst, !pieces.isEmpty {
                do {
                    try await Task.sleep(for: pause)
                } catch {
                    throw ModelError(.cancelled, "cancelled")
                }
            } else {
                // As from a network: others get their turn between two pieces.
                await Task.yield()
                if Task.isCancelled { throw ModelError(.cancelled, "cancelled") }
            }
            isFirst = false
            if let piece = pieces.popFirst() { return piece }
            if let failure { throw failure }
            return nil
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        let question = request.messages.last { $0.role == .user }.map(Self.text) ?? ""
        if let output = request.messages.last, output.role == .tool {
            return answer(Self.say(question, "工具返回:\(Self.text(output))", "The tool returned: \(Self.text(output))"))
        }
        if question.contains("/fail") {
            return AsyncIterator(
                pieces: [[.content("I was ")], [.content("told to")]], pause: nil,
                failure: ModelError(.upstreamFailure(status: 500), "the demo model was told to fail"))
        }
        if let call = call(in: question) {
            return AsyncIterator(
                pieces: [[.toolCalls([call])], [.finished(.toolCalls, usage(call.arguments))]], pause: nil, failure: nil
            )
        }
        if let count = Self.number(after: "/count", in: question) {
            let numbers = (1...Swift.max(1, Swift.min(count, Self.countLimit))).map { [ModelChunk.content("\($0) ")] }
            return AsyncIterator(
                pieces: numbers + [[.finished(.stop, usage(String(repeating: "1 ", count: numbers.count)))]],
                pause: Self.pause, failure: nil)
        }
        return answer(describe(question))
    }

    // MARK: What it says

    private func describe(_ question: String) -> String {
        let images = request.messages.last { $0.role == .user }?.content.count {
            if case .image = $0 { true } else { false }
        }
        let seen = images ?? 0
        return Self.say(
            question,
            "我是 Buckle 内置的演示模型,不是真正的语言模型;管理员可以通过控制台、API 或配置文件的 models 接入真正的模型。"
                + (seen > 0 ? "你发来了 \(seen) 张图片。" : "") + "你说:\(question)",
            "I am Buckle's built-in demo model, not a real language model; operators can add a real one in the "
                + "console, over the API, or under models in the configuration file. "
                + (seen > 0 ? "You sent \(seen) image\(seen == 1 ? "" : "s"). " : "")
                + "You said: \(question)")
    }

    /// The sentence in the language of the question.
    private static func say(_ question: String, _ chinese: String, _ english: String) -> String {
        question.unicodeScalars.contains { (0x4e00...0x9fff).contains($0.value) } ? chinese : english
    }

    private func answer(_ text: String) -> AsyncIterator {
        var pieces: [[ModelChunk]] = []
        var piece = ""
        for character in text {
            piece.append(character)
            if character == " " || piece.count == 8 {
                pieces.append([.content(piece)])
                piece = ""
            }
        }
        if !piece.isEmpty { pieces.append([.content(piece)]) }
        return AsyncIterator(pieces: pieces + [[.finished(.stop, usage(text))]], pause: nil, failure: nil)
    }

    // MARK: Orders

    /// The tool that `/call NAME {json}` names, if the bot has it.
    private func call(in question: String) -> ModelToolCall? {
        guard let order = question.firstRange(of: "/call ") else { return nil }
        let rest = question[order.upperBound...].drop { $0 == " " }
        let name = String(rest.prefix { !$0.isWhitespace && $0 != "{" })
        guard request.tools.contains(where: { $0.name == name }) else { return nil }
        let tail = rest.dropFirst(name.count)
        var arguments = "{}"
        if let start = tail.firstIndex(of: "{"), let end = tail.lastIndex(of: "}"), start < end {
            let text = String(tail[start...end])
            if (try? JSON(parsing: text)) != nil { arguments = text }
        }
        return ModelToolCall(id: "call_\(request.messages.count)_\(name)", name: name, arguments: arguments)
    }

    private static func number(after order: String, in question: String) -> Int? {
        guard let found = question.firstRange(of: order + " ") else { return nil }
        return Int(question[found.upperBound...].drop { $0 == " " }.prefix { $0.isNumber })
    }

    private static func text(_ message: ModelMessage) -> String {
        message.content.map { if case .text(let text) = $0 { text } else { "" } }.joined(separator: " ")
    }

    private func usage(_ answer: String) -> ModelUsage {
        ModelUsage(
            inputCount: request.messages.reduce(0) { $0 + TokenEstimate.count(Self.text($1)) },
            outputCount: TokenEstimate.count(answer))
    }
}
