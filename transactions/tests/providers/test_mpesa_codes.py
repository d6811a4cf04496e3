import pytest

from transactions.providers.payout.base import Verdict
from transactions.providers.payout.mpesa import codes


@pytest.mark.parametrize("code", ["500.002.1001", "500.001.1001", "500.003.1001", "503", "", "429.001.01"])
@pytest.mark.parametrize("status", [200, 400, 429, 500])
def test_an_internal_error_or_a_duplicate_never_proves_that_nothing_was_queued(code: str, status: int) -> None:
    assert codes.find_refusal(status=status, code=code, message="Duplicate OriginatorConversationID.") is None


@pytest.mark.parametrize("code", sorted(codes.REFUSALS))
@pytest.mark.parametrize("status", [200, 202, 302, 502, 503, 504])
def test_a_documented_code_with_another_http_status_proves_nothing(code: str, status: int) -> None:
    message = "Spike Arrest Violation, Quota Violation, Invalid Access Token"

    assert codes.find_refusal(status=status, code=code, message=message) is None


@pytest.mark.parametrize("code", sorted(codes.INVALID_TOKEN))
@pytest.mark.parametrize("status", [400, 401, 404])
def test_each_invalid_token_code_is_known_and_curable(code: str, status: int) -> None:
    refusal = codes.find_refusal(status=status, code=code, message="Error Occurred - Invalid Access Token - XXX")

    assert refusal is not None
    assert refusal.is_gateway_and_curable


@pytest.mark.parametrize(
    ("code", "message", "is_refusal"),
    [
        ("500.003.02", "Error Occurred: Spike Arrest Violation", True),
        ("500.003.02", "System is busy. Please try again in few minutes.", False),
        ("500.003.03", "Quota Violation", True),
    ],
)
@pytest.mark.parametrize("status", [429, 500])
def test_a_throttle_is_known_by_its_code_and_its_words(code: str, message: str, is_refusal: bool, status: int) -> None:
    assert (codes.find_refusal(status=status, code=code, message=message) is not None) is is_refusal


@pytest.mark.parametrize("code", ["400.002.02", "400.002.05", "400.003.02", "404.001.01", "405.001"])
def test_a_malformed_request_is_refused_for_good(code: str) -> None:
    refusal = codes.find_refusal(status=int(code[:3]), code=code, message="Bad Request")

    assert refusal is not None
    assert not refusal.is_gateway_and_curable


def test_only_zero_succeeds() -> None:
    assert [code for code, result in codes.RESULTS.items() if result.verdict is Verdict.SUCCEEDED] == ["0"]


@pytest.mark.parametrize("code", ["15", "17", *(str(n) for n in range(100_000_000, 100_000_012)), "", "00", "1032"])
def test_a_code_that_is_ambiguous_or_unlisted_decides_nothing(code: str) -> None:
    assert codes.result_of(code).verdict is Verdict.UNDECIDED


@pytest.mark.parametrize("code", ["1", "11", "18", "20", "21", "22", "26", "2001", "2006", "2028", "8006"])
def test_what_is_wrong_on_our_side_is_curable(code: str) -> None:
    result = codes.result_of(code)

    assert (result.verdict, result.is_curable) == (Verdict.FAILED, True)


@pytest.mark.parametrize("code", ["2", "3", "4", "8", "24", "25", "29", "2040", "SFC_IC0003"])
def test_what_is_wrong_with_the_order_is_not_curable(code: str) -> None:
    result = codes.result_of(code)

    assert (result.verdict, result.is_curable) == (Verdict.FAILED, False)


def test_every_code_names_its_source() -> None:
    rows: list[codes.Refusal | codes.Result] = [*codes.REFUSALS.values(), *codes.RESULTS.values()]

    assert all(row.source and row.meaning for row in rows)
