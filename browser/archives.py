"""Exported conversations, as tests bring them in: with chats that ended long ago, and in any way."""

import time


def archive(bot, turns) -> dict:
    """An exported conversation. A turn is its section, its question, its steps, and perhaps more of the chat."""
    now = int(time.time()) - 3600
    ids = iter(range(100, 100_000))
    chats, messages = [], []
    for section, asked, steps, *more in turns:
        question, chat = str(next(ids)), str(next(ids))
        chats.append({
            "id": chat, "section_id": section, "bot_id": bot, "user_id": "u", "status": "completed", "created_at": now,
            "completed_at": now + 3, "inserted_messages": [question],
            "usage": {"input_count": 1234, "output_count": 567}, **(more[0] if more else {})})
        common = {"section_id": section, "chat_id": chat, "bot_id": bot, "created_at": now, "updated_at": now}
        messages.append({**common, "id": question, "role": "user", "type": "question", "content": asked,
                         "content_type": "object_string" if asked.startswith("[") else "text"})
        for kind, content, *reasoning in steps:
            messages.append({**common, "id": str(next(ids)), "role": "assistant", "type": kind, "content": content,
                             "content_type": "text", **({"reasoning_content": reasoning[0]} if reasoning else {})})
    sections = sorted({turn[0] for turn in turns})
    return {
        "format": "buckle.conversation", "version": 1, "chats": chats, "messages": messages,
        "sections": [{"id": id} for id in sections],
        "conversation": {"id": "1", "name": "Imported", "bot_id": bot, "created_at": now, "updated_at": now,
                         "last_section_id": sections[-1]}}
