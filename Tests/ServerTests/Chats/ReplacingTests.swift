import APIKit
import Database
import NIOHTTP1
import Platform
import TestSupport
import Testing

@testable import Server

/// `x!` for the built-in model's answer to x; other texts as they are.
private func short(_ text: String) -> String {
    guard let range = text.firstRange(of: "You said: ") else { return text }
    return text[range.upperBound...] + "!"
}

/// Answering anew, editing the question, and going back to an earlier one.
@Suite struct ReplacingTests {
    @Test(arguments: DatabaseKind.available)
    func `an edited question takes the place of the old one, with its answer`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            try await server.say("one", in: conversation, bot)
            let old = try await server.say("two", in: conversation, bot)
            let before = try await server.listed(conversation)
            let events = try await server.replace(
                old, in: conversation, ["content": "zwei", "content_type": "text", "stream": true])
            #expect(events["data"]!.text.contains("conversation.chat.completed"), "\(events.json)")
            let after = try await server.listed(conversation)
            #expect(after.dropLast(2) == before.dropLast(2))
            #expect(after.suffix(2).map { $0["type"]!.text } == ["question", "answer"])
            #expect(after[after.count - 2]["content"] == "zwei")
            #expect(after.last?["content"]?.text.hasSuffix("You said: zwei") == true)
            let new = after.last!["chat_id"]!.text
            #expect(after[after.count - 2]["chat_id"]?.text == new && new != old)
            #expect(after[after.count - 2]["meta_data"] == ["kept": "two"])
            #expect(try await server.context(of: conversation) == ["hello", "hello", "one", "one!", "zwei", "zwei!"])

            // The old one can still be read by its id, and by its chat's.
            let kept = try await server.listed(conversation, ["chat_id": .string(old)])
            #expect(kept == Array(before.suffix(2)))
            let made = try await server.send(
                .GET, "/v3/chat/message/list?conversation_id=\(conversation)&chat_id=\(old)",
                token: server.owner.token)
            #expect(made["data"]!.elements.first?["id"] == before.last?["id"])
            let chat = try await server.send(
                .GET, "/v3/chat/retrieve?conversation_id=\(conversation)&chat_id=\(new)", token: server.owner.token)
            #expect(chat["data", "inserted_additional_messages"] == [["id": after[after.count - 2]["id"]!]])
            let again = try await server.replace(old, in: conversation, ["content": "x", "content_type": "text"])
            #expect(again.code == 4000 && again.message.contains("chat_id"))
            #expect(try await server.listed(conversation) == after)

            // The new one can be answered anew and edited in turn.
            _ = try await server.replace(new, in: conversation, ["stream": true])
            let third = try await server.listed(conversation)
            #expect(third.count == after.count && third[third.count - 2]["id"] == after[after.count - 2]["id"])
            #expect(third.last?["id"] != after.last?["id"])
            let last = third.last!["chat_id"]!.text
            _ = try await server.replace(
                last, in: conversation, ["content": "drei", "content_type": "text", "stream": true])
            #expect(
                try await server.context(of: conversation) == ["hello", "hello", "one", "one!", "drei", "drei!"])
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `going back to an earlier question drops all that came after it in its section`(
        _ kind: DatabaseKind
    ) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            let earlier = try await server.say("before", in: conversation, bot)
            _ = try await server.send(.POST, "/v1/conversations/\(conversation)/clear", token: server.owner.token)
            let first = try await server.say("one", in: conversation, bot)
            let second = try await server.say("two", in: conversation, bot)
            try await server.add("by the way", to: conversation)
            let third = try await server.say("three", in: conversation, bot)
            let all = try await server.listed(conversation)

            let refused = try await server.replace(first, in: conversation, ["stream": true])
            #expect(refused.code == 4000 && refused.message.contains("chat_id"))
            #expect(try await server.listed(conversation) == all)
            #expect(try await server.count("SELECT COUNT(*) FROM chat WHERE superseded_by IS NOT NULL") == 0)

            let events = try await server.replace(
                second, in: conversation,
                ["content": "zwei", "content_type": "text", "drop_later": true, "stream": true])
            #expect(events["data"]!.text.contains("conversation.chat.completed"), "\(events.json)")
            let rest = try await server.listed(conversation)
            #expect(
                rest.map { short($0["content"]!.text) } == [
                    "hello", "hello", "before", "before!", "one", "one!", "zwei", "zwei!",
                ])
            #expect(try await server.context(of: conversation) == ["one", "one!", "zwei", "zwei!"])
            let new = rest.last!["chat_id"]!.text
            let chats = try await server.history(of: conversation)
            #expect(chats.map { $0["id"]!.text } == [new, third, second, first, earlier])
            #expect(chats.map { $0["superseded_by"]!.text } == ["", new, new, "", ""])

            // The same question can be gone back to as well.
            _ = try await server.replace(first, in: conversation, ["drop_later": true, "stream": true])
            #expect(try await server.context(of: conversation) == ["one", "one!"])
            #expect(
                try await server.listed(conversation).map { short($0["content"]!.text) } == [
                    "hello", "hello", "before", "before!", "one", "one!",
                ])
            let gone = try await server.replace(new, in: conversation, ["drop_later": true])
            #expect(gone.code == 4000)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a question that no chat was started with can be edited, too`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            try await server.add("loose", to: conversation)
            let chat = try await server.say(nil, in: conversation, bot)
            #expect(try await server.context(of: conversation) == ["hello", "hello", "loose", "loose!"])
            _ = try await server.replace(chat, in: conversation, ["stream": true])
            #expect(try await server.context(of: conversation) == ["hello", "hello", "loose", "loose!"])
            let second = try await server.history(of: conversation)[0]["id"]!.text
            _ = try await server.replace(
                second, in: conversation, ["content": "tight", "content_type": "text", "stream": true])
            #expect(try await server.context(of: conversation) == ["hello", "hello", "tight", "tight!"])
            #expect(
                try await server.listed(conversation).map { short($0["content"]!.text) } == [
                    "hello", "hello", "tight", "tight!",
                ])
        }
    }

    @Test func `an edit that is not acceptable changes nothing`() async throws {
        try await TestServer.with(.sqlite) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            let chat = try await server.say("one", in: conversation, bot)
            let before = try await server.listed(conversation)
            let file = server.application.storage.ids.next()
            let image = { (id: ID) -> JSON in
                .string(#"[{"type":"text","text":"x"},{"type":"image","file_id":"\#(id)"}]"#)
            }
            try await server.application.storage.database.write { connection in
                try connection.execute(
                    """
                    INSERT INTO file (id, owner_id, file_name, media_type, bytes, hash, created_at)
                    VALUES (\(file), \(server.stranger.user), 'a.png', 'image/png', 1, 'hash', 1)
                    """)
            }
            let wrong: [(JSON, String)] = [
                (["content": "x"], "content_type"), (["content_type": "text"], "content"),
                (["content": "", "content_type": "text"], "content"),
                (["content": "x", "content_type": "card"], "content_type"),
                (["content": "x", "content_type": "object_string"], "content"),
                (["content": image(file), "content_type": "object_string"], "content"),
                (["content": image(99), "content_type": "object_string"], "content"),
                (
                    [
                        "content": #"[{"type":"image","file_url":"https://a.example/b.png"}]"#,
                        "content_type": "object_string",
                    ], "content"
                ),
            ]
            for (body, field) in wrong {
                let reply = try await server.replace(chat, in: conversation, body)
                #expect(reply.code == 4000 && reply.message.contains(field), "\(body): \(reply.json)")
            }
            #expect(try await server.listed(conversation) == before)
            #expect(try await server.history(of: conversation).map { $0["superseded_by"]!.text } == [""])
            #expect(try await server.count("SELECT COUNT(*) FROM message_file") == 0)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `what was superseded is not found by its words`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            let chat = try await server.say("zeppelin", in: conversation, bot)
            #expect(try await server.search("zeppelin").count == 2)
            _ = try await server.replace(
                chat, in: conversation, ["content": "airship", "content_type": "text", "stream": true])
            #expect(try await server.search("zeppelin").isEmpty)
            #expect(try await server.search("airship").count == 2)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `a conversation's chats tell how they ended and what answered`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let version = try await server.publish(bot, as: server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            #expect(try await server.history(of: conversation).isEmpty)
            let draft = try await server.say("one", in: conversation, bot)
            var body = server.question("two", bot)
            body.removeAll { $0.key == "publish_status" }
            let begun = try await server.send(
                .POST, "/v3/chat?conversation_id=\(conversation)", .object(body), token: server.owner.token)
            let online = begun["data", "id"]!.text
            try await server.wait(for: online, in: conversation)
            let failed = try await server.say("/fail", in: conversation, bot)

            let chats = try await server.history(of: conversation)
            #expect(chats.map { $0["id"]!.text } == [failed, online, draft])
            #expect(chats.map { $0["status"]!.text } == ["failed", "completed", "completed"])
            #expect(chats.map { $0["bot_version"]!.text } == ["", version, ""])
            #expect(chats.allSatisfy { $0["model_id"] == "demo" && $0["user_id"] == "someone" })
            #expect(chats.allSatisfy { $0["bot_id"]?.text == bot })
            #expect(chats[1]["log_id"] == begun["detail", "logid"])
            #expect(chats[0]["last_error"]?["code"] == .integer(4013) && chats[1]["last_error"] == nil)
            #expect(chats[0]["failed_at"] != nil && chats[1]["completed_at"] != nil)
            let usage = chats[1]["usage"]!
            guard case .integer(let all)? = usage["token_count"], case .integer(let read)? = usage["input_count"],
                case .integer(let written)? = usage["output_count"]
            else {
                Issue.record("\(usage)")
                return
            }
            #expect(all == read + written && written > 0)

            var (ids, next): ([String], String) = ([], "")
            repeat {
                let page = try await server.send(
                    .GET, "/buckle/v1/conversations/\(conversation)/chats?limit=1&before=\(next)",
                    token: server.owner.token)
                ids += page["data", "chats"]!.elements.map { $0["id"]!.text }
                next = page["data", "next"]!.text
            } while !next.isEmpty && ids.count < 9
            #expect(ids == [failed, online, draft])
            for query in ["limit=0", "limit=101", "before=x"] {
                let reply = try await server.send(
                    .GET, "/buckle/v1/conversations/\(conversation)/chats?\(query)", token: server.owner.token)
                #expect(reply.code == 4000, "\(query)")
            }
            let foreign = try await server.send(
                .GET, "/buckle/v1/conversations/\(conversation)/chats", token: server.stranger.token)
            #expect(foreign.code == 4002)
        }
    }

    @Test(arguments: DatabaseKind.available)
    func `the chat that runs is told, and cannot be replaced`(_ kind: DatabaseKind) async throws {
        try await TestServer.with(kind) { server in
            let bot = try await server.makeBot(server.owner)
            let conversation = try await server.makeConversation(server.owner, bot: bot).id
            let first = try await server.say("one", in: conversation, bot)
            let begun = try await server.send(
                .POST, "/v3/chat?conversation_id=\(conversation)", .object(server.question("/count 1000", bot)),
                token: server.owner.token)
            let running = begun["data", "id"]!.text
            func told() async throws -> JSON? {
                try await server.send(
                    .GET, "/buckle/v1/conversations/\(conversation)/chats", token: server.owner.token)[
                        "data", "running_chat_id"]
            }
            #expect(try await told()?.text == running)
            for chat in [first, running] {
                let reply = try await server.replace(chat, in: conversation, ["drop_later": true])
                #expect(reply.code == 4016, "\(reply.json)")
            }
            let cancel: JSON = ["conversation_id": .string(conversation), "chat_id": .string(running)]
            #expect(try await server.send(.POST, "/v3/chat/cancel", cancel, token: server.owner.token).code == 0)
            #expect(try await told() == "")
            #expect(try await server.count("SELECT COUNT(*) FROM chat WHERE superseded_by IS NOT NULL") == 0)
        }
    }
}

extension TestServer {
    /// The body of a chat with a bot's draft.
    fileprivate func question(_ text: String?, _ bot: String) -> [JSON.Member] {
        var members: [JSON.Member] = [
            .init(key: "bot_id", value: .string(bot)), .init(key: "user_id", value: "someone"),
            .init(key: "publish_status", value: "unpublished_draft"),
        ]
        if let text {
            let message: JSON = [
                "role": "user", "content": .string(text), "content_type": "text", "meta_data": ["kept": .string(text)],
            ]
            members.append(.init(key: "additional_messages", value: [message]))
        }
        return members
    }

    /// Holds a chat with a bot's draft to its end, and returns its id.
    @discardableResult
    fileprivate func say(_ text: String?, in conversation: String, _ bot: String) async throws -> String {
        let begun = try await send(
            .POST, "/v3/chat?conversation_id=\(conversation)", .object(question(text, bot)), token: owner.token)
        let id = try #require(begun["data", "id"], "\(begun.json)").text
        try await wait(for: id, in: conversation)
        return id
    }

    fileprivate func wait(for chat: String, in conversation: String) async throws {
        _ = try await send(
            .GET, "/buckle/v1/chats/\(chat)/events?conversation_id=\(conversation)", token: owner.token)
    }

    /// Adds a message of the user's that no chat is started with.
    fileprivate func add(_ text: String, to conversation: String) async throws {
        let message: JSON = ["role": "user", "content": .string(text), "content_type": "text"]
        _ = try await send(
            .POST, "/v1/conversation/message/create?conversation_id=\(conversation)", message, token: owner.token)
    }

    fileprivate func replace(_ chat: String, in conversation: String, _ body: JSON) async throws -> Reply {
        guard case .object(let members) = body else { fatalError() }
        let all = members + [.init(key: "conversation_id", value: .string(conversation))]
        return try await send(.POST, "/buckle/v1/chats/\(chat)/regenerate", .object(all), token: owner.token)
    }

    /// The messages that clients see, oldest first.
    fileprivate func listed(_ conversation: String, _ query: JSON = [:]) async throws -> [JSON] {
        guard case .object(let members) = query else { fatalError() }
        let body = JSON.object(members + [.init(key: "order", value: "asc")])
        let reply = try await send(
            .POST, "/v1/conversation/message/list?conversation_id=\(conversation)", body, token: owner.token)
        return try #require(reply["data"], "\(reply.json)").elements
    }

    fileprivate func history(of conversation: String) async throws -> [JSON] {
        let reply = try await send(
            .GET, "/buckle/v1/conversations/\(conversation)/chats", token: owner.token)
        return try #require(reply["data", "chats"], "\(reply.json)").elements
    }

    /// What a model would see of the conversation's section, as ``short(_:)`` writes it.
    fileprivate func context(of conversation: String) async throws -> [String] {
        let (id, user) = (ID(conversation)!, owner.user)
        return try await application.storage.database.read { connection in
            try MessageStore.context(
                of: id, section: try ConversationStore.section(of: id, owner: user, in: connection), before: nil,
                limit: 100, bytes: 1 << 20, rounds: nil, in: connection
            ).map { short($0.content) }
        }
    }
}
