"""An invoice as a QR code that wallets read at arm's length."""

from functools import lru_cache

import segno


@lru_cache(maxsize=256)
def svg(bolt11: str) -> str:
    """Draw `LIGHTNING:LNBC…`: upper case makes the code smaller. Making one takes some 25 ms, so they are kept."""
    code = segno.make(f"LIGHTNING:{bolt11.upper()}", error="m", micro=False)
    return str(code.svg_inline(border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr", lineclass=None))
