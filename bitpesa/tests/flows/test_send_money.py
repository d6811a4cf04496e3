"""The main job: somebody pays an invoice, shillings arrive, and both are on record."""

from bitpesa.tests.flows.world import World


def test_sats_held_then_shillings_sent_then_sats_taken(world: World) -> None:
    row = world.held()
    assert row.status == "paid"

    end = world.run(row)

    world.assert_right(end, status="completed")
    assert end.attempts.get().receipt


def test_an_invoice_nobody_pays_expires_on_the_nodes_word(world: World) -> None:
    row = world.invoiced()

    end = world.run(row)

    world.assert_right(end, status="expired")
