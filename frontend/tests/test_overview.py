"""The overview: figures, their links, and how many reads they cost."""

from datetime import timedelta

from frontend import times
from frontend.pages.overview import Tile, _tiles
from frontend.tests import payments


def _tile(tiles: list[Tile], label: str) -> Tile:
    return next(tile for tile in tiles if tile.label == label)


def test_figures_count_today_and_compare_with_yesterday_by_now(db):
    noon = times.starts_at(times.day_of(payments.NOON)) + timedelta(hours=12)
    for at, amount_kes in [(noon, 1_000), (noon - timedelta(hours=3), 500), (noon - timedelta(days=1, hours=1), 70)]:
        payments.make("completed", at=at, amount_kes=amount_kes)
    payments.make("completed", at=noon - timedelta(hours=22), amount_kes=9_999)

    tiles = _tiles(noon + timedelta(minutes=1))

    paid = _tile(tiles, "Paid out, KES")
    assert (paid.figure, paid.beside) == (1_500, "yesterday 70")
    assert _tile(tiles, "Completed").figure == 2


def test_what_nobody_knows_is_counted_with_its_age(db):
    payments.make("payout_uncertain", at=payments.NOON - timedelta(minutes=4))
    payments.make("payout_uncertain", at=payments.NOON - timedelta(minutes=1))

    tile = _tile(_tiles(payments.NOON), "Nobody knows yet")

    assert (tile.figure, tile.beside, tile.colour) == (2, "oldest 4 min", "alarm")


def test_a_tile_is_a_link_to_the_rows_it_counts(operator, now):
    uncertain = payments.make("payout_uncertain", at=now)
    completed = payments.make("completed", at=now)

    page = operator.get("/").content.decode()
    link = next(part.split('"')[0] for part in page.split('href="') if "status=payout_uncertain" in part.split('"')[0])
    listed = operator.get(link).content.decode()

    assert uncertain.reference in listed
    assert completed.reference not in listed


def test_an_operator_reads_that_new_payments_are_stopped_and_that_there_is_no_price(operator, now):
    payments.stop(now)

    page = operator.get("/").content.decode()

    assert "New payments are stopped." in page
    assert "M-Pesa maintenance" in page
    assert "There is no fresh price." in page


def test_the_number_of_reads_does_not_grow_with_the_rows(operator, now, django_assert_num_queries):
    for status in ("completed", "payout_uncertain", "under_review", "paid"):
        payments.make(status, at=now)
    # session, person, 2 days of figures, counts, 3 ages, hours, latest, kill switch, price
    with django_assert_num_queries(12):
        operator.get("/")
    for _ in range(8):
        payments.make("completed", at=now)
    with django_assert_num_queries(12):
        operator.get("/")


def test_the_part_is_the_page_without_its_frame(operator, now):
    row = payments.make("paid", at=now)

    part = operator.get("/?part").content.decode()

    assert row.reference in part
    assert "<html" not in part
