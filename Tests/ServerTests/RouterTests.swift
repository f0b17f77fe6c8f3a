import NIOHTTP1
import Testing

@testable import Server

@Suite struct RouterTests {
    private let router = Router([
        (.GET, "/v1/things"), (.POST, "/v1/things"), (.PUT, "/v1/things/{thing_id}"),
        (.GET, "/v1/things/{thing_id}/parts/{part_id}"), (.GET, "/v1/things/latest"),
    ])

    @Test(arguments: [
        (HTTPMethod.GET, "/v1/things", 0, []), (.POST, "/v1/things", 1, []), (.PUT, "/v1/things/5", 2, ["5"]),
        (.GET, "/v1/things/5/parts/6", 3, ["5", "6"]), (.GET, "/v1/things/latest", 4, []),
        (.GET, "/v1/%74hings", 0, []), (.PUT, "/v1/things/a%2Fb", 2, ["a%2Fb"]),
    ])
    func `a path and a method lead to their route`(
        _ method: HTTPMethod, _ path: String, _ route: Int, _ parameters: [String]
    ) {
        let match = router.match(method, path[...])
        #expect(match?.route == route)
        #expect(match?.parameters.map { String($0.1) } == parameters)
    }

    @Test(arguments: [
        "", "/", "/v1", "/v1/", "/v1/things/", "/v1/things/5/", "/v1/things//parts/6", "/v1/things/5/parts",
        "/v1//things",
        "/v1/things/5/parts/6/7", "/V1/things",
    ])
    func `what is no path of a route leads nowhere`(_ path: String) {
        #expect(router.match(.GET, path[...]) == nil)
    }

    @Test func `a path without the method tells which it has`() {
        let match = router.match(.DELETE, "/v1/things")
        #expect(match?.route == nil)
        #expect(match?.allowed == [.GET, .POST])
    }
}
