"""The front of the Books API takes calls in all the forms clients send them, and refuses in Zoho's words."""

import json

import httpx2
import pytest

from tests.support.sandbox import Zoho


def refused(answer: httpx2.Response) -> tuple[int, int, str]:
    """Read a refusal: status, code, message; the code comes first in the body."""
    body = answer.json()
    assert list(body) == ["code", "message"]
    return answer.status_code, body["code"], body["message"]


def contact(name: str) -> dict[str, str]:
    """The least a contact needs."""
    return {"contact_name": name}


def test_the_answer_looks_like_zohos(zoho: Zoho) -> None:
    """Headers as recorded from the real service, chunked, the sandbox's own date."""
    zoho.control("clock", {"set": "2026-06-09T17:15:10+00:00", "scale": 0})
    answer = zoho.books("GET", "/settings/currencies")
    assert list(answer.json())[:2] == ["code", "message"]
    expected = {
        "server": "ZGS",
        "content-type": "application/json;charset=UTF-8",
        "content-disposition": "attachment;",
        "cache-control": "no-store, no-cache, must-revalidate, max-age=0, post-check=0, pre-check=0",
        "pragma": "no-cache",
        "expires": "Thu, 01 Jan 1970 00:00:00 GMT",
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "transfer-encoding": "chunked",
        "date": "Tue, 09 Jun 2026 17:15:10 GMT",
        "x-rate-limit-reset": "38690",
    }
    assert {name: answer.headers[name] for name in expected} == expected
    assert answer.headers["allow"].startswith("OPTIONS, ")


@pytest.mark.parametrize("header", [None, "", "garbage", "Zoho-oauthtoken", "Basic dXNlcjpwYXNz"])
def test_without_a_readable_token_it_is_14(zoho: Zoho, header: str | None) -> None:
    """A missing or unreadable Authorization header has its own text."""
    headers = {} if header is None else {"Authorization": header}
    answer = zoho.http.get("/books/v3/organizations", headers=headers)
    text = (
        "The request could not be authenticated as the authentication value you entered is invalid. "
        "Enter a valid authentication value and try again."
    )
    assert refused(answer) == (401, 14, text)


def test_an_unknown_token_is_57(zoho: Zoho) -> None:
    """A token that does not work is not authorized; both schemes are read."""
    for scheme in ("Zoho-oauthtoken", "Bearer"):
        answer = zoho.books("GET", "/organizations", headers={"Authorization": f"{scheme} 1000.aa.bb"})
        assert refused(answer) == (401, 57, "You are not authorized to perform this operation")
    good = zoho.books("GET", "/organizations", headers={"Authorization": f"Bearer {zoho.token}"})
    assert good.status_code == 200


def test_a_missing_scope_is_57(zoho: Zoho) -> None:
    """ALL covers every operation of its module and nothing of another."""
    made = zoho.control("tokens", {"action": "grant", "scopes": "ZohoBooks.settings.READ,ZohoBooks.contacts.ALL"})
    zoho.token = made["access_token"]
    assert zoho.books("GET", "/settings/currencies").status_code == 200
    assert refused(zoho.books("POST", "/settings/taxes", json={"tax_name": "T", "tax_percentage": 1}))[:2] == (401, 57)
    assert refused(zoho.books("GET", "/chartofaccounts"))[:2] == (401, 57)


@pytest.mark.parametrize(
    "path", ["//books/v3//settings/currencies/", "/api/v3/settings/currencies", "/api//v3/settings/currencies///"]
)
def test_slashes_and_the_old_base_do_not_matter(zoho: Zoho, path: str) -> None:
    """Doubled and trailing slashes and the legacy base reach the same resource."""
    headers = {"Authorization": f"Zoho-oauthtoken {zoho.token}"}
    answer = zoho.http.get(zoho.server.url + path, params={"organization_id": "10000001"}, headers=headers)
    assert answer.status_code == 200
    assert "currencies" in answer.json()


def test_an_unknown_path_is_5_and_a_wrong_verb_37(zoho: Zoho) -> None:
    """404 and 405 carry Zoho's codes."""
    assert refused(zoho.books("GET", "/rockets")) == (404, 5, "Invalid URL Passed")
    text = "The HTTP method DELETE is not allowed for the requested resource"
    assert refused(zoho.books("DELETE", "/settings/currencies")) == (405, 37, text)


def test_the_organization_comes_by_query_header_path_form_or_default(zoho: Zoho) -> None:
    """Clients name it in different places, or not at all."""
    headers = {"Authorization": f"Zoho-oauthtoken {zoho.token}"}
    url = "/books/v3/settings/taxes"
    pounds = {"organization_id": "10000002"}
    by_query = zoho.http.get(url, params=pounds, headers=headers)
    by_header = zoho.http.get(url, headers={**headers, "X-com-zoho-books-organizationid": "10000002"})
    assert [tax["tax_name"] for tax in by_query.json()["taxes"]] == ["VAT", "VAT Reduced"]
    assert by_header.json() == by_query.json()
    assert zoho.http.get(url, headers=headers).json()["taxes"] == []
    path = zoho.http.get("/books/v3/organizations/10000002", headers=headers)
    assert path.json()["organization"]["currency_code"] == "GBP"
    form = {**pounds, "JSONString": json.dumps({"tax_name": "Third", "tax_percentage": 3})}
    assert zoho.http.post(url, data=form, headers=headers).status_code == 201
    assert len(zoho.http.get(url, params=pounds, headers=headers).json()["taxes"]) == 3


def test_a_foreign_or_missing_organization_is_6041(zoho: Zoho) -> None:
    """The text names the id; organizations of another region are foreign; the default can be switched off."""
    text = "This user is not associated with the CompanyID/CompanyName:"
    for wrong in ("60059694101", "10000101"):
        answer = zoho.books("GET", "/settings/taxes", params={"organization_id": wrong})
        assert refused(answer) == (400, 6041, f"{text}{wrong}.")
    zoho.control("switches", {"default_organization": False})
    answer = zoho.http.get("/books/v3/settings/taxes", headers={"Authorization": f"Zoho-oauthtoken {zoho.token}"})
    assert refused(answer) == (400, 6041, f"{text}.")


def test_a_disabled_user_sees_organizations_and_nothing_else(zoho: Zoho) -> None:
    """Code 6018 on every call of an organization."""
    zoho.control("switches", {"disabled_user": True})
    assert zoho.books("GET", "/organizations").status_code == 200
    assert refused(zoho.books("GET", "/settings/taxes"))[:2] == (400, 6018)


def test_a_body_comes_as_json_form_multipart_or_query(zoho: Zoho) -> None:
    """Every spelling of a body creates the same kind of record."""
    names = ["json", "form", "parts", "query"]
    answers = [
        zoho.books("POST", "/settings/taxes", json={"tax_name": "json", "tax_percentage": 2.5}),
        zoho.books("POST", "/settings/taxes", data={"JSONString": '{"tax_name": "form", "tax_percentage": 2.5}'}),
        zoho.books(
            "POST",
            "/settings/taxes",
            files={"JSONString": (None, '{"tax_name": "parts", "tax_percentage": 2.5}'), "x": ("a.pdf", b"\r\n--\r\n")},
        ),
        zoho.books("POST", "/settings/taxes", params={"JSONString": '{"tax_name": "query", "tax_percentage": 2.5}'}),
    ]
    assert [answer.status_code for answer in answers] == [201] * 4
    assert [answer.json()["tax"]["tax_name"] for answer in answers] == names


@pytest.mark.parametrize(
    "options",
    [
        {"content": b'{"tax_name": "x"', "headers": {"Content-Type": "application/json"}},
        {"content": b"[]", "headers": {"Content-Type": "application/json"}},
        {"content": b'{"a": NaN}', "headers": {"Content-Type": "application/json"}},
        {"data": {"tax_name": "x"}},
        {"data": {"JSONString": "{"}},
    ],
)
def test_a_malformed_body_is_1038(zoho: Zoho, options: dict[str, object]) -> None:
    """Broken JSON, an array, and form fields without JSONString."""
    assert refused(zoho.books("POST", "/settings/taxes", **options)) == (400, 1038, "JSON is not well formed")


def test_creating_without_a_body_is_11(zoho: Zoho) -> None:
    """Only where a body is needed."""
    text = "JSONString parameter cannot be empty"
    assert refused(zoho.books("POST", "/settings/taxes")) == (400, 11, text)
    assert refused(zoho.books("PUT", "/settings/taxes/1")) == (400, 11, text)


def test_amounts_keep_every_digit(zoho: Zoho) -> None:
    """Numbers go in and out without passing through a float."""
    body = '{"tax_name": "exact", "tax_percentage": 12.3456789012345678}'
    answer = zoho.books("POST", "/settings/taxes", content=body, headers={"Content-Type": "application/json"})
    assert '"tax_percentage":12.3456789012345678' in answer.text


def test_a_path_outside_the_api_is_not_found(zoho: Zoho) -> None:
    """Other bases do not exist."""
    assert zoho.http.get("/books/v2/contacts").status_code == 404
    assert zoho.http.get("/oauth/v3/token").status_code == 404
