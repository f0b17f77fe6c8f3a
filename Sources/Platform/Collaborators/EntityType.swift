import APIKit
import Database

/// The kinds of things that a workspace holds, that a user owns, and that others may work on with the owner.
enum EntityType: String, Codable, Sendable, CaseIterable {
    case bot, app, workflow

    /// The table of such entities.
    var table: SQL.Fragment {
        switch self {
        case .bot: SQL.Fragment("bot")
        case .app: SQL.Fragment("app")
        case .workflow: SQL.Fragment("workflow")
        }
    }

    /// The table of their collaborators.
    var collaboratorTable: SQL.Fragment {
        switch self {
        case .bot: SQL.Fragment("bot_collaborator")
        case .app: SQL.Fragment("app_collaborator")
        case .workflow: SQL.Fragment("workflow_collaborator")
        }
    }

    /// The column of the table of collaborators that names the entity.
    var reference: SQL.Fragment {
        switch self {
        case .bot: SQL.Fragment("bot_id")
        case .app: SQL.Fragment("app_id")
        case .workflow: SQL.Fragment("workflow_id")
        }
    }

    /// The app that an entity `e` of this kind belongs to.
    var appColumn: SQL.Fragment {
        switch self {
        case .bot, .app: SQL.Fragment("CAST(NULL AS BIGINT)")
        case .workflow: SQL.Fragment("e.app_id")
        }
    }

    /// The part of a path that names all of them.
    var collection: String { "\(rawValue)s" }

    /// The field that names one of them.
    var field: String { "\(rawValue)_id" }

    /// What is thrown for one that does not exist, and for one that the caller does not see.
    func unknown(_ id: ID) -> APIError { APIError(.notFound, "The \(rawValue) \(id) does not exist") }
}

/// Whether others than the owner may work on an entity.
enum CollaborationMode: String, Codable, Sendable, CaseIterable { case single, collaboration }

/// A kind of entities as a type, for inputs whose path names one of that kind.
protocol EntityKind: Sendable { static var type: EntityType { get } }

enum BotKind: EntityKind { static let type = EntityType.bot }
enum AppKind: EntityKind { static let type = EntityType.app }
enum WorkflowKind: EntityKind { static let type = EntityType.workflow }

/// The entity that a path names: its `bot_id`, `app_id` or `workflow_id`.
struct EntityReference<Kind: EntityKind>: Decodable, Sendable {
    let id: ID

    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        id = try decoder.container(keyedBy: Key.self).decode(ID.self, forKey: Key(stringValue: Kind.type.field))
    }
}
