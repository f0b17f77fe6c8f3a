// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "buckle",
    products: [.executable(name: "buckle", targets: ["buckle"])],
    traits: [
        .trait(name: "PostgreSQL", description: "Serve from a PostgreSQL database as well as SQLite. Needs libpq.")
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
    ],
    targets: [
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        // The files of the pages. `scripts/assets` lists them; `#embed` (C23) reads them.
        .target(name: "WebAssets", exclude: ["web"]),
        .target(name: "JSONKit", swiftSettings: settings),
        .target(
            name: "APIKit",
            dependencies: ["JSONKit", .product(name: "Logging", package: "swift-log")],
            swiftSettings: settings),
        .target(
            name: "ModelClient",
            dependencies: [
                "JSONKit",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(
            name: "Database",
            dependencies: ["CSQLite", .target(name: "CPostgres", condition: .when(traits: ["PostgreSQL"]))],
            swiftSettings: settings),
        .target(
            name: "Platform",
            dependencies: [
                "APIKit", "Database",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            swiftSettings: settings),
        .target(
            name: "Agents",
            dependencies: [
                "APIKit", "Database", "ModelClient", "Platform",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings),
        .target(
            name: "Server",
            dependencies: [
                "APIKit", "Agents", "CZlib", "Database", "ModelClient", "Platform", "WebAssets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "buckle",
            dependencies: ["Server", .product(name: "ArgumentParser", package: "swift-argument-parser")],
            swiftSettings: settings),
        .testTarget(name: "APIKitTests", dependencies: ["APIKit"], swiftSettings: settings),
        .testTarget(name: "JSONKitTests", dependencies: ["JSONKit"], swiftSettings: settings),
        .testTarget(
            name: "ModelClientTests",
            dependencies: [
                "JSONKit", "ModelClient",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
        .target(name: "TestSupport", dependencies: ["Database"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(name: "DatabaseTests", dependencies: ["Database", "TestSupport"], swiftSettings: settings),
        .testTarget(
            name: "AgentsTests", dependencies: ["APIKit", "Agents", "ModelClient", "Platform"],
            swiftSettings: settings),
        .testTarget(
            name: "ServerTests",
            dependencies: [
                "APIKit", "Agents", "Database", "ModelClient", "Platform", "Server", "TestSupport",
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c2x
)
