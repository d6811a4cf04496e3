"""Start the sandbox: three listeners on 127.0.0.1, until SIGTERM or SIGINT."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path

from bitpesa.sandbox.admin import Admin
from bitpesa.sandbox.server import HOST, Listener
from bitpesa.sandbox.world import World


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bitpesa.sandbox", description=__doc__)
    parser.add_argument("--daraja-port", type=int, required=True, help="M-Pesa and the price feed, http")
    parser.add_argument("--lnd-port", type=int, required=True, help="the Lightning node, https")
    parser.add_argument("--admin-port", type=int, required=True, help="clock, faults and books, http")
    parser.add_argument("--state", type=Path, required=True, help="directory of keys, certificates and books")
    parser.add_argument("--payout-seconds", type=float, default=1.0, help="from accepted to paid")
    return parser.parse_args()


async def _run(arguments: argparse.Namespace) -> None:
    world = World(arguments.state, payout_seconds=arguments.payout_seconds)
    faces = {
        "daraja": Listener(world.daraja_gate(), arguments.daraja_port),
        "lnd": Listener(world.lnd_gate(), arguments.lnd_port, world.identity.tls),
    }
    listeners = {**faces, "admin": Listener(Admin(world, faces), arguments.admin_port)}
    world.resume()
    for listener in listeners.values():
        await listener.open()
    urls = {name: f"http{'s' * (name == 'lnd')}://{HOST}:{face.port}" for name, face in listeners.items()}
    print("sandbox ready", *(f"{name}={url}" for name, url in urls.items()), flush=True)  # noqa: T201
    await _told_to_stop()
    for listener in listeners.values():
        await listener.close()
    world.close()


async def _told_to_stop() -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    asyncio.run(_run(_arguments()))
