// What the chat asks the API to begin; each of these is answered with a stream.
import { question } from "./turn.js";

/**
 * A question, or a command that asks one.
 * @param settings the view's  @param asked {text, parts} or {shortcut: {command_id, parameters}}
 */
export function chatRequest({ bot, endUser, isDraft, connector, variables }, conversation, asked) {
  return {
    path: "/v3/chat", query: { conversation_id: conversation },
    body: {
      bot_id: bot, user_id: endUser, stream: true, connector_id: connector,
      additional_messages: asked.shortcut ? [] : [question(asked.text, asked.parts)], shortcut_command: asked.shortcut,
      publish_status: isDraft ? "unpublished_draft" : undefined, custom_variables: variables,
    },
  };
}

/** Another answer in the place of a chat's, to its question or to an edited one. */
export const replacement = (chat, conversation, edited, dropsLater) => ({
  path: `/buckle/v1/chats/${chat}/regenerate`,
  body: {
    conversation_id: conversation, stream: true, drop_later: dropsLater, content: edited?.content,
    content_type: edited?.content_type,
  },
});

/** What tools returned, for a chat that waits for it. */
export const outputsRequest = (chat, conversation, outputs) => ({
  path: "/v3/chat/submit_tool_outputs", query: { conversation_id: conversation, chat_id: chat },
  body: { tool_outputs: outputs, stream: true },
});
