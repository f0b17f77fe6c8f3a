import pytest
from cozepy import FeedbackType, MessageContentType, MessageRole

from harness import GARBAGE_IDS, UNKNOWN_ID, refused


def create(coze, conversation, role):
    return coze.conversations.messages.create(
        conversation_id=conversation.id, role=role, content="Sunny.", content_type=MessageContentType.TEXT
    )


@pytest.fixture
def answer(coze, conversation):
    return create(coze, conversation, MessageRole.ASSISTANT)


@pytest.fixture
def path(answer):
    return f"/v1/conversations/{answer.conversation_id}/messages/{answer.id}/feedback"


def test_an_answer_can_be_liked_and_disliked(coze, answer):
    which = {"conversation_id": answer.conversation_id, "message_id": answer.id}
    feedback = coze.conversations.messages.feedback
    feedback.create(**which, feedback_type=FeedbackType.LIKE)
    feedback.create(**which, feedback_type=FeedbackType.UNLIKE, reason_types=["wrong", "不完整"], comment="No 👎")


def test_repeating_replaces_and_the_answer_itself_stays(coze, answer):
    which = {"conversation_id": answer.conversation_id, "message_id": answer.id}
    for kind in (FeedbackType.LIKE, FeedbackType.UNLIKE, FeedbackType.LIKE):
        coze.conversations.messages.feedback.create(**which, feedback_type=kind)
    assert coze.conversations.messages.retrieve(**which).model_dump() == answer.model_dump()


def test_feedback_can_be_deleted_and_given_again(coze, answer):
    which = {"conversation_id": answer.conversation_id, "message_id": answer.id}
    feedback = coze.conversations.messages.feedback
    feedback.create(**which, feedback_type=FeedbackType.LIKE)
    feedback.delete(**which)
    feedback.create(**which, feedback_type=FeedbackType.LIKE)


def test_the_answers_have_no_data(api, path):
    assert "data" not in api.post(path, {"feedback_type": "like"}).ok().body
    assert "data" not in api.delete(path).ok().body


def test_deleting_may_carry_an_empty_object(api, path):
    api.post(path, {"feedback_type": "like"}).ok()
    api.call("DELETE", path, json={}).ok()


def test_nulls_are_as_good_as_absent(api, path):
    api.post(path, {"feedback_type": "like", "reason_types": None, "comment": None}).ok()
    api.post(path, {"feedback_type": "like", "reason_types": [], "comment": ""}).ok()


@pytest.mark.parametrize("body", [
    {"reason_types": [f"reason {n}" for n in range(10)]},
    {"reason_types": ["理" * 30]},
    {"comment": "评" * 250},
], ids=["10 reasons", "a reason of 30 characters", "a comment of 250 characters"])
def test_exactly_the_limit_is_accepted(api, path, body):
    api.post(path, {"feedback_type": "unlike", **body}).ok()


@pytest.mark.parametrize("field, body", [
    ("reason_types", {"reason_types": [f"reason {n}" for n in range(11)]}),
    ("reason_types", {"reason_types": ["理" * 31]}),
    ("reason_types", {"reason_types": "wrong"}),
    ("reason_types", {"reason_types": [1]}),
    ("comment", {"comment": "评" * 251}),
    ("comment", {"comment": 5}),
    ("feedback_type", {"feedback_type": None}),
    ("feedback_type", {"feedback_type": ""}),
    ("feedback_type", {"feedback_type": "love"}),
    ("feedback_type", {"feedback_type": 1}),
], ids=[
    "11 reasons", "a reason of 31 characters", "reasons that are no list", "a reason that is a number",
    "a comment of 251 characters", "a comment that is a number", "no type", "an empty type", "an unknown type",
    "a type that is a number",
])
def test_anything_else_is_refused_by_the_name_of_the_field(api, path, field, body):
    assert field in api.post(path, {"feedback_type": "like", **body}).refused(4000).msg


def test_a_question_of_the_user_takes_no_feedback(coze, conversation):
    question = create(coze, conversation, MessageRole.USER)
    with refused(4005):
        coze.conversations.messages.feedback.create(
            conversation_id=conversation.id, message_id=question.id, feedback_type=FeedbackType.LIKE
        )


def test_unknown_ids_are_refused(coze, answer):
    feedback = coze.conversations.messages.feedback
    for which, code in (
        ({"conversation_id": UNKNOWN_ID, "message_id": answer.id}, 4002),
        ({"conversation_id": answer.conversation_id, "message_id": UNKNOWN_ID}, 4005),
        ({"conversation_id": coze.conversations.create().id, "message_id": answer.id}, 4005),
    ):
        with refused(code):
            feedback.create(**which, feedback_type=FeedbackType.LIKE)
        with refused(code):
            feedback.delete(**which)


@pytest.mark.parametrize("garbage", GARBAGE_IDS)
def test_garbage_ids_are_refused(coze, answer, garbage):
    feedback = coze.conversations.messages.feedback
    with refused(4000):
        feedback.create(conversation_id=garbage, message_id=answer.id, feedback_type=FeedbackType.LIKE)
    with refused(4000, 4005):
        feedback.create(conversation_id=answer.conversation_id, message_id=garbage, feedback_type=FeedbackType.LIKE)


def test_a_deleted_answer_takes_no_feedback(coze, answer):
    which = {"conversation_id": answer.conversation_id, "message_id": answer.id}
    coze.conversations.messages.feedback.create(**which, feedback_type=FeedbackType.LIKE)
    coze.conversations.messages.delete(**which)
    with refused(4005):
        coze.conversations.messages.feedback.create(**which, feedback_type=FeedbackType.LIKE)
