import json
import re

from harness import UNKNOWN_ID, buckle

SAMPLE = re.compile(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$")


def metrics(server):
    """Every sample of the page: (name, labels as text) -> value."""
    response = server.api(token="").raw("GET", "/metrics")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/plain")
    samples = {}
    for line in response.text.splitlines():
        if line and not line.startswith("#"):
            name, labels, value = SAMPLE.match(line).groups()
            samples[name, labels or ""] = float(value)
    return samples


def requests_counted(server, *words):
    """The growing count of requests whose labels carry all the words."""
    return sum(
        value for (name, labels), value in metrics(server).items()
        if name.endswith("_total") and all(word in labels for word in words)
    )


def test_it_is_alive_and_ready_without_a_token(server):
    for path in ("/health/live", "/health/ready"):
        response = server.api(token="").raw("GET", path)
        assert response.status_code == 200
        assert response.headers["x-tt-logid"]


def test_requests_are_counted_by_route_and_status(server, api):
    unknown = server.api("pat_unknown")
    before_ok = requests_counted(server, '"/v1/users/me"', '"200"')
    before_refused = requests_counted(server, '"/v1/users/me"', '"401"')
    for _ in range(3):
        api.get("/v1/users/me").ok()
        unknown.get("/v1/users/me").refused(700012006, status=401)
    assert requests_counted(server, '"/v1/users/me"', '"200"') == before_ok + 3
    assert requests_counted(server, '"/v1/users/me"', '"401"') == before_refused + 3


def test_the_route_is_the_pattern_and_not_the_path(server, api, conversation):
    pattern = '"/v1/conversations/{conversation_id}"'
    before = requests_counted(server, pattern)
    api.put(f"/v1/conversations/{conversation.id}", {"name": "x"}).ok()
    api.put(f"/v1/conversations/{UNKNOWN_ID}", {"name": "x"}).refused(4002)
    assert requests_counted(server, pattern) == before + 2
    assert not any(conversation.id in labels for _, labels in metrics(server))


def test_paths_that_clients_make_up_do_not_swell_the_page(server, api):
    api.get("/v1/made-up-0").refused(4000, status=404)
    metrics(server)
    before = len(metrics(server))
    for n in range(1, 30):
        api.get(f"/v1/made-up-{n}").refused(4000, status=404)
    assert len(metrics(server)) <= before + 2


def test_latencies_are_a_histogram(server, api):
    api.get("/v1/users/me").ok()
    samples = metrics(server)
    buckets = [(name, labels) for name, labels in samples if name.endswith("_bucket") and "/v1/users/me" in labels]
    assert any('le="+Inf"' in labels for _, labels in buckets)
    assert len(buckets) > 3


def test_commits_streams_and_the_process_are_measured(server, conversation):
    names = {name for name, _ in metrics(server)}
    for word in ("commit", "stream", "process_"):
        assert any(word in name for name in names), word


def test_openapi_json_is_what_the_command_prints(server):
    response = server.api(token="").raw("GET", "/openapi.json")
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("application/json")
    printed = buckle("openapi")
    assert printed.returncode == 0, printed.stderr
    assert json.loads(printed.stdout) == response.json()


def test_the_document_describes_every_operation(server):
    document = server.api(token="").raw("GET", "/openapi.json").json()
    assert document["openapi"].startswith("3.")
    operations = [
        (path, method, operation)
        for path, item in document["paths"].items() for method, operation in item.items() if method != "parameters"
    ]
    assert len(operations) >= 27
    for path, method, operation in operations:
        where = f"{method} {path}"
        assert operation.get("summary"), where
        assert operation["responses"], where
        declared = {p["name"] for p in operation.get("parameters", []) if p.get("in") == "path"}
        assert declared == set(re.findall(r"\{(\w+)\}", path)), where
    identifiers = [operation["operationId"] for _, _, operation in operations if "operationId" in operation]
    assert len(identifiers) == len(set(identifiers))
