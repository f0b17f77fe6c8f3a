import Logging
import ModelClient

/// Asks a server for its models, and one of these a short question, to find out whether it can be used.
struct ModelTrial: Sendable {
    let client: ModelClient
    /// Its time limits are not looked at.
    let endpoint: ModelEndpoint
    let asksModel: Bool
    let logger: Logger

    private static let listTime = Duration.seconds(10)
    private static let answerTime = Duration.seconds(20)
    /// How many names of models are told.
    private static let most = 500
    /// How long the answer may be: in tokens, and in characters, thoughts included, for those who do not count tokens.
    private static let tokens = 16
    private static let characters = 4000
    /// How much of a server's own words is told, in characters.
    private static let wordsLimit = 500

    private struct Answer: Sendable {
        var text = ""
        var firstToken: Duration?
    }

    func run() async -> Models.TestReport {
        let begun = ContinuousClock.now
        let list = await names()
        var report = Models.TestReport(
            reachable: true, models: (try? list.get()) ?? [], durationMilliseconds: Self.milliseconds(since: begun))
        if case .failure(let error) = list {
            report.reachable = error.kind != .unreachable
            report.error = failure(error, "The server tells no list of models at this address")
        }
        // Many servers have no list, and answer all the same.
        if asksModel, report.reachable { await ask(&report) }
        return report
    }

    private func ask(_ report: inout Models.TestReport) async {
        let begun = ContinuousClock.now
        let answer = await answer()
        report.durationMilliseconds = Self.milliseconds(since: begun)
        switch answer {
        case .success(let answer):
            report.answer = answer.text
            report.firstTokenMilliseconds = answer.firstToken.map(Self.milliseconds)
            report.error = nil
        case .failure(let error):
            report.reachable = error.kind != .unreachable
            report.error = failure(error, "The server has no such model")
        }
    }

    // MARK: Asking

    private func names() async -> Result<[String], ModelError> {
        var endpoint = endpoint
        endpoint.connectTimeout = Self.listTime
        endpoint.firstTokenTimeout = Self.listTime
        do throws(ModelError) {
            return .success(try await client.modelNames(at: endpoint, most: Self.most))
        } catch {
            return .failure(error)
        }
    }

    private func answer() async -> Result<Answer, ModelError> {
        await withTaskGroup(of: Result<Answer, ModelError>.self) { group in
            group.addTask { await answer(atMost: Self.tokens) }
            group.addTask {
                try? await Task.sleep(for: Self.answerTime)
                return .failure(ModelError(.timedOut, "the answer was not complete in time"))
            }
            let first = await group.next()!
            group.cancelAll()
            return first
        }
    }

    private func answer(atMost tokens: Int?) async -> Result<Answer, ModelError> {
        let request = ModelRequest(
            messages: [ModelMessage(role: .user, content: [.text("Say hello.")])], maxTokens: tokens)
        var endpoint = endpoint
        endpoint.connectTimeout = Self.listTime
        endpoint.firstTokenTimeout = Self.answerTime
        endpoint.idleTimeout = Self.answerTime
        let begun = ContinuousClock.now
        var answer = Answer()
        var length = 0
        do throws(ModelError) {
            for try await chunks in client.stream(request, to: endpoint, logger: logger) {
                for chunk in chunks {
                    switch chunk {
                    case .content(let piece):
                        answer.text += piece
                        length += piece.unicodeScalars.count
                    case .reasoning(let piece): length += piece.unicodeScalars.count
                    case .toolCalls, .finished: continue
                    }
                    if answer.firstToken == nil { answer.firstToken = begun.duration(to: .now) }
                }
                if length > Self.characters { break }
            }
        } catch {
            // Some new models know the limit under another name, and take none under this one.
            if tokens != nil, error.kind == .badRequest, error.detail.contains("max_tokens") {
                return await self.answer(atMost: nil)
            }
            return .failure(error)
        }
        answer.text = String(answer.text.unicodeScalars.prefix(Self.characters))
        return .success(answer)
    }

    // MARK: Telling

    /// - Parameter notFound: the sentence for there being nothing.
    private func failure(_ error: ModelError, _ notFound: String) -> Models.TestReport.Failure {
        let sentence =
            switch error.kind {
            case .unreachable: "The server cannot be reached"
            case .timedOut: "The server did not answer in time"
            case .unauthorized: endpoint.apiKey == nil ? "The server asks for a key" : "The server refuses the key"
            case .modelNotFound: notFound
            case .contextTooLong, .badRequest: "The server does not accept the request"
            case .rateLimited: "The server gets too many requests just now"
            case .quotaExceeded: "The account at the server has no balance or allowance left"
            case .upstreamFailure: "The server failed to answer"
            case .protocolViolation: "What the server answers is not what such a server must answer"
            case .tooLarge: "The server's answer is too long"
            case .cancelled: "The test was broken off"
            }
        let words =
            switch error.kind {
            case .timedOut, .cancelled: ""
            case .unreachable: ": \(Self.reason(error.detail))"
            default: ": \(error.detail)"
            }
        return Models.TestReport.Failure(message: sentence + words.prefix(Self.wordsLimit))
    }

    /// Why a server cannot be reached, in plainer words than those of the libraries for what happens most.
    private static func reason(_ detail: String) -> String {
        let reasons = [
            ("Connection refused", "nothing listens at this address"), ("UnknownHost", "its host's name is not known"),
            ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
            ("WRONG_VERSION_NUMBER", "it does not speak TLS; perhaps http:// is right"),
        ]
        return reasons.first { detail.contains($0.0) }?.1 ?? detail
    }

    private static func milliseconds(since begun: ContinuousClock.Instant) -> Int {
        milliseconds(begun.duration(to: .now))
    }

    private static func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
