// Made by scripts/assets.

#include "WebAssets.h"

static const unsigned char access_numbered_js[] = {
#embed "web/access/numbered.js"
};
static const unsigned char access_people_js[] = {
#embed "web/access/people.js"
};
static const unsigned char access_permissions_js[] = {
#embed "web/access/permissions.js"
};
static const unsigned char access_secret_js[] = {
#embed "web/access/secret.js"
};
static const unsigned char agents_bots_js[] = {
#embed "web/agents/bots.js"
};
static const unsigned char agents_commands_js[] = {
#embed "web/agents/commands.js"
};
static const unsigned char agents_compare_js[] = {
#embed "web/agents/compare.js"
};
static const unsigned char agents_diff_js[] = {
#embed "web/agents/diff.js"
};
static const unsigned char agents_examples_js[] = {
#embed "web/agents/examples.js"
};
static const unsigned char agents_form_js[] = {
#embed "web/agents/form.js"
};
static const unsigned char agents_integrate_js[] = {
#embed "web/agents/integrate.js"
};
static const unsigned char agents_items_js[] = {
#embed "web/agents/items.js"
};
static const unsigned char agents_model_js[] = {
#embed "web/agents/model.js"
};
static const unsigned char agents_opening_js[] = {
#embed "web/agents/opening.js"
};
static const unsigned char agents_persona_js[] = {
#embed "web/agents/persona.js"
};
static const unsigned char agents_picture_js[] = {
#embed "web/agents/picture.js"
};
static const unsigned char agents_prompt_names_js[] = {
#embed "web/agents/prompt-names.js"
};
static const unsigned char agents_publish_js[] = {
#embed "web/agents/publish.js"
};
static const unsigned char agents_save_js[] = {
#embed "web/agents/save.js"
};
static const unsigned char agents_test_chat_js[] = {
#embed "web/agents/test-chat.js"
};
static const unsigned char agents_text_field_js[] = {
#embed "web/agents/text-field.js"
};
static const unsigned char agents_tools_js[] = {
#embed "web/agents/tools.js"
};
static const unsigned char agents_variables_js[] = {
#embed "web/agents/variables.js"
};
static const unsigned char agents_versions_js[] = {
#embed "web/agents/versions.js"
};
static const unsigned char chat_attachments_js[] = {
#embed "web/chat/attachments.js"
};
static const unsigned char chat_composer_js[] = {
#embed "web/chat/composer.js"
};
static const unsigned char chat_files_js[] = {
#embed "web/chat/files.js"
};
static const unsigned char chat_history_js[] = {
#embed "web/chat/history.js"
};
static const unsigned char chat_icons_js[] = {
#embed "web/chat/icons.js"
};
static const unsigned char chat_message_js[] = {
#embed "web/chat/message.js"
};
static const unsigned char chat_opening_js[] = {
#embed "web/chat/opening.js"
};
static const unsigned char chat_opinion_js[] = {
#embed "web/chat/opinion.js"
};
static const unsigned char chat_outcomes_js[] = {
#embed "web/chat/outcomes.js"
};
static const unsigned char chat_past_js[] = {
#embed "web/chat/past.js"
};
static const unsigned char chat_prose_js[] = {
#embed "web/chat/prose.js"
};
static const unsigned char chat_quote_js[] = {
#embed "web/chat/quote.js"
};
static const unsigned char chat_requests_js[] = {
#embed "web/chat/requests.js"
};
static const unsigned char chat_scroll_js[] = {
#embed "web/chat/scroll.js"
};
static const unsigned char chat_shortcuts_js[] = {
#embed "web/chat/shortcuts.js"
};
static const unsigned char chat_stream_js[] = {
#embed "web/chat/stream.js"
};
static const unsigned char chat_tools_js[] = {
#embed "web/chat/tools.js"
};
static const unsigned char chat_turn_js[] = {
#embed "web/chat/turn.js"
};
static const unsigned char chat_view_js[] = {
#embed "web/chat/view.js"
};
static const unsigned char conversations_agents_js[] = {
#embed "web/conversations/agents.js"
};
static const unsigned char conversations_deletion_js[] = {
#embed "web/conversations/deletion.js"
};
static const unsigned char conversations_icons_js[] = {
#embed "web/conversations/icons.js"
};
static const unsigned char conversations_info_js[] = {
#embed "web/conversations/info.js"
};
static const unsigned char conversations_list_pane_js[] = {
#embed "web/conversations/list-pane.js"
};
static const unsigned char conversations_list_js[] = {
#embed "web/conversations/list.js"
};
static const unsigned char conversations_log_js[] = {
#embed "web/conversations/log.js"
};
static const unsigned char conversations_reader_js[] = {
#embed "web/conversations/reader.js"
};
static const unsigned char conversations_rename_js[] = {
#embed "web/conversations/rename.js"
};
static const unsigned char conversations_row_js[] = {
#embed "web/conversations/row.js"
};
static const unsigned char conversations_store_js[] = {
#embed "web/conversations/store.js"
};
static const unsigned char conversations_transfer_js[] = {
#embed "web/conversations/transfer.js"
};
static const unsigned char conversations_turns_js[] = {
#embed "web/conversations/turns.js"
};
static const unsigned char embed_frame_js[] = {
#embed "web/embed/frame.js"
};
static const unsigned char embed_sdk_js[] = {
#embed "web/embed/sdk.js"
};
static const unsigned char lib_api_js[] = {
#embed "web/lib/api.js"
};
static const unsigned char lib_dom_js[] = {
#embed "web/lib/dom.js"
};
static const unsigned char lib_markdown_js[] = {
#embed "web/lib/markdown.js"
};
static const unsigned char lib_page_js[] = {
#embed "web/lib/page.js"
};
static const unsigned char lib_text_js[] = {
#embed "web/lib/text.js"
};
static const unsigned char models_form_js[] = {
#embed "web/models/form.js"
};
static const unsigned char models_servers_js[] = {
#embed "web/models/servers.js"
};
static const unsigned char pages_account_js[] = {
#embed "web/pages/account.js"
};
static const unsigned char pages_accounts_js[] = {
#embed "web/pages/accounts.js"
};
static const unsigned char pages_agent_js[] = {
#embed "web/pages/agent.js"
};
static const unsigned char pages_agents_js[] = {
#embed "web/pages/agents.js"
};
static const unsigned char pages_audit_js[] = {
#embed "web/pages/audit.js"
};
static const unsigned char pages_chat_js[] = {
#embed "web/pages/chat.js"
};
static const unsigned char pages_conversations_js[] = {
#embed "web/pages/conversations.js"
};
static const unsigned char pages_embedding_js[] = {
#embed "web/pages/embedding.js"
};
static const unsigned char pages_enterprises_js[] = {
#embed "web/pages/enterprises.js"
};
static const unsigned char pages_members_js[] = {
#embed "web/pages/members.js"
};
static const unsigned char pages_models_js[] = {
#embed "web/pages/models.js"
};
static const unsigned char pages_oauth_apps_js[] = {
#embed "web/pages/oauth-apps.js"
};
static const unsigned char pages_playground_js[] = {
#embed "web/pages/playground.js"
};
static const unsigned char pages_setup_js[] = {
#embed "web/pages/setup.js"
};
static const unsigned char pages_system_js[] = {
#embed "web/pages/system.js"
};
static const unsigned char pages_tokens_js[] = {
#embed "web/pages/tokens.js"
};
static const unsigned char pages_usage_js[] = {
#embed "web/pages/usage.js"
};
static const unsigned char pages_welcome_js[] = {
#embed "web/pages/welcome.js"
};
static const unsigned char playground_chinese_js[] = {
#embed "web/playground/chinese.js"
};
static const unsigned char playground_code_js[] = {
#embed "web/playground/code.js"
};
static const unsigned char playground_contents_js[] = {
#embed "web/playground/contents.js"
};
static const unsigned char playground_controls_js[] = {
#embed "web/playground/controls.js"
};
static const unsigned char playground_curl_js[] = {
#embed "web/playground/curl.js"
};
static const unsigned char playground_document_js[] = {
#embed "web/playground/document.js"
};
static const unsigned char playground_form_js[] = {
#embed "web/playground/form.js"
};
static const unsigned char playground_go_js[] = {
#embed "web/playground/go.js"
};
static const unsigned char playground_history_js[] = {
#embed "web/playground/history.js"
};
static const unsigned char playground_java_js[] = {
#embed "web/playground/java.js"
};
static const unsigned char playground_json_js[] = {
#embed "web/playground/json.js"
};
static const unsigned char playground_literals_js[] = {
#embed "web/playground/literals.js"
};
static const unsigned char playground_names_js[] = {
#embed "web/playground/names.js"
};
static const unsigned char playground_node_js[] = {
#embed "web/playground/node.js"
};
static const unsigned char playground_operation_js[] = {
#embed "web/playground/operation.js"
};
static const unsigned char playground_pickers_js[] = {
#embed "web/playground/pickers.js"
};
static const unsigned char playground_python_js[] = {
#embed "web/playground/python.js"
};
static const unsigned char playground_reply_js[] = {
#embed "web/playground/reply.js"
};
static const unsigned char playground_request_js[] = {
#embed "web/playground/request.js"
};
static const unsigned char playground_schema_js[] = {
#embed "web/playground/schema.js"
};
static const unsigned char playground_sdk_js[] = {
#embed "web/playground/sdk.js"
};
static const unsigned char playground_send_js[] = {
#embed "web/playground/send.js"
};
static const unsigned char playground_texts_js[] = {
#embed "web/playground/texts.js"
};
static const unsigned char styles_agent_parts_css[] = {
#embed "web/styles/agent-parts.css"
};
static const unsigned char styles_agent_css[] = {
#embed "web/styles/agent.css"
};
static const unsigned char styles_agents_css[] = {
#embed "web/styles/agents.css"
};
static const unsigned char styles_base_css[] = {
#embed "web/styles/base.css"
};
static const unsigned char styles_chat_css[] = {
#embed "web/styles/chat.css"
};
static const unsigned char styles_console_css[] = {
#embed "web/styles/console.css"
};
static const unsigned char styles_conversations_css[] = {
#embed "web/styles/conversations.css"
};
static const unsigned char styles_embed_css[] = {
#embed "web/styles/embed.css"
};
static const unsigned char styles_pages_css[] = {
#embed "web/styles/pages.css"
};
static const unsigned char styles_playground_css[] = {
#embed "web/styles/playground.css"
};
static const unsigned char styles_system_css[] = {
#embed "web/styles/system.css"
};
static const unsigned char styles_usage_css[] = {
#embed "web/styles/usage.css"
};
static const unsigned char styles_welcome_css[] = {
#embed "web/styles/welcome.css"
};
static const unsigned char usage_chart_js[] = {
#embed "web/usage/chart.js"
};
static const unsigned char vendor_marked_js[] = {
#embed "web/vendor/marked.js"
};
static const unsigned char vendor_purify_js[] = {
#embed "web/vendor/purify.js"
};

static const struct WebAsset files[] = {
    {"access/numbered.js", access_numbered_js, sizeof(access_numbered_js)},
    {"access/people.js", access_people_js, sizeof(access_people_js)},
    {"access/permissions.js", access_permissions_js, sizeof(access_permissions_js)},
    {"access/secret.js", access_secret_js, sizeof(access_secret_js)},
    {"agents/bots.js", agents_bots_js, sizeof(agents_bots_js)},
    {"agents/commands.js", agents_commands_js, sizeof(agents_commands_js)},
    {"agents/compare.js", agents_compare_js, sizeof(agents_compare_js)},
    {"agents/diff.js", agents_diff_js, sizeof(agents_diff_js)},
    {"agents/examples.js", agents_examples_js, sizeof(agents_examples_js)},
    {"agents/form.js", agents_form_js, sizeof(agents_form_js)},
    {"agents/integrate.js", agents_integrate_js, sizeof(agents_integrate_js)},
    {"agents/items.js", agents_items_js, sizeof(agents_items_js)},
    {"agents/model.js", agents_model_js, sizeof(agents_model_js)},
    {"agents/opening.js", agents_opening_js, sizeof(agents_opening_js)},
    {"agents/persona.js", agents_persona_js, sizeof(agents_persona_js)},
    {"agents/picture.js", agents_picture_js, sizeof(agents_picture_js)},
    {"agents/prompt-names.js", agents_prompt_names_js, sizeof(agents_prompt_names_js)},
    {"agents/publish.js", agents_publish_js, sizeof(agents_publish_js)},
    {"agents/save.js", agents_save_js, sizeof(agents_save_js)},
    {"agents/test-chat.js", agents_test_chat_js, sizeof(agents_test_chat_js)},
    {"agents/text-field.js", agents_text_field_js, sizeof(agents_text_field_js)},
    {"agents/tools.js", agents_tools_js, sizeof(agents_tools_js)},
    {"agents/variables.js", agents_variables_js, sizeof(agents_variables_js)},
    {"agents/versions.js", agents_versions_js, sizeof(agents_versions_js)},
    {"chat/attachments.js", chat_attachments_js, sizeof(chat_attachments_js)},
    {"chat/composer.js", chat_composer_js, sizeof(chat_composer_js)},
    {"chat/files.js", chat_files_js, sizeof(chat_files_js)},
    {"chat/history.js", chat_history_js, sizeof(chat_history_js)},
    {"chat/icons.js", chat_icons_js, sizeof(chat_icons_js)},
    {"chat/message.js", chat_message_js, sizeof(chat_message_js)},
    {"chat/opening.js", chat_opening_js, sizeof(chat_opening_js)},
    {"chat/opinion.js", chat_opinion_js, sizeof(chat_opinion_js)},
    {"chat/outcomes.js", chat_outcomes_js, sizeof(chat_outcomes_js)},
    {"chat/past.js", chat_past_js, sizeof(chat_past_js)},
    {"chat/prose.js", chat_prose_js, sizeof(chat_prose_js)},
    {"chat/quote.js", chat_quote_js, sizeof(chat_quote_js)},
    {"chat/requests.js", chat_requests_js, sizeof(chat_requests_js)},
    {"chat/scroll.js", chat_scroll_js, sizeof(chat_scroll_js)},
    {"chat/shortcuts.js", chat_shortcuts_js, sizeof(chat_shortcuts_js)},
    {"chat/stream.js", chat_stream_js, sizeof(chat_stream_js)},
    {"chat/tools.js", chat_tools_js, sizeof(chat_tools_js)},
    {"chat/turn.js", chat_turn_js, sizeof(chat_turn_js)},
    {"chat/view.js", chat_view_js, sizeof(chat_view_js)},
    {"conversations/agents.js", conversations_agents_js, sizeof(conversations_agents_js)},
    {"conversations/deletion.js", conversations_deletion_js, sizeof(conversations_deletion_js)},
    {"conversations/icons.js", conversations_icons_js, sizeof(conversations_icons_js)},
    {"conversations/info.js", conversations_info_js, sizeof(conversations_info_js)},
    {"conversations/list-pane.js", conversations_list_pane_js, sizeof(conversations_list_pane_js)},
    {"conversations/list.js", conversations_list_js, sizeof(conversations_list_js)},
    {"conversations/log.js", conversations_log_js, sizeof(conversations_log_js)},
    {"conversations/reader.js", conversations_reader_js, sizeof(conversations_reader_js)},
    {"conversations/rename.js", conversations_rename_js, sizeof(conversations_rename_js)},
    {"conversations/row.js", conversations_row_js, sizeof(conversations_row_js)},
    {"conversations/store.js", conversations_store_js, sizeof(conversations_store_js)},
    {"conversations/transfer.js", conversations_transfer_js, sizeof(conversations_transfer_js)},
    {"conversations/turns.js", conversations_turns_js, sizeof(conversations_turns_js)},
    {"embed/frame.js", embed_frame_js, sizeof(embed_frame_js)},
    {"embed/sdk.js", embed_sdk_js, sizeof(embed_sdk_js)},
    {"lib/api.js", lib_api_js, sizeof(lib_api_js)},
    {"lib/dom.js", lib_dom_js, sizeof(lib_dom_js)},
    {"lib/markdown.js", lib_markdown_js, sizeof(lib_markdown_js)},
    {"lib/page.js", lib_page_js, sizeof(lib_page_js)},
    {"lib/text.js", lib_text_js, sizeof(lib_text_js)},
    {"models/form.js", models_form_js, sizeof(models_form_js)},
    {"models/servers.js", models_servers_js, sizeof(models_servers_js)},
    {"pages/account.js", pages_account_js, sizeof(pages_account_js)},
    {"pages/accounts.js", pages_accounts_js, sizeof(pages_accounts_js)},
    {"pages/agent.js", pages_agent_js, sizeof(pages_agent_js)},
    {"pages/agents.js", pages_agents_js, sizeof(pages_agents_js)},
    {"pages/audit.js", pages_audit_js, sizeof(pages_audit_js)},
    {"pages/chat.js", pages_chat_js, sizeof(pages_chat_js)},
    {"pages/conversations.js", pages_conversations_js, sizeof(pages_conversations_js)},
    {"pages/embedding.js", pages_embedding_js, sizeof(pages_embedding_js)},
    {"pages/enterprises.js", pages_enterprises_js, sizeof(pages_enterprises_js)},
    {"pages/members.js", pages_members_js, sizeof(pages_members_js)},
    {"pages/models.js", pages_models_js, sizeof(pages_models_js)},
    {"pages/oauth-apps.js", pages_oauth_apps_js, sizeof(pages_oauth_apps_js)},
    {"pages/playground.js", pages_playground_js, sizeof(pages_playground_js)},
    {"pages/setup.js", pages_setup_js, sizeof(pages_setup_js)},
    {"pages/system.js", pages_system_js, sizeof(pages_system_js)},
    {"pages/tokens.js", pages_tokens_js, sizeof(pages_tokens_js)},
    {"pages/usage.js", pages_usage_js, sizeof(pages_usage_js)},
    {"pages/welcome.js", pages_welcome_js, sizeof(pages_welcome_js)},
    {"playground/chinese.js", playground_chinese_js, sizeof(playground_chinese_js)},
    {"playground/code.js", playground_code_js, sizeof(playground_code_js)},
    {"playground/contents.js", playground_contents_js, sizeof(playground_contents_js)},
    {"playground/controls.js", playground_controls_js, sizeof(playground_controls_js)},
    {"playground/curl.js", playground_curl_js, sizeof(playground_curl_js)},
    {"playground/document.js", playground_document_js, sizeof(playground_document_js)},
    {"playground/form.js", playground_form_js, sizeof(playground_form_js)},
    {"playground/go.js", playground_go_js, sizeof(playground_go_js)},
    {"playground/history.js", playground_history_js, sizeof(playground_history_js)},
    {"playground/java.js", playground_java_js, sizeof(playground_java_js)},
    {"playground/json.js", playground_json_js, sizeof(playground_json_js)},
    {"playground/literals.js", playground_literals_js, sizeof(playground_literals_js)},
    {"playground/names.js", playground_names_js, sizeof(playground_names_js)},
    {"playground/node.js", playground_node_js, sizeof(playground_node_js)},
    {"playground/operation.js", playground_operation_js, sizeof(playground_operation_js)},
    {"playground/pickers.js", playground_pickers_js, sizeof(playground_pickers_js)},
    {"playground/python.js", playground_python_js, sizeof(playground_python_js)},
    {"playground/reply.js", playground_reply_js, sizeof(playground_reply_js)},
    {"playground/request.js", playground_request_js, sizeof(playground_request_js)},
    {"playground/schema.js", playground_schema_js, sizeof(playground_schema_js)},
    {"playground/sdk.js", playground_sdk_js, sizeof(playground_sdk_js)},
    {"playground/send.js", playground_send_js, sizeof(playground_send_js)},
    {"playground/texts.js", playground_texts_js, sizeof(playground_texts_js)},
    {"styles/agent-parts.css", styles_agent_parts_css, sizeof(styles_agent_parts_css)},
    {"styles/agent.css", styles_agent_css, sizeof(styles_agent_css)},
    {"styles/agents.css", styles_agents_css, sizeof(styles_agents_css)},
    {"styles/base.css", styles_base_css, sizeof(styles_base_css)},
    {"styles/chat.css", styles_chat_css, sizeof(styles_chat_css)},
    {"styles/console.css", styles_console_css, sizeof(styles_console_css)},
    {"styles/conversations.css", styles_conversations_css, sizeof(styles_conversations_css)},
    {"styles/embed.css", styles_embed_css, sizeof(styles_embed_css)},
    {"styles/pages.css", styles_pages_css, sizeof(styles_pages_css)},
    {"styles/playground.css", styles_playground_css, sizeof(styles_playground_css)},
    {"styles/system.css", styles_system_css, sizeof(styles_system_css)},
    {"styles/usage.css", styles_usage_css, sizeof(styles_usage_css)},
    {"styles/welcome.css", styles_welcome_css, sizeof(styles_welcome_css)},
    {"usage/chart.js", usage_chart_js, sizeof(usage_chart_js)},
    {"vendor/marked.js", vendor_marked_js, sizeof(vendor_marked_js)},
    {"vendor/purify.js", vendor_purify_js, sizeof(vendor_purify_js)},
};
const struct WebAsset *const web_assets = files;
const size_t web_asset_count = sizeof(files) / sizeof(files[0]);
