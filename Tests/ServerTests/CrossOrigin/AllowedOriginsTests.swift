import Glibc
import TestSupport
import Testing

@testable import Server

@Suite struct AllowedOriginsTests {
    private func settings(_ variable: String? = nil, file lines: String = "") async throws -> AllowedOrigins {
        try await withScratchDirectory { directory in
            let path = directory + "/buckle.yaml"
            let file = try #require(fopen(path, "w"))
            fputs(lines, file)
            fclose(file)
            let environment = variable.map { ["BUCKLE_ALLOWED_ORIGINS": $0] } ?? [:]
            return try Settings(commandLine: Settings.Source(), file: path, environment: environment).allowedOrigins
        }
    }

    @Test func `no site is allowed that is not named`() async throws {
        for origins in [
            try await settings(), try await settings(""), try await settings(","),
            try await settings(file: "allowed_origins:\n"), try await settings(file: "allowed_origins: []\n"),
        ] {
            #expect(origins.isEmpty && origins.frameAncestors == "'self'")
            #expect(!origins.allows("https://shop.example") && !origins.allows("null") && !origins.allows("*"))
        }
    }

    @Test func `the variable and the file name sites, the variable first`() async throws {
        let expected = ["https://shop.example", "http://localhost:5173"]
        #expect(try await settings("https://shop.example, http://localhost:5173").origins == expected)
        let list = "allowed_origins:\n  - https://shop.example\n  - http://localhost:5173\n"
        #expect(try await settings(file: list).origins == expected)
        #expect(try await settings(file: "allowed_origins: https://shop.example").origins == ["https://shop.example"])
        #expect(try await settings("https://a.example", file: list).origins == ["https://a.example"])
    }

    @Test func `a site is its scheme, host and port, and nothing near them`() throws {
        let origins = try AllowedOrigins(["https://shop.example", "http://localhost:5173"])
        #expect(origins.frameAncestors == "'self' https://shop.example http://localhost:5173")
        #expect(origins.allows("https://shop.example") && origins.allows("http://localhost:5173"))
        for other in [
            "http://shop.example", "https://shop.example:8443", "https://shop.example.evil.example",
            "https://a.shop.example", "https://evilshop.example", "https://shop.example/", "shop.example",
            "HTTPS://shop.example", "http://localhost", "http://localhost:51730", "null", "", "*", "'self'",
        ] {
            #expect(!origins.allows(other), "\(other)")
        }
    }

    @Test(arguments: [
        ("https://Shop.Example", "https://shop.example"), ("HTTPS://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"), ("http://shop.example:443", "http://shop.example:443"),
        ("http://[::1]:3000", "http://[::1]:3000"), ("http://192.168.1.7", "http://192.168.1.7"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ])
    func `what browsers write otherwise is written as they do`(_ text: String, _ origin: String) throws {
        #expect(try AllowedOrigins([text]).origins == [origin])
    }

    @Test func `a star is every site's page`() throws {
        let origins = try AllowedOrigins(["*"])
        #expect(!origins.isEmpty && origins.frameAncestors == "*")
        for origin in ["https://shop.example", "http://localhost:5173", "null"] { #expect(origins.allows(origin)) }
        for nonsense in [
            "https://a\r\nSet-Cookie: x=y", "https://a b", "https://ä", String(repeating: "x", count: 513),
        ] {
            #expect(!origins.allows(nonsense))
        }
    }

    @Test(arguments: [
        "shop.example", "https://", "https://shop.example/", "https://shop.example/path", "https://shop.example?x",
        "https://shop.example#x", "https://*.shop.example", "https://shop.example:", "https://shop.example:0",
        "https://shop.example:65536", "https://shop.example:+80", "https://me@shop.example", "ftp://shop.example",
        "null", "'self'", "https://b\u{fc}cher.example", "https://[::1", "https://[shop]", "https://a;b", "**",
    ])
    func `what is no site is a fault that names it`(_ text: String) throws {
        let fault = #expect(throws: Settings.Fault.self) { try AllowedOrigins(["https://a.example", text]) }
        #expect(fault?.description.contains("allowed_origins must be") == true)
        #expect(fault?.description.contains(text) == true)
    }

    @Test func `a star stands alone, and a list holds texts`() async throws {
        let mixed = await #expect(throws: Settings.Fault.self) { try await settings("https://a.example,*") }
        #expect(mixed?.description == "allowed_origins must name no others beside *")
        let nested = await #expect(throws: Settings.Fault.self) {
            try await settings(file: "allowed_origins:\n  - host: a.example\n")
        }
        #expect(nested?.description.contains("allowed_origins must hold texts") == true)
        let map = await #expect(throws: Settings.Fault.self) {
            try await settings(file: "allowed_origins:\n  host: a.example\n")
        }
        #expect(map?.description.contains("allowed_origins must be a single value") == true)
    }
}
