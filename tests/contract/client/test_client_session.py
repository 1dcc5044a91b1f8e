"""The client's one loop under faults on a real connection: tokens, retries, outcomes, one attempt only."""

import threading
from decimal import Decimal

import pytest

from bookbridge.kernel.errors import BookbridgeError
from bookbridge.net.transport import HttpTransport
from bookbridge.sandbox.regions import CLIENT_ID, CLIENT_SECRET
from bookbridge.zoho import (
    Books,
    GrantRevokedError,
    OutcomeUnknownError,
    RateLimitedError,
    ServerFailureError,
    TaxDraft,
    TokenRejectedError,
    UnreadableAnswerError,
)
from bookbridge.zoho.authenticator import Authenticator
from bookbridge.zoho.budget import Permit
from bookbridge.zoho.datacenters import sandbox_regions
from bookbridge.zoho.errors import InvalidClientError, InvalidClientSecretError, InvalidCodeError
from bookbridge.zoho.protocol import Prepared, Request
from bookbridge.zoho.session import Ambiguous, Answered, NotSent, RateLimited, Refused, TokenRejected
from tests.support.client import connect, fault
from tests.support.sandbox import Zoho

TAXES = {"path": "/settings/taxes"}


def tax(books: Books, name: str = "Levy") -> Request:
    """A small write."""
    return books.taxes.create_request(TaxDraft(tax_name=name, tax_percentage=Decimal(5)))


def commits(zoho: Zoho) -> int:
    """How many taxes were stored."""
    return sum(1 for row in zoho.control("commits") if row["resource"] == "taxes")


def refreshes(zoho: Zoho) -> int:
    """How often the token endpoint gave a token."""
    return int(zoho.control("tokens")["counts"]["refreshes"])


def test_an_existing_access_token_is_enough(zoho: Zoho) -> None:
    """Without client and refresh token, until that token ends."""
    with Books.with_access_token(
        zoho.token, organization_id=zoho.organization_id, sandbox_url=zoho.server.url
    ) as books:
        assert list(books.taxes.list()) == []
        fault(zoho, "expired_token", params={"expire": True})
        with pytest.raises(TokenRejectedError):
            list(books.taxes.list())
    assert refreshes(zoho) == 0


def test_an_expired_token_is_renewed_once_and_the_call_repeated(zoho: Zoho, books: Books) -> None:
    """401 in the middle: one refresh, one repetition, one record."""
    books.taxes.list()
    list(books.taxes.list())
    fault(zoho, "expired_token", params={"expire": True})
    books.taxes.create(TaxDraft(tax_name="Levy", tax_percentage=Decimal(5)))
    assert (refreshes(zoho), commits(zoho)) == (2, 1)


def test_a_second_refusal_is_not_answered_by_more_refreshes(zoho: Zoho, books: Books) -> None:
    """57 for another reason (a missing scope): the token is renewed once, then the refusal reaches the caller."""
    list(books.taxes.list())
    fault(zoho, "expired_token", times=None)
    with pytest.raises(TokenRejectedError):
        list(books.taxes.list())
    with pytest.raises(TokenRejectedError):
        list(books.taxes.list())
    assert refreshes(zoho) == 2


def test_many_threads_renew_an_expired_token_once(zoho: Zoho, books: Books) -> None:
    """All meet the expired token at the same time; the accounts server sees one request more."""
    list(books.taxes.list())
    zoho.control("tokens", {"action": "expire_access"})
    before = refreshes(zoho)
    failures: list[BaseException] = []

    def read() -> None:
        try:
            list(books.taxes.list())
        except BaseException as error:  # a thread must hand its failure over, whatever it is
            failures.append(error)

    threads = [threading.Thread(target=read) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert refreshes(zoho) == before + 1


def test_a_revoked_grant_says_what_to_do(zoho: Zoho, books: Books) -> None:
    """The refresh token is gone: GrantRevokedError, with the remedy."""
    fault(zoho, "revoked_token")
    with pytest.raises(GrantRevokedError, match="connect"):
        list(books.taxes.list())


@pytest.mark.parametrize(
    ("changed", "error"),
    [({"client_id": "1000.NOBODY"}, InvalidClientError), ({"client_secret": "wrong"}, InvalidClientSecretError)],
)
def test_wrong_client_data_are_told_apart(zoho: Zoho, changed: dict[str, str], error: type[BookbridgeError]) -> None:
    """The accounts server says which of them is wrong."""
    given = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "refresh_token": "1000.a.b", **changed}
    with Books.connect(**given, sandbox_url=zoho.server.url) as books, pytest.raises(error):
        list(books.organizations.list())


def test_a_self_clients_code_becomes_a_grant_that_can_be_ended(zoho: Zoho) -> None:
    """Exchange, refresh, revoke: afterwards the grant is gone, and the code was good once."""
    table = sandbox_regions(zoho.server.url)
    with HttpTransport(origins=table["us"].origins) as transport:
        who = Authenticator(transport=transport, region=table["us"], client_id=CLIENT_ID, client_secret=CLIENT_SECRET)
        code = str(zoho.control("tokens", {"action": "self_client_code"})["code"])
        grant = who.exchange(code)
        assert grant.refresh_token and who.refresh(grant.refresh_token).refresh_token is None
        with pytest.raises(InvalidCodeError):
            who.exchange(code)
        assert who.locations()["us"]
        assert who.revoke(grant.refresh_token) and not who.revoke("1000.nobody.knows")
        with pytest.raises(GrantRevokedError):
            who.refresh(grant.refresh_token)


def test_no_secret_stands_in_an_address(zoho: Zoho, books: Books) -> None:
    """Secrets travel in bodies and headers only, so no access log has them."""
    list(books.taxes.list())
    logged = str([row["path"] for row in zoho.control("requests")]) + str(
        [row.get("query", "") for row in zoho.control("requests")]
    )
    assert "secret" not in logged and "1000." not in logged


@pytest.mark.parametrize("kind", ["request_lost", "answer_lost", "error_before", "error_after", "cut_json", "html_200"])
def test_a_read_is_repeated_until_it_answers(zoho: Zoho, books: Books, kind: str) -> None:
    """Whatever breaks once, the list comes back whole."""
    fault(zoho, kind, match={"path": "/settings/taxes"})
    assert list(books.taxes.list()) == []
    assert zoho.control("faults")["counts"] == {kind: 1}


@pytest.mark.parametrize(
    ("kind", "stored"),
    [
        ("request_lost", 0),
        ("answer_lost", 1),
        ("error_before", 0),
        ("error_after", 1),
        ("cut_json", 1),
        ("html_200", 1),
    ],
)
def test_a_create_is_never_repeated_blindly(zoho: Zoho, books: Books, kind: str, stored: int) -> None:
    """It may have been carried out: OutcomeUnknownError, and one attempt on the wire."""
    fault(zoho, kind, match={"method": "POST"})
    with pytest.raises(OutcomeUnknownError, match="look for the record"):
        books.taxes.create(TaxDraft(tax_name="Levy", tax_percentage=Decimal(5)))
    assert commits(zoho) == stored
    assert len([row for row in zoho.control("requests") if row["method"] == "POST" and "taxes" in row["path"]]) == 1


def test_reading_gives_up_after_a_few_attempts(zoho: Zoho, books: Books) -> None:
    """A server that keeps failing is not asked for ever."""
    fault(zoho, "error_before", times=None)
    with pytest.raises(ServerFailureError):
        list(books.taxes.list())
    assert zoho.control("faults")["counts"]["error_before"] == 4


def test_too_many_at_once_is_repeated_even_for_a_create(zoho: Zoho, books: Books) -> None:
    """1070 was certainly not carried out."""
    fault(zoho, "limit_1070")
    books.taxes.create(TaxDraft(tax_name="Levy", tax_percentage=Decimal(5)))
    assert commits(zoho) == 1


def test_a_spent_day_reaches_the_caller_at_once(zoho: Zoho, books: Books) -> None:
    """45: no repetition; the next call is not even sent."""
    fault(zoho, "limit_45")
    with pytest.raises(RateLimitedError) as caught:
        list(books.taxes.list())
    assert (caught.value.kind, caught.value.remaining) == ("day", 0)
    seat = books.session.once(books.taxes.page_request(), wait_s=0.0)
    assert isinstance(seat, NotSent)


@pytest.mark.parametrize(
    ("kind", "params", "outcome", "stored"),
    [
        ("request_lost", {}, Ambiguous, 0),
        ("answer_lost", {}, Ambiguous, 1),
        ("late_commit", {"min_s": 0.0, "max_s": 0.01}, Ambiguous, None),
        ("error_before", {}, Ambiguous, 0),
        ("error_after", {}, Ambiguous, 1),
        ("cut_json", {}, Ambiguous, 1),
        ("cut_json", {"end": "reset"}, Ambiguous, 1),
        ("html_200", {}, Ambiguous, 1),
        ("code_nonzero_200", {"executed": True}, Ambiguous, 1),
        ("code_nonzero_200", {"executed": False}, Ambiguous, 0),
        ("limit_44", {}, RateLimited, 0),
        ("limit_45", {}, RateLimited, 0),
        ("limit_1070", {}, RateLimited, 0),
        ("expired_token", {}, TokenRejected, 0),
    ],
)
def test_once_sends_once_and_names_what_is_known(
    zoho: Zoho, books: Books, kind: str, params: dict[str, object], outcome: type, stored: int | None
) -> None:
    """Each fault has its outcome; nothing is raised; the request is on the wire exactly once."""
    fault(zoho, kind, params=params)
    result = books.session.once(tax(books))
    assert isinstance(result, outcome), result
    sent = [row for row in zoho.control("requests") if row["method"] == "POST" and "taxes" in row["path"]]
    assert len(sent) == 1
    if stored is not None:
        assert commits(zoho) == stored


def test_once_gives_the_answer_or_the_refusal(zoho: Zoho, books: Books) -> None:
    """A success carries the record; a refusal carries Zoho's code and text."""
    answered = books.session.once(tax(books))
    assert isinstance(answered, Answered)
    assert books.taxes.read(answered.payload).tax_name == "Levy"
    refused = books.session.once(books.taxes.update_request("999999999999999999", {"tax_name": "x"}))
    assert isinstance(refused, Refused) and refused.error.code == 1002


def test_a_frozen_request_sends_the_same_bytes_again(zoho: Zoho, books: Books) -> None:
    """What a ledger wrote down before a crash is what is sent after it."""
    frozen = books.session.prepare(tax(books)).freeze()
    assert books.session.prepare(tax(books)).freeze() == frozen
    for _ in range(2):
        books.session.once(Prepared.thaw(frozen))
    rows = [row for row in zoho.control("commits") if row["resource"] == "taxes"]
    assert len({row["body_hash"] for row in rows}) == 1


def test_the_last_check_comes_before_the_first_byte(zoho: Zoho, books: Books) -> None:
    """When it says no, nothing is sent and the permit is free again."""
    seen: list[Permit] = []

    def refuse(permit: Permit) -> None:
        seen.append(permit)
        raise BookbridgeError("the lease is gone")

    result = books.session.once(tax(books), before_send=refuse)
    assert isinstance(result, NotSent) and str(result.error) == "the lease is gone"
    assert [permit.call_class.value for permit in seen] == ["order"]
    assert commits(zoho) == 0
    assert not [row for row in zoho.control("requests") if row["method"] == "POST" and "taxes" in row["path"]]

    def crash(permit: Permit) -> None:
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        books.session.once(tax(books), before_send=crash)
    assert books.session.budget.view().slots_in_use == 0  # type: ignore[attr-defined]


def test_a_reservation_serves_one_call(zoho: Zoho, books: Books) -> None:
    """Permit and token are taken before the intent is written; unused ones are given back."""
    with books.session.reserve(call_class="order") as seat:
        assert isinstance(books.session.once(tax(books), reservation=seat), Answered)
        with pytest.raises(BookbridgeError):
            books.session.once(tax(books), reservation=seat)
    with books.session.reserve(call_class="order"):
        pass
    assert books.session.budget.view().slots_in_use == 0  # type: ignore[attr-defined]
    assert commits(zoho) == 1


def test_a_server_that_drips_meets_the_total_limit(zoho: Zoho) -> None:
    """One byte now and then never trips a read timeout; the call's own limit ends it."""
    with connect(zoho, timeout_s=0.6) as books:
        list(books.organizations.list())
        fault(zoho, "slow_bytes", match={"method": "POST"}, scale=0.3)
        assert isinstance(books.session.once(tax(books)), Ambiguous)
    assert commits(zoho) == 1


def test_a_pdf_that_is_none_is_unreadable(zoho: Zoho, books: Books) -> None:
    """A page where a PDF is expected is not handed to the caller."""
    with pytest.raises(UnreadableAnswerError):
        fault(zoho, "html_200", times=None)
        books.call("GET", "/settings/taxes", accept="pdf")
