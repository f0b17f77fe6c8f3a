"""Calls made up from the server's own OpenAPI document, valid and broken ones. Whatever is sent, the server answers
as its document says: never 5xx, a documented status and content type, a body of the documented shape."""

import time
import warnings

import hypothesis
import requests
import schemathesis
from cozepy import Coze, FeedbackType, MessageContentType, MessageRole, TokenAuth
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SEED = 20260701
CALLS = 2000
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
SLOW = ("password", "register", "sign-in", "/keys", "POST /buckle/v1/sessions", "POST /buckle/v1/accounts")
"""Operations that hash a password or make a key take a second each, and are called less often."""
WITHOUT_TOKEN = ("/health", "/metrics", "/openapi.json")


class Things:
    """Real ids for the made-up calls, renewed when a call has deleted them."""

    def __init__(self, server):
        self.coze = Coze(auth=TokenAuth(server.token), base_url=server.url)
        self.workspace = self.coze.workspaces.list().items[0].id
        self.user = self.coze.users.me().user_id
        self.renew()

    def renew(self):
        coze = self.coze
        bot = coze.bots.create(space_id=self.workspace, name="schema").bot_id
        coze.bots.publish(bot_id=bot)
        conversation = coze.conversations.create(bot_id=bot, name="schema").id
        say = {"conversation_id": conversation, "content": "x", "content_type": MessageContentType.TEXT}
        coze.conversations.messages.create(**say, role=MessageRole.USER)
        message = coze.conversations.messages.create(**say, role=MessageRole.ASSISTANT).id
        coze.conversations.messages.feedback.create(
            conversation_id=conversation, message_id=message, feedback_type=FeedbackType.LIKE
        )
        self.ids = {
            "conversation_id": conversation, "message_id": message, "bot_id": bot, "user_id": self.user,
            "space_id": self.workspace, "workspace_id": self.workspace, "before_id": message, "after_id": message,
        }


class Run:
    def __init__(self, server):
        self.things = Things(server)
        self.session = requests.Session()
        self.session.trust_env = False
        self.headers = {"Authorization": f"Bearer {server.token}"}
        self.calls = self.succeeded = 0
        self.failures = {}
        """One of each kind of failure of each operation."""

    def operation(self, operation, mode, examples, seed):
        """Makes up some calls of one operation; of each kind of failure one is kept."""
        ids = self.things.ids
        path = {p.name: ids[p.name] for p in operation.path_parameters if p.name in ids}
        query = {p.name: ids[p.name] for p in operation.query if p.name in ids}
        made_up = operation.as_strategy(generation_mode=mode)
        about_real_things = operation.as_strategy(generation_mode=mode, path_parameters=path, query=query)

        @hypothesis.seed(seed)
        @settings(
            max_examples=examples, database=None, deadline=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=st.one_of(made_up, about_real_things) if path or query else made_up, real=st.booleans())
        def call(case, real):
            if real and isinstance(case.body, dict):
                case.body.update({name: ids[name] for name in case.body if name in ids})
            self.calls += 1
            response = case.call(session=self.session, headers=self.headers, timeout=20)
            self.succeeded += response.status_code == 200 and b'"code":0,' in response.content.replace(b" ", b"")
            try:
                case.validate_response(response, checks=CHECKS, headers=self.headers)
            except FailureGroup as group:
                for failure in group.exceptions:
                    self.failures.setdefault((operation.label, failure.title), str(group))

        try:
            call()
        except hypothesis.errors.Unsatisfiable:
            pass  # nothing broken can be made up for an operation without input


def test_two_thousand_made_up_calls_are_answered_as_documented(own_server, capsys):
    schema = schemathesis.openapi.from_url(f"{own_server.url}/openapi.json")
    operations = [
        result.ok() for result in schema.get_all_operations() if not result.ok().path.startswith(WITHOUT_TOKEN)
    ]
    run = Run(own_server)
    began = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for round in range(20):
            for number, operation in enumerate(operations):
                examples = 2 if any(part in operation.label for part in SLOW) else 8
                for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
                    run.operation(operation, mode, examples=examples, seed=SEED + 1000 * round + number)
                run.things.renew()
            if run.calls >= CALLS:
                break
    with capsys.disabled():
        print(
            f"\n{run.calls} made-up calls of {len(operations)} operations in {time.monotonic() - began:.0f} s, "
            f"{run.succeeded} of them successful, seed {SEED}"
        )
    assert own_server.running, own_server.log_tail()
    assert not run.failures, f"{len(run.failures)} kinds of failure\n\n" + "\n\n".join(run.failures.values())
    assert run.calls >= CALLS
    assert run.succeeded >= CALLS / 10
    own_server.api().get("/v1/users/me").ok()
