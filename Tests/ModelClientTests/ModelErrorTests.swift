import JSONKit
import Testing

@testable import ModelClient

@Suite struct ModelErrorTests {
    @Test(
        arguments: [
            (401, #"{"error":{"message":"Incorrect API key","code":"invalid_api_key"}}"#, ModelError.Kind.unauthorized),
            (403, "", .unauthorized),
            (404, #"{"error":{"message":"The model x does not exist","code":"model_not_found"}}"#, .modelNotFound),
            (404, "<html>nothing here</html>", .modelNotFound),
            (400, #"{"error":{"message":"Model Not Exist","type":"invalid_request_error"}}"#, .modelNotFound),
            (400, #"{"error":{"code":"context_length_exceeded","message":"too long"}}"#, .contextTooLong),
            (
                400, #"{"object":"error","message":"This model's maximum context length is 4096 tokens","code":400}"#,
                .contextTooLong
            ),
            (
                400, #"{"error":{"code":400,"message":"the request exceeds the available context size"}}"#,
                .contextTooLong
            ),
            (500, #"{"error":{"message":"the request exceeds the available context size"}}"#, .contextTooLong),
            (400, #"{"error":{"message":"temperature is too high"}}"#, .badRequest),
            (422, #"{"detail":[{"loc":["body","top_k"],"msg":"no"}]}"#, .badRequest),
            (413, "too large", .badRequest),
            (429, "", .rateLimited),
            (
                429, #"{"error":{"code":"insufficient_quota","message":"You exceeded your current quota"}}"#,
                .quotaExceeded
            ),
            (402, #"{"error":{"message":"Insufficient Balance"}}"#, .quotaExceeded),
            (403, #"{"error":{"code":"AccountOverdueError","message":"overdue"}}"#, .quotaExceeded),
            (400, #"{"code":"Arrearage","message":"Access denied"}"#, .quotaExceeded),
            (408, "", .upstreamFailure(status: 408)),
            (500, #"{"error":"oops"}"#, .upstreamFailure(status: 500)),
            (503, "", .upstreamFailure(status: 503)),
            (302, "", .upstreamFailure(status: 302)),
        ] as [(Int, String, ModelError.Kind)])
    func `statuses and words tell the kind`(_ status: Int, _ body: String, _ kind: ModelError.Kind) {
        #expect(ModelError(status: status, body: Array(body.utf8)).kind == kind)
    }

    @Test(
        arguments: [
            (#"{"error":{"message":"overloaded","code":503}}"#, ModelError.Kind.upstreamFailure(status: 503)),
            (#"{"error":{"message":"slow down","code":"429"}}"#, .rateLimited),
            (#"{"error":{"message":"x","type":"rate_limit_error"}}"#, .rateLimited),
            (#"{"error":{"message":"x","type":"server_error"}}"#, .upstreamFailure(status: 200)),
            (#"{"error":"oops"}"#, .upstreamFailure(status: 200)),
            (#"[{"error":{"code":400,"message":"bad"}}]"#, .badRequest),
        ] as [(String, ModelError.Kind)])
    func `error objects tell the kind without a status`(_ text: String, _ kind: ModelError.Kind) throws {
        let fault = try #require(UpstreamFault(try JSON(parsing: text)))
        #expect(ModelError(fault).kind == kind)
    }

    @Test func `the detail has the upstream's words, not the key, and an end`() {
        let words = String(repeating: "ü", count: 1990) + "sk-secret" + String(repeating: "x", count: 5000)
        let error = ModelError(.badRequest, words).forLog(hiding: "sk-secret")
        #expect(error.detail == String(repeating: "ü", count: 1990) + "[key]xxxxx")
        #expect(ModelError(.badRequest, "all").forLog(hiding: "").detail == "all")
    }
}
