"""The sandbox: a stateful simulator of M-Pesa (Daraja), of a Lightning node (LND) and of a price feed.

It is as strict as the real ones, keeps its own books, and has a clock and a block height one can move. It imports
nothing of the rest of the project, so that it cannot share its mistakes. Start it with::

    python -m bitpesa.sandbox --daraja-port 8101 --lnd-port 8102 --admin-port 8103 --state DIR

The fixed credentials are the constants of `identity.py`; certificates and the macaroon are written into DIR.
"""
