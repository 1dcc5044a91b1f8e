"""Whatever people do in Zoho and however syncs go meanwhile, the mirror becomes equal to Zoho."""

from pathlib import Path
from random import Random

import pytest

from bookbridge.mirror import deletions, paging, passes, plan, reader, receivables, rounds
from tests.support import books
from tests.support import mirrored as rows
from tests.support.app import fixed_clock
from tests.support.lives import live, rest
from tests.support.mirror import differences, mirrored, synced, zoho_without_limits

PER_PAGE, ROUND = 7, 60


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that a few dozen documents fill several."""
    for module in (deletions, paging, passes, plan, reader, rounds):
        monkeypatch.setattr(module, "PER_PAGE", PER_PAGE)


@pytest.mark.parametrize("seed", [11, 19, 21])
def test_a_life_of_edits_deletions_and_faults_ends_equal_to_zoho(seed: int, sqlite_url: str, tmp_path: Path) -> None:
    """Records and balances, sums as a rebuild makes them, and the aging of six days as the commit log has it.

    The last deletions are found within a round of syncs.
    """
    random, clock, happened = Random(seed), fixed_clock(), list[str]()
    with zoho_without_limits() as zoho, mirrored(zoho, sqlite_url, tmp_path, clock=clock, time_scale=0.01) as app:
        live(app, zoho, clock, random, told=happened.append)
        rest(zoho, clock, 150)
        for _ in range(ROUND):
            synced(app, accepts_deletions=True)
            if not differences(app, zoho):
                break
            rest(zoho, clock, 20)

        assert differences(app, zoho) == {}, happened
        with app.services.db.transaction() as tx:
            maintained = rows.maintained(tx)
            receivables.rebuild(app.services.db, tx, zoho.organization_id)
            assert rows.maintained(tx) == maintained, happened
        assert books.different_days(app, zoho, random, days=6) == [], happened
