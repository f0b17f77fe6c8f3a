import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct AppTests {
    @Test(arguments: DatabaseKind.available)
    func `an app is made, changed and deleted with its workflows`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let folder = try await server.makeFolder(as: owner)
            let id = try await server.make(
                "app", named: "应用", ["description": "d", "folder_id": .string(folder)], as: owner)
            let uri = "/buckle/v1/apps/\(id)"
            let made = try await server.send(.GET, uri, token: owner.token)
            for (field, value): (String, JSON) in [
                ("name", "应用"), ("description", "d"), ("folder_id", .string(folder)), ("icon_url", ""),
                ("owner_user_id", .string(owner.user.description)), ("collaboration_mode", "single"),
                ("is_published", false), ("connector_ids", []),
            ] { #expect(made["data", field] == value, "\(field)") }
            #expect(made["data", "published_at"] == nil)

            let renamed = try await server.send(.PUT, uri, ["name": "new"], token: owner.token)
            #expect(renamed["data", "name"]?.text == "new" && renamed["data", "description"]?.text == "d")
            for (body, field): (JSON, String) in [
                (["name": " "], "name"), (["name": .string(String(repeating: "名", count: 51))], "name"),
                (["description": .string(String(repeating: "d", count: 501))], "description"),
            ] {
                let reply = try await server.send(.PUT, uri, body, token: owner.token)
                #expect(reply.code == 4000 && reply.message.contains(field))
            }
            #expect(try await server.send(.PUT, uri, ["icon_file_id": "99"], token: owner.token).code == 4200)
            #expect(try await server.send(.GET, uri, token: owner.token).json["data"] == renamed.json["data"])

            let workflow = try await server.make("workflow", ["app_id": .string(id)], as: owner)
            let free = try await server.make("workflow", as: owner)
            #expect(try await server.send(.DELETE, uri, token: owner.token).code == 0)
            #expect(try await server.send(.GET, uri, token: owner.token).code == 4200)
            #expect(try await server.send(.GET, "/buckle/v1/workflows/\(workflow)", token: owner.token).code == 4200)
            #expect(try await server.send(.GET, "/buckle/v1/workflows/\(free)", token: owner.token).code == 0)
            #expect(try await server.audit(of: id) == ["app.create", "app.update", "app.delete"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `members see an app, its owner deletes it and strangers know nothing of it`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let member = try await server.person("member")
            try await server.join(member, to: server.owner.workspace)
            let id = try await server.make("app", as: server.owner)
            let calls: [(HTTPMethod, String, JSON?)] = [
                (.PUT, "", ["name": "x"]), (.DELETE, "", nil), (.POST, "/publish", [:]),
                (.POST, "/unpublish", ["connector_id": "1024"]),
            ]
            for (method, path, body) in calls {
                let uri = "/buckle/v1/apps/\(id)\(path)"
                #expect(try await server.send(method, uri, body, token: member.token).code == 4101, "\(path)")
                let unknown = try await server.send(method, uri, body, token: server.stranger.token)
                #expect(unknown.code == 4200 && unknown.message == "The app \(id) does not exist", "\(path)")
            }
            let seen = try await server.send(.GET, "/buckle/v1/apps/\(id)", token: member.token)
            #expect(seen["data", "name"]?.text == "thing" && seen["data", "is_published"] == false)
            let list = "/v1/apps?workspace_id=\(server.owner.workspace)&publish_status=all"
            #expect(try await server.send(.GET, list, token: member.token).ids == [id])
            #expect(try await server.send(.GET, list, token: server.stranger.token).code == 4200)
            // A token that reaches other workspaces alone sees no more than a stranger.
            let narrow = try await server.secret(.personal, of: server.owner.user, workspaces: [member.workspace])
            #expect(try await server.send(.GET, "/buckle/v1/apps/\(id)", token: narrow).code == 4200)
            #expect(try await server.send(.GET, list, token: narrow).code == 4200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is published stays as it was published`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let token = server.owner.token
            let id = try await server.make("app", named: "one", as: server.owner)
            let uri = "/buckle/v1/apps/\(id)"
            func list(_ query: String) async throws -> TestServer.Reply {
                try await server.send(
                    .GET, "/v1/apps?workspace_id=\(server.owner.workspace)\(query)", token: token)
            }
            #expect(try await list("").ids == [])
            #expect(try await list("&publish_status=unpublished_draft").ids == [id])
            let published = try await server.send(.POST, uri + "/publish", [:], token: token)
            #expect(published["data", "is_published"] == true && published["data", "connector_ids"] == ["1024"])
            _ = try await server.send(.PUT, uri, ["name": "two"], token: token)
            let online = try await list("")
            #expect(online.ids == [id] && online["data", "total"] == .integer(1))
            #expect(online.first?["name"]?.text == "one" && online.first?["is_published"] == true)
            #expect(online.first?["published_at"] == published["data", "published_at"])
            #expect(try await list("&publish_status=published_draft").first?["name"]?.text == "two")
            #expect(try await list("&publish_status=unpublished_draft").ids == [])
            #expect(try await list("&connector_id=998").ids == [])
            #expect(try await list("&publish_status=all&connector_id=998").first?["is_published"] == true)

            let both = try await server.send(
                .POST, uri + "/publish", ["connector_ids": ["998", "1024", "998"]], token: token)
            #expect(both["data", "connector_ids"] == ["1024", "998"])
            #expect(try await list("&connector_id=998").first?["name"]?.text == "two")
            for wrong: JSON in [[], ["abc"]] {
                let reply = try await server.send(.POST, uri + "/publish", ["connector_ids": wrong], token: token)
                #expect(reply.code == 4000 && reply.message.contains("connector_ids"))
            }
            for code in [0, 4015] {
                let reply = try await server.send(.POST, uri + "/unpublish", ["connector_id": "998"], token: token)
                #expect(reply.code == code)
            }
            #expect(try await list("&connector_id=998").ids == [])
            #expect(try await list("").ids == [id])
            let kept = try await server.send(.GET, uri, token: token)
            #expect(kept["data", "connector_ids"] == ["1024"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the list has pages under both names of their number`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            var ids: [String] = []
            for number in 0..<3 { ids.append(try await server.make("app", named: "\(number)", as: server.owner)) }
            let uri = "/v1/apps?workspace_id=\(server.owner.workspace)&publish_status=all&page_size=2"
            for name in ["page_num", "page_index"] {
                let first = try await server.send(.GET, uri + "&\(name)=1", token: server.owner.token)
                let second = try await server.send(.GET, uri + "&\(name)=2", token: server.owner.token)
                #expect(first.ids + second.ids == ids.reversed() && first.ids.count == 2, "\(name)")
                #expect(second["data", "total"] == .integer(3))
            }
            #expect(try await server.send(.GET, uri + "&page_num=9", token: server.owner.token).ids == [])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a workflow has a name and a place`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let app = try await server.make("app", as: owner)
            let folder = try await server.makeFolder("library", as: owner)
            let id = try await server.make("workflow", named: "flow", ["folder_id": .string(folder)], as: owner)
            let uri = "/buckle/v1/workflows/\(id)"
            #expect(try await server.send(.GET, uri, token: owner.token)["data", "folder_id"]?.text == folder)
            let moved = try await server.send(.PUT, uri, ["app_id": .string(app)], token: owner.token)
            #expect(moved["data", "app_id"]?.text == app && moved["data", "name"]?.text == "flow")
            #expect(moved["data", "folder_id"] == nil)
            let renamed = try await server.send(.PUT, uri, ["name": "new"], token: owner.token)
            #expect(renamed["data", "app_id"]?.text == app && renamed["data", "name"]?.text == "new")
            let other = try await server.make("workflow", as: owner)
            let list = "/buckle/v1/workflows?workspace_id=\(owner.workspace)"
            #expect(try await server.send(.GET, list, token: owner.token).ids == [id, other])
            #expect(try await server.send(.GET, list + "&app_id=\(app)", token: owner.token).ids == [id])
            let page = try await server.send(.GET, list + "&page_size=1&page_num=1", token: owner.token)
            #expect(page.ids == [id] && page["data", "has_more"] == true && page["data", "total"] == .integer(2))
            let out = try await server.send(.PUT, uri, ["app_id": "0"], token: owner.token)
            #expect(out["data", "app_id"] == nil)

            let foreign = try await server.make("app", as: server.stranger)
            for (field, value, code) in [("app_id", foreign, 4200), ("name", " ", 4000)] {
                let reply = try await server.send(
                    .PUT, uri, .object([.init(key: field, value: .string(value))]), token: owner.token)
                #expect(reply.code == code, "\(field)")
            }
            let both: JSON = [
                "workspace_id": .string(owner.workspace.description), "name": "x", "app_id": .string(app),
                "folder_id": .string(folder),
            ]
            let refused = try await server.send(.POST, "/buckle/v1/workflows", both, token: owner.token)
            #expect(refused.code == 4000 && refused.message.contains("folder_id"))
            for method in [HTTPMethod.GET, .PUT, .DELETE] {
                let reply = try await server.send(
                    method, uri, method == .PUT ? ["name": "x"] : nil, token: server.stranger.token)
                #expect(reply.code == 4200 && reply.message == "The workflow \(id) does not exist")
            }
            #expect(try await server.send(.GET, uri, token: owner.token).json["data"] == out.json["data"])
            #expect(try await server.send(.DELETE, uri, token: owner.token).code == 0)
            #expect(try await server.send(.GET, list, token: owner.token).ids == [other])
            let updates = Array(repeating: "workflow.update", count: 3)
            #expect(try await server.audit(of: id) == ["workflow.create"] + updates + ["workflow.delete"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `whoever does not work on an app puts no workflow into it`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let member = try await server.person("member")
            let workspace = server.owner.workspace
            try await server.join(member, to: workspace)
            let app = try await server.make("app", as: server.owner)
            let own = try await server.make("workflow", in: workspace, as: member)
            let body: JSON = [
                "workspace_id": .string(workspace.description), "name": "x", "app_id": .string(app),
            ]
            #expect(try await server.send(.POST, "/buckle/v1/workflows", body, token: member.token).code == 4101)
            let move = try await server.send(
                .PUT, "/buckle/v1/workflows/\(own)", ["name": "y", "app_id": .string(app)], token: member.token)
            #expect(move.code == 4101)
            let found = try await server.send(.GET, "/buckle/v1/workflows/\(own)", token: member.token)
            #expect(found["data", "name"]?.text == "thing" && found["data", "app_id"] == nil)
            // The app's owner deletes the workflows in it, whoever made them; others delete only their own.
            #expect(
                try await server.send(.DELETE, "/buckle/v1/workflows/\(own)", token: server.owner.token).code == 4101)
            #expect(try await server.send(.DELETE, "/buckle/v1/workflows/\(own)", token: member.token).code == 0)
        }
    }
}

extension TestServer.Reply {
    fileprivate var ids: [String] { self["data", "items"]?.elements.map { $0["id"]!.text } ?? ["none"] }
    fileprivate var first: JSON? { self["data", "items"]?.elements.first }
}
