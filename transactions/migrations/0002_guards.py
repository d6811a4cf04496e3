"""What must never happen, refused by PostgreSQL: these triggers hold when the code is wrong.

The table of moves is that of `lifecycle.MOVES`; a test compares the two. Rows of `transactions` are locked by whoever
inserts an attempt or a refund, so that checks across tables cannot race.
"""

from django.db import migrations

MOVES = """
CREATE TABLE lifecycle_moves (
    from_status text NOT NULL,
    to_status text NOT NULL,
    PRIMARY KEY (from_status, to_status)
);
INSERT INTO lifecycle_moves (from_status, to_status)
SELECT split_part(line, ':', 1), move
FROM unnest(ARRAY[
    'created:awaiting_payment failed',
    'awaiting_payment:paid expired cancelled refunding',
    'paid:payout_submitting payout_deferred refunding under_review',
    'payout_submitting:payout_pending payout_deferred payout_uncertain payout_failed settling under_review',
    'payout_deferred:payout_submitting refunding under_review',
    'payout_pending:settling payout_uncertain payout_deferred payout_failed under_review',
    'payout_uncertain:settling payout_deferred payout_failed under_review',
    'settling:completed under_review',
    'payout_failed:refunding under_review',
    'refunding:refunded under_review',
    'expired:paid refunding',
    'cancelled:paid refunding',
    'under_review:settling refunding completed'
]) AS line, unnest(string_to_array(split_part(line, ':', 2), ' ')) AS move;
"""

REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: these rows are evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
"""

MAY_HAVE_PAID = """
CREATE FUNCTION may_have_paid(subject uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM payout_attempts
        WHERE transaction_id = subject AND outcome NOT IN ('not_sent', 'rejected', 'failed')
    )
$$;
"""

TRANSACTIONS = """
CREATE FUNCTION guard_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'created' THEN
            RAISE EXCEPTION 'a transaction begins as created, not as %', NEW.status USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.reference, NEW.client_id, NEW.client_reference, NEW.type, NEW.recipient_id, NEW.quote_id,
        NEW.amount_kes, NEW.amount_msat, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.reference, OLD.client_id, OLD.client_reference, OLD.type, OLD.recipient_id, OLD.quote_id,
        OLD.amount_kes, OLD.amount_msat, OLD.created_at) THEN
        RAISE EXCEPTION 'what a transaction is about cannot change' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.cancel_intended_at IS NOT NULL AND NEW.cancel_intended_at IS DISTINCT FROM OLD.cancel_intended_at
       OR OLD.settled_early_at IS NOT NULL AND NEW.settled_early_at IS DISTINCT FROM OLD.settled_early_at THEN
        RAISE EXCEPTION 'an intent, once committed, stays' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.cancel_intended_at IS NOT NULL AND OLD.cancel_intended_at IS NULL AND may_have_paid(NEW.id) THEN
        RAISE EXCEPTION 'cancel beside an attempt that may have paid' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status = OLD.status THEN
        RETURN NEW;
    END IF;
    IF NOT EXISTS (
        SELECT FROM lifecycle_moves WHERE from_status = OLD.status AND to_status = NEW.status
    ) THEN
        RAISE EXCEPTION 'no such move: % -> %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status IN ('paid', 'payout_deferred', 'payout_failed', 'refunding', 'refunded', 'expired', 'cancelled',
                      'failed')
       AND may_have_paid(NEW.id) THEN
        RAISE EXCEPTION '% beside an attempt that may have paid', NEW.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.status IN ('settling', 'completed') AND NOT EXISTS (
        SELECT FROM payout_attempts WHERE transaction_id = NEW.id AND outcome = 'succeeded'
    ) THEN
        RAISE EXCEPTION '% without a succeeded attempt', NEW.status USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON transactions FOR EACH ROW EXECUTE FUNCTION guard_transaction();
CREATE TRIGGER keep BEFORE DELETE ON transactions FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""

ATTEMPTS = """
CREATE FUNCTION guard_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner transactions%ROWTYPE;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.transaction_id, NEW.number, NEW.provider, NEW.reference, NEW.amount_kes, NEW.url_hash,
            NEW.send_before, NEW.created_at)
           IS DISTINCT FROM
           (OLD.id, OLD.transaction_id, OLD.number, OLD.provider, OLD.reference, OLD.amount_kes, OLD.url_hash,
            OLD.send_before, OLD.created_at) THEN
            RAISE EXCEPTION 'what an attempt is about cannot change' USING ERRCODE = 'check_violation';
        END IF;
        IF OLD.outcome <> 'open'
           AND (NEW.receipt, NEW.decided_at) IS DISTINCT FROM (OLD.receipt, OLD.decided_at) THEN
            RAISE EXCEPTION 'how an attempt was decided cannot change' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.outcome <> OLD.outcome AND OLD.outcome <> 'open' THEN
            RAISE EXCEPTION 'an attempt is decided once: % -> %', OLD.outcome, NEW.outcome
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    SELECT * INTO owner FROM transactions WHERE id = NEW.transaction_id FOR NO KEY UPDATE;
    IF NEW.outcome <> 'open' THEN
        RAISE EXCEPTION 'an attempt begins open' USING ERRCODE = 'check_violation';
    END IF;
    IF owner.cancel_intended_at IS NOT NULL THEN
        RAISE EXCEPTION 'attempt after a cancel' USING ERRCODE = 'check_violation';
    END IF;
    IF owner.settled_early_at IS NOT NULL THEN
        RAISE EXCEPTION 'attempt after the deadline act' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT FROM refunds WHERE transaction_id = NEW.transaction_id) THEN
        RAISE EXCEPTION 'attempt beside a refund' USING ERRCODE = 'check_violation';
    END IF;
    IF owner.status NOT IN ('paid', 'payout_deferred') THEN
        RAISE EXCEPTION 'attempt while %', owner.status USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.amount_kes <> owner.amount_kes THEN
        RAISE EXCEPTION 'an attempt pays what was promised, % and not %', owner.amount_kes, NEW.amount_kes
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON payout_attempts FOR EACH ROW EXECUTE FUNCTION guard_attempt();
CREATE TRIGGER keep BEFORE DELETE ON payout_attempts FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON payout_attempts FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""

REFUNDS = """
CREATE FUNCTION guard_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM transactions WHERE id = NEW.transaction_id FOR NO KEY UPDATE;
    IF may_have_paid(NEW.transaction_id) THEN
        RAISE EXCEPTION 'refund beside an attempt that may have paid' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE INSERT OR UPDATE ON refunds FOR EACH ROW EXECUTE FUNCTION guard_refund();
CREATE TRIGGER keep BEFORE DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON refunds FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""

INVOICES = """
CREATE FUNCTION guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.transaction_id, NEW.provider, NEW.payment_hash, NEW.amount_msat, NEW.expires_at, NEW.created_at)
       IS DISTINCT FROM
       (OLD.transaction_id, OLD.provider, OLD.payment_hash, OLD.amount_msat, OLD.expires_at, OLD.created_at)
       OR OLD.bolt11 <> '' AND NEW.bolt11 <> OLD.bolt11 THEN
        RAISE EXCEPTION 'what an invoice asks for cannot change' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guard BEFORE UPDATE ON lightning_invoices FOR EACH ROW EXECUTE FUNCTION guard_invoice();
CREATE TRIGGER keep BEFORE DELETE ON lightning_invoices FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON lightning_invoices FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""

EVENTS = """
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON transaction_events FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER keep_all BEFORE TRUNCATE ON transaction_events FOR EACH STATEMENT EXECUTE FUNCTION refuse();
"""


def _drop(table: str, *names: str, function: str = "") -> str:
    drops = "".join(f"DROP TRIGGER {name} ON {table};" for name in names)
    return drops + (f"DROP FUNCTION {function}();" if function else "")


class Migration(migrations.Migration):
    """Add the table of moves and the guards."""

    dependencies = [("transactions", "0001_initial")]

    operations = [
        migrations.RunSQL(MOVES, "DROP TABLE lifecycle_moves"),
        migrations.RunSQL(REFUSE, "DROP FUNCTION refuse()"),
        migrations.RunSQL(MAY_HAVE_PAID, "DROP FUNCTION may_have_paid(uuid)"),
        migrations.RunSQL(
            TRANSACTIONS, _drop("transactions", "guard", "keep", "keep_all", function="guard_transaction")
        ),
        migrations.RunSQL(ATTEMPTS, _drop("payout_attempts", "guard", "keep", "keep_all", function="guard_attempt")),
        migrations.RunSQL(REFUNDS, _drop("refunds", "guard", "keep", "keep_all", function="guard_refund")),
        migrations.RunSQL(INVOICES, _drop("lightning_invoices", "guard", "keep", "keep_all", function="guard_invoice")),
        migrations.RunSQL(EVENTS, _drop("transaction_events", "keep", "keep_all")),
    ]
