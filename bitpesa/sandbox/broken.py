"""The answers of servers that are not well: error pages, XML where JSON was asked for, throttles.

Source: safaricom/mpesa-php-sdk#59 (firewall page), safaricom/LNMOnlineAndroidSample#37 (SOAP fault), Daraja's list of
error codes (throttles are HTTP 500 there).
"""

import secrets
from collections.abc import Callable, Mapping

from bitpesa.sandbox.server import Response, json_response

FIREWALL_PAGE = b"""<html style="height:100%"><head><META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW">
<meta http-equiv="X-UA-Compatible" content="IE=edge,chrome=1"></head><body style="margin:0px;height:100%">
<iframe id="main-iframe" frameborder=0 width="100%" height="100%">Request unsuccessful. Incapsula incident ID:
1234000560132412345-123456789012345</iframe></body></html>"""

SOAP_FAULT = b"""<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope
xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><soapenv:Fault>
<faultcode>soapenv:Server</faultcode><faultstring>Policy Falsified</faultstring>
<detail><l7:policyResult status="Error in Assertion Processing" xmlns:l7="http://www.layer7tech.com/ws/policy/fault"/>
</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>"""


Answers = Mapping[str, Callable[[], Response]]
#: the answer to a path that is not there, or not by this method
Absent = Callable[[bool], Response]


def daraja_error(status: int, code: str, message: str) -> Response:
    """An error as Daraja words it."""
    request_id = f"{secrets.randbelow(90_000) + 10_000}-{secrets.randbelow(90_000_000) + 10_000_000}-1"
    return json_response({"requestId": request_id, "errorCode": code, "errorMessage": message}, status)


def lnd_error(status: int, code: int, message: str) -> Response:
    """An error as LND words it; `code` is gRPC's."""
    return json_response({"code": code, "message": message, "details": []}, status)


def _firewall_page() -> Response:
    return Response(503, FIREWALL_PAGE, "text/html")


def _soap_fault() -> Response:
    return Response(500, SOAP_FAULT, "text/xml; charset=utf-8")


def _daraja_internal() -> Response:
    return daraja_error(500, "500.002.1001", "System internal error.")


def _lnd_internal() -> Response:
    return lnd_error(500, 2, "internal")


def _lnd_too_many() -> Response:
    return lnd_error(429, 8, "resource exhausted")


DARAJA: Answers = {
    "internal_error": _daraja_internal,
    "internal_error_but_done": _daraja_internal,
    "http_500": lambda: daraja_error(500, "500.003.1001", "Internal Server Error"),
    "html_503": _firewall_page,
    "soap_500": _soap_fault,
    "spike_arrest": lambda: daraja_error(500, "500.003.02", "Error Occurred: Spike Arrest Violation"),
    "quota": lambda: daraja_error(500, "500.003.03", "Error Occurred: Quota Violation"),
    "rate_429": lambda: daraja_error(429, "429.001.01", "Too Many Requests"),
}

LND: Answers = {
    "internal_error": _lnd_internal,
    "internal_error_but_done": _lnd_internal,
    "http_500": _lnd_internal,
    "html_503": _firewall_page,
    "soap_500": _soap_fault,
    "spike_arrest": _lnd_too_many,
    "quota": _lnd_too_many,
    "rate_429": _lnd_too_many,
}
