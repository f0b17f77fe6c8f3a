import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

/// Nobody sees or changes what is another's: every endpoint is called by a stranger with the ids of somebody else's
/// things, found from the endpoints' declarations.
@Suite struct IsolationTests {
    @Test(arguments: DatabaseKind.available)
    func `a stranger's calls are answered as for unknown ids, and change nothing`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let world = try await World(server, server.owner)
            for operation in server.operations {
                let names = try world.names(in: operation)
                if names.isEmpty {
                    if World.isFrame(operation.path) { continue }
                    let route = "\(operation.verb.rawValue) \(operation.path)"
                    #expect(World.withoutIDs.contains(route), "\(route) has no case: which ids does it take?")
                    continue
                }
                try await server.checkStranger(
                    operation, theirs: world.ids(names, operation), own: world.publics(in: operation), kind)
            }
        }
    }

    /// As above, but all ids are the stranger's own, except for one. Who is a user is no secret: people invite each
    /// other by their ids.
    @Test(arguments: DatabaseKind.available)
    func `one id of another's among a stranger's own is as good as an unknown one`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let world = try await World(server, server.owner)
            let mine = try await World(server, server.stranger)
            for operation in server.operations {
                let names = try world.names(in: operation)
                for name in names where names.count > 1 && !World.people.contains(name) {
                    // Where there is a bot, nobody asks for the app.
                    if operation.path == "/v1/variables", name == "app_id" { continue }
                    try await server.checkStranger(
                        operation, theirs: world.ids([name], operation),
                        own: mine.ids(names.filter { $0 != name }, operation).merging(
                            world.publics(in: operation)
                        ) { own, _ in own }, kind)
                }
            }
        }
    }

    @Test func `every id that an endpoint takes is known to these tests`() async throws {
        try await TestServer.with(.sqlite) { server in
            let world = try await World(server, server.owner)
            for operation in server.operations {
                for name in try operation.idNames {
                    #expect(
                        world.id(name, operation) != nil || World.nobodys.contains(name),
                        "\(operation.verb.rawValue) \(operation.path): \(name) has no case")
                }
            }
        }
    }

    @Test func `the owner may read all of it, so that strangers are refused for what they ask for`() async throws {
        try await TestServer.with(.sqlite) { server in
            let world = try await World(server, server.owner)
            let reads = server.operations.filter { $0.verb == .get && $0.access != .open }
            // A token is no browser's session, and there is no backup.
            let missing = ["/buckle/v1/sessions/current", "/buckle/v1/backups/{name}/content"]
            for operation in reads where !missing.contains(operation.path) {
                let ids = world.ids(try world.names(in: operation), operation)
                let reply = try await server.call(operation, ids: ids, as: server.owner)
                #expect(
                    ![4001, 4002, 4005, 4101, 4200].contains(reply.code ?? 0), "\(operation.path): \(reply.json)")
            }
        }
    }
}

extension TestServer {
    /// - Parameters:
    ///   - theirs: ids of somebody else's things, by the names of the fields they go into.
    ///   - own: ids of the stranger's own things for other fields.
    fileprivate func checkStranger(
        _ operation: APIKit.Operation, theirs: [String: String], own: [String: String], _ kind: DatabaseKind
    ) async throws {
        let unknown = theirs.mapValues { World.unknown(like: $0) }
        let route = "\(operation.verb.rawValue) \(operation.path) with \(theirs.keys.sorted())"
        let before = try await dump(kind)
        let forbidden = try await call(operation, ids: theirs.merging(own) { id, _ in id }, as: stranger)
        #expect(try await dump(kind) == before, "\(route) changed something: \(forbidden.json)")
        let absent = try await call(operation, ids: unknown.merging(own) { id, _ in id }, as: stranger)
        #expect(forbidden.comparable(theirs) == absent.comparable(unknown), "\(route)")
    }
}

extension TestServer.Reply {
    /// What must be the same for another's id and for an unknown one.
    fileprivate func comparable(_ ids: [String: String]) -> [String] {
        let all = ids.values.sorted { ($0.count, $0) > ($1.count, $1) }
        func plain(_ text: String) -> String { all.reduce(into: text) { $0.replace($1, with: "ID") } }
        return [
            "\(status)", "\(code ?? -1)", plain(message), plain("\(json["data"] ?? json["error_code"] ?? .null)"),
        ]
    }
}

extension APIKit.Operation {
    /// The names of all fields of the input that hold ids, however deep.
    var idNames: Set<String> {
        get throws {
            var names: Set<String> = []
            for field in try fields { field.schema.collectIDs(named: field.name, into: &names) }
            return names.union(pathFields)
        }
    }
}

extension Schema {
    fileprivate func collectIDs(named name: String, into names: inout Set<String>) {
        switch self {
        case .id: names.insert(name)
        case .string:
            if ["_id", "_ids", "_uid"].contains(where: name.hasSuffix) { names.insert(name) }
        case .array(let element): element.collectIDs(named: name, into: &names)
        case .object(_, let fields):
            for field in fields { field.schema.collectIDs(named: field.name, into: &names) }
        case .integer, .number, .boolean, .any, .map, .reference: break
        }
    }
}

extension TestServer {
    /// Every row of every table, as text.
    fileprivate func dump(_ kind: DatabaseKind) async throws -> [String] {
        try await application.storage.database.read { connection in
            let tables = try connection.query(
                kind == .sqlite
                    ? """
                    SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                    AND name NOT LIKE 'search_index%'
                    """
                    : "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = current_schema()"
            ) { $0.text(0) }
            return try tables.sorted().flatMap { table in
                try connection.rows(of: table, kind).sorted().map { "\(table) \($0)" }
            }
        }
    }
}

extension Connection {
    fileprivate func rows(of table: String, _ kind: DatabaseKind) throws -> [String] {
        var row = "CAST(ROW(t.*) AS TEXT)"
        if kind == .sqlite {
            let columns = try query("SELECT name FROM pragma_table_info(\(table))") { $0.text(0) }
            row = columns.map { "quote(t.\"\($0)\")" }.joined(separator: " || ',' || ")
        }
        return try query(SQL(text: "SELECT \(row) FROM \"\(table)\" t", values: [])) { $0.text(0) }
    }
}
