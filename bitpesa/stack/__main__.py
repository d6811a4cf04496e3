"""What `./run` calls once the virtual environment is ready."""

import argparse
import sys

from bitpesa.stack import checks, console, demo, manage, testing
from bitpesa.stack.environment import DEFAULT_PORT
from bitpesa.stack.errors import StackError


def main(command: str, arguments: list[str]) -> int:
    """Do what the command says and return the exit code."""
    if command == "demo":
        chosen = _read_demo_options(arguments)
        return demo.run(web_port=chosen.port, is_once=chosen.once)
    if command == "manage":
        return manage.run(arguments)
    if command == "check":
        return checks.run()
    if command == "test":
        testing.run_pytest(arguments)
    console.complain(f"There is no command {command!r}: ./run lists what there is.")
    return 2


def _read_demo_options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run demo")
    parser.add_argument("--once", action="store_true", help="end after the payment, with exit code 0 if it completed")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="the web port; the four after it are used too")
    return parser.parse_args(arguments)


def _port(text: str) -> int:
    port = int(text)
    if not 1024 <= port <= 65_531:
        raise argparse.ArgumentTypeError("choose a port from 1024 to 65531")
    return port


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except StackError as error:
        console.complain(str(error))
        sys.exit(1)
