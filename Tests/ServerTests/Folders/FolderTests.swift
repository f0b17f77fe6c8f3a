import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

@Suite struct FolderTests {
    @Test(arguments: DatabaseKind.available)
    func `folders are listed level by level and page by page`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let (owner, workspace) = (server.owner, server.owner.workspace)
            var roots: [String] = []
            for number in 0..<3 { roots.append(try await server.makeFolder(named: "root \(number)", as: owner)) }
            let library = try await server.makeFolder("library", as: owner)
            let child = try await server.makeFolder(in: roots[1], as: owner)
            let grandchild = try await server.makeFolder(in: child, as: owner)
            let uri = "/v1/folders?workspace_id=\(workspace)&folder_type=development"

            for root in ["", "&parent_folder_id=", "&parent_folder_id=0"] {
                let page = try await server.send(.GET, uri + root, token: owner.token)
                #expect(page.ids == roots)
                #expect(page["data", "total_count"] == .integer(3) && page["data", "has_more"] == false)
            }
            let page = try await server.send(.GET, uri + "&page_num=2&page_size=1", token: owner.token)
            #expect(page.ids == [roots[1]])
            #expect(page["data", "has_more"] == true && page["data", "total_count"] == .integer(3))
            #expect(
                page["data", "items"]?.elements.first == [
                    "id": .string(roots[1]), "name": "root 1", "description": "", "folder_type": "development",
                    "workspace_id": .string(workspace.description), "creator_user_id": .string(owner.user.description),
                    "children_count": .integer(1),
                ])
            #expect(try await server.send(.GET, uri + "&page_num=4", token: owner.token).ids == [])
            let below = try await server.send(.GET, uri + "&parent_folder_id=\(roots[1])", token: owner.token)
            #expect(below.ids == [child])
            #expect(below["data", "items"]?.elements[0]["parent_folder_id"]?.text == roots[1])
            let deep = try await server.send(.GET, uri + "&parent_folder_id=\(child)", token: owner.token)
            #expect(deep.ids == [grandchild])
            let other = "/v1/folders?workspace_id=\(workspace)&folder_type=library"
            #expect(try await server.send(.GET, other, token: owner.token).ids == [library])
            // A parent of the other type is none of this tree.
            let wrong = try await server.send(.GET, other + "&parent_folder_id=\(child)", token: owner.token)
            #expect(wrong.code == 4200)
            for bad in ["&page_size=51", "&page_num=0"] {
                #expect(try await server.send(.GET, uri + bad, token: owner.token).code == 4000)
            }
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a folder is retrieved without its count and, at the root, without a parent`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let root = try await server.makeFolder(named: "文件夹", as: server.owner)
            let child = try await server.makeFolder(in: root, as: server.owner)
            let found = try await server.send(.GET, "/v1/folders/\(root)", token: server.owner.token)
            #expect(
                found.json["data"] == [
                    "id": .string(root), "name": "文件夹", "description": "", "folder_type": "development",
                    "workspace_id": .string(server.owner.workspace.description),
                    "creator_user_id": .string(server.owner.user.description),
                ])
            let below = try await server.send(.GET, "/v1/folders/\(child)", token: server.owner.token)
            #expect(below["data", "parent_folder_id"]?.text == root)
            let unknown = try await server.send(.GET, "/v1/folders/\(root)", token: server.stranger.token)
            #expect(unknown.code == 4200 && unknown.message == "The folder \(root) does not exist")
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a folder goes neither into itself nor too deep`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            var chain: [String] = []
            for _ in 0..<10 { chain.append(try await server.makeFolder(in: chain.last ?? "0", as: owner)) }
            let body: JSON = [
                "workspace_id": .string(owner.workspace.description), "folder_type": "development", "name": "x",
                "parent_folder_id": .string(chain[9]),
            ]
            let tooDeep = try await server.send(.POST, "/buckle/v1/folders", body, token: owner.token)
            #expect(tooDeep.code == 4000 && tooDeep.message.contains("parent_folder_id"))
            // Into itself, its child, and the deepest below it.
            for parent in [chain[0], chain[1], chain[9]] {
                let reply = try await server.move(chain[0], to: parent, as: owner)
                #expect(reply.code == 4000 && reply.message.contains("parent_folder_id"), "\(reply.message)")
            }
            // A tree of two beside the chain fits below the eighth, not below the ninth.
            let tree = try await server.makeFolder(as: owner)
            let leaf = try await server.makeFolder(in: tree, as: owner)
            #expect(try await server.move(tree, to: chain[8], as: owner).code == 4000)
            #expect(try await server.parent(of: tree) == nil)
            #expect(try await server.move(tree, to: chain[7], as: owner).code == 0)
            #expect(try await server.parent(of: tree) == chain[7])
            #expect(try await server.parent(of: leaf) == tree)
            // And out again.
            #expect(try await server.move(tree, to: "0", as: owner).code == 0)
            #expect(try await server.parent(of: tree) == nil)
            let library = try await server.makeFolder("library", as: owner)
            #expect(try await server.move(library, to: tree, as: owner).code == 4000)
            let foreign = try await server.makeFolder(as: server.stranger)
            #expect(try await server.move(tree, to: foreign, as: owner).code == 4200)
            #expect(try await server.parent(of: tree) == nil)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what is absent stays, and what is out of its limits is refused`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let root = try await server.makeFolder(as: server.owner)
            let id = try await server.makeFolder(named: "old", in: root, as: server.owner)
            let uri = "/buckle/v1/folders/\(id)"
            let described = try await server.send(.PUT, uri, ["description": "notes"], token: server.owner.token)
            #expect(described["data", "name"]?.text == "old" && described["data", "parent_folder_id"]?.text == root)
            let renamed = try await server.send(.PUT, uri, ["name": "new"], token: server.owner.token)
            #expect(renamed["data", "name"]?.text == "new" && renamed["data", "description"]?.text == "notes")
            for (body, field): (JSON, String) in [
                (["name": " "], "name"), (["name": .string(String(repeating: "名", count: 51))], "name"),
                (["description": .string(String(repeating: "d", count: 501))], "description"),
            ] {
                let reply = try await server.send(.PUT, uri, body, token: server.owner.token)
                #expect(reply.code == 4000 && reply.message.contains(field))
            }
            let kept = try await server.send(.GET, "/v1/folders/\(id)", token: server.owner.token)
            #expect(kept.json["data"] == renamed.json["data"])
            #expect(try await server.audit(of: id) == ["folder.create", "folder.update", "folder.update"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `members see folders and make new ones, and only who made one or manages the workspace changes it`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let member = try await server.person("member")
            let other = try await server.person("other")
            let workspace = server.owner.workspace
            for person in [member, other] { try await server.join(person, to: workspace) }
            let theirs = try await server.makeFolder(as: server.owner)
            let own = try await server.makeFolder(workspace: workspace, as: member)
            #expect(try await server.send(.GET, "/v1/folders/\(theirs)", token: member.token).code == 0)
            for (folder, caller) in [(theirs, member), (own, other)] {
                #expect(try await server.move(folder, to: "0", as: caller).code == 4101)
                #expect(try await server.delete(folder, as: caller).code == 4101)
            }
            for folder in [own, theirs] {
                #expect(try await server.move(folder, to: "0", as: server.stranger).code == 4200)
                #expect(try await server.delete(folder, as: server.stranger).code == 4200)
            }
            #expect(try await server.delete(own, as: server.owner).code == 0)
            let last = try await server.makeFolder(workspace: workspace, as: member)
            #expect(try await server.delete(last, as: member).code == 0)
            #expect(try await server.send(.GET, "/v1/folders/\(theirs)", token: member.token).code == 0)
            let body: JSON = [
                "workspace_id": .string(workspace.description), "folder_type": "development", "name": "x",
            ]
            let foreign = try await server.send(.POST, "/buckle/v1/folders", body, token: server.stranger.token)
            #expect(foreign.code == 4200)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what lay in a deleted folder lies in its parent`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let root = try await server.makeFolder(as: owner)
            let middle = try await server.makeFolder(in: root, as: owner)
            let leaf = try await server.makeFolder(in: middle, as: owner)
            let bot = try await server.make("bot", as: owner)
            let app = try await server.make("app", ["folder_id": .string(middle)], as: owner)
            #expect(try await server.put("bot", bot, in: middle, as: owner).code == 0)
            #expect(try await server.delete(middle, as: owner).code == 0)
            #expect(try await server.send(.GET, "/v1/folders/\(middle)", token: owner.token).code == 4200)
            #expect(try await server.parent(of: leaf) == root)
            #expect(try await server.folder(of: "bot", bot) == root)
            #expect(try await server.folder(of: "app", app) == root)
            #expect(try await server.delete(root, as: owner).code == 0)
            #expect(try await server.parent(of: leaf) == nil)
            #expect(try await server.folder(of: "bot", bot) == nil)
            #expect(try await server.folder(of: "app", app) == nil)
            #expect(try await server.audit(of: root) == ["folder.create", "folder.delete"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `whoever changes a thing lays it into folders of its kind and workspace`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let owner = server.owner
            let member = try await server.person("member")
            try await server.join(member, to: owner.workspace)
            let folders = [
                "development": try await server.makeFolder("development", as: owner),
                "library": try await server.makeFolder("library", as: owner),
            ]
            let foreign = try await server.makeFolder(as: server.stranger)
            for (type, right, wrong) in [
                ("bot", "development", "library"), ("app", "development", "library"),
                ("workflow", "library", "development"),
            ] {
                let id = try await server.make(type, as: owner)
                #expect(try await server.folder(of: type, id) == nil)
                #expect(try await server.put(type, id, in: folders[right]!, as: owner).code == 0)
                #expect(try await server.folder(of: type, id) == folders[right]!)
                #expect(try await server.put(type, id, in: folders[wrong]!, as: owner).code == 4000)
                #expect(try await server.put(type, id, in: foreign, as: owner).code == 4200)
                #expect(try await server.put(type, id, in: "0", as: member).code == 4101)
                #expect(try await server.put(type, id, in: "0", as: server.stranger).code == 4200)
                let forgotten = try await server.send(
                    .PUT, "/buckle/v1/\(type)s/\(id)/folder", [:], token: owner.token)
                #expect(forgotten.code == 4000 && forgotten.message.contains("folder_id"))
                #expect(try await server.folder(of: type, id) == folders[right]!)
                #expect(try await server.put(type, id, in: "0", as: owner).code == 0)
                #expect(try await server.folder(of: type, id) == nil)
                #expect(try await server.audit(of: id).filter { $0 == "\(type).move" }.count == 2)
            }
            // A workflow of an app lies in the app.
            let app = try await server.make("app", as: owner)
            let workflow = try await server.make("workflow", ["app_id": .string(app)], as: owner)
            #expect(try await server.put("workflow", workflow, in: folders["library"]!, as: owner).code == 4000)
        }
    }
}

extension TestServer {
    fileprivate func move(_ folder: String, to parent: String, as caller: Caller) async throws -> Reply {
        try await send(
            .PUT, "/buckle/v1/folders/\(folder)", ["parent_folder_id": .string(parent)], token: caller.token)
    }

    fileprivate func delete(_ folder: String, as caller: Caller) async throws -> Reply {
        try await send(.DELETE, "/buckle/v1/folders/\(folder)", token: caller.token)
    }

    fileprivate func parent(of folder: String) async throws -> String? {
        try await send(.GET, "/v1/folders/\(folder)", token: owner.token)["data", "parent_folder_id"]?.text
    }

    fileprivate func put(_ type: String, _ id: String, in folder: String, as caller: Caller) async throws -> Reply {
        try await send(
            .PUT, "/buckle/v1/\(type)s/\(id)/folder", ["folder_id": .string(folder)], token: caller.token)
    }

    /// The folder that a thing of the owner's lies in, as lists of its kind say.
    fileprivate func folder(of type: String, _ id: String) async throws -> String? {
        let path = type == "workflow" ? "/buckle/v1/workflows?" : "/v1/\(type)s?publish_status=all&"
        let page = try await send(.GET, "\(path)workspace_id=\(owner.workspace)", token: owner.token)
        return page["data", "items"]!.elements.first { $0["id"]?.text == id }!["folder_id"]?.text
    }
}

extension TestServer.Reply {
    fileprivate var ids: [String] { self["data", "items"]?.elements.map { $0["id"]!.text } ?? ["none"] }
}
