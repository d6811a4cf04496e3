"""`./run demo`: the whole platform on this machine, and one payment through it."""

import json
import math
from contextlib import ExitStack
from typing import Any

from bitpesa.stack import console, environment, interruption, ports, programs, spawn, stack
from bitpesa.stack.console import say, step
from bitpesa.stack.environment import Addresses
from bitpesa.stack.errors import StackError
from bitpesa.stack.payment import Payment
from bitpesa.stack.public_api import PublicApi
from bitpesa.stack.stack import Stack
from bitpesa.stack.state import PROJECT, State

#: what a shell says of a program that was ended by Ctrl-C: the payment was not made
INTERRUPTED = 130


def run(*, web_port: int, is_once: bool) -> int:
    """Start everything, make the payment, and stay until Ctrl-C unless `is_once`. Returns the exit code."""
    interruption.listen()
    state = State.default()
    say("\nBitPesa Bridge: a Lightning invoice is paid, shillings arrive over M-Pesa.")
    say("Everything runs on this machine; M-Pesa and the Lightning node are simulated.\n")
    try:
        with ExitStack() as ends:
            _show(ends, state, Addresses(web_port), is_once=is_once)
    except StackError as error:
        console.complain(f"\n{error}")
        return 1
    except interruption.StopRequested:
        say("  Stopped.")
        return INTERRUPTED if is_once else 0
    return 0


def _show(ends: ExitStack, state: State, addresses: Addresses, *, is_once: bool) -> None:
    with step("PostgreSQL and Valkey"):
        running = ends.enter_context(
            stack.running(state, addresses, settings=stack.LOCAL_SETTINGS, durable=True, say=say)
        )
    ends.callback(say, "  Stopping everything, last started first.")
    ports.require_free(addresses.ports)
    login = _start_platform(running)
    transaction = _pay(running, login)
    _print_result(running, transaction, login)
    if not is_once:
        say("  Everything stays up until Ctrl-C.\n")
        running.supervisor.watch(math.inf)


def _start_platform(running: Stack) -> dict[str, Any]:
    """Start every process in the order in which they need each other, and return the operator login and API key."""
    variables = running.variables
    with step("Sandbox: M-Pesa, Lightning node, exchanges"):
        running.supervisor.start([programs.sandbox(running.state, running.addresses, variables)])
    with step("Tables"):
        _manage(variables, "migrate", "--noinput")
    with step("Operator login and API key"):
        login = _bootstrap(running)
    with step("Web, live, worker, beat, watcher"):
        running.supervisor.start(programs.platform(running.state, running.addresses, variables))
    return login


def _bootstrap(running: Stack) -> dict[str, Any]:
    secrets = running.secrets
    asked = {"DEMO_OPERATOR_PASSWORD": secrets.operator_password, "DEMO_API_KEY": secrets.api_key}
    printed = _manage(running.variables | asked, "bootstrap_demo")
    login: dict[str, Any] = json.loads(printed.strip().splitlines()[-1])
    return login


def _manage(variables: dict[str, str], *arguments: str) -> str:
    command = [programs.PYTHON, "manage.py", *arguments]
    return spawn.run_helper(command, environment=environment.inherited() | variables, cwd=PROJECT)


def _pay(running: Stack, login: dict[str, Any]) -> dict[str, Any]:
    from bitpesa.sandbox.client import SandboxAdmin  # only the demo needs the sandbox; other commands run without it

    wallet = SandboxAdmin(running.variables["SANDBOX_URL"])
    api = PublicApi(running.variables["PUBLIC_URL"], login["api_key"])
    try:
        return Payment(api, pay=wallet.pay, wait=running.supervisor.watch, say=say).make()
    except StackError as error:
        raise StackError(f"{error} The logs are in {running.state.logs}.") from error


def _print_result(running: Stack, transaction: dict[str, Any], login: dict[str, Any]) -> None:
    web, operator = running.variables["PUBLIC_URL"], login["operator"]
    lines = {
        "M-Pesa receipt": transaction["payout"]["receipt"],
        "Checkout": transaction["checkout_url"],
        "Dashboard": f"{web}/",
        "API docs": f"{web}/api/docs/",
        "Admin": f"{web}/admin/",
        "Operator": f"{operator['username']}  {operator['password']}",
        "API key": login["api_key"],
        "Health": f"{web}/health",
        "Metrics": f"{web}/metrics",
        "Logs": running.state.logs,
    }
    for name, value in lines.items():
        say(f"  {name:<16}{value}")
    say()
