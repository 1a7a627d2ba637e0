"""``bema-tui simulate``: the simulator alone, until interrupted."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import click

from bema_tui import signals
from bema_tui.cli.common import error_boundary
from bema_tui.cli.simulator_extra import require_simulator
from bema_tui.environment import expand
from bema_tui.errors import BemaError, ConfigurationError

if TYPE_CHECKING:
    from bema_tui.simulator import Endpoints


class _WithProfile(click.Command):
    """Its help ends with a fault profile that names everything; read only when somebody asks, as it loads a server."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        try:
            require_simulator()
        except ConfigurationError as error:
            formatter.write(f"\n{error}\n")
            return
        from bema_tui.simulator.faults import profile

        formatter.write(f"\n{profile.__doc__}")


@click.command(cls=_WithProfile)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0 takes a free one.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--subscribers", type=click.IntRange(min=0), default=2000, show_default=True)
@click.option("--orders", type=click.IntRange(min=0), default=1200, show_default=True)
@click.option("--campaigns", type=click.IntRange(min=0), default=4, show_default=True)
@click.option("--quota", type=click.IntRange(min=1), default=120, show_default=True, help="Requests a period.")
@click.option("--window-seconds", type=click.FloatRange(min=0.1), default=60.0, show_default=True)
@click.option(
    "--edd-version",
    type=click.Choice(["2.11", "3.0", "3.2", "3.3.9", "3.6"]),
    default="3.6",
    show_default=True,
    help="The version of EDD in whose form the shop shows its sales.",
)
@click.option("--faults", default=None, help="What goes wrong on purpose: rough, rough:SHARE, or a TOML file.")
@click.option("--parent", type=int, default=None, hidden=True, help="The process with which it ends.")
@click.option("--json", "as_json", is_flag=True, help="Changes nothing: the first line is JSON in any case.")
def simulate(
    port: int,
    seed: int,
    subscribers: int,
    orders: int,
    campaigns: int,
    quota: int,
    window_seconds: float,
    edd_version: str,
    faults: str | None,
    parent: int | None,
    as_json: bool,
) -> None:
    """Run a stand-in shop and MailerLite on 127.0.0.1.

    The first line says where they are, as JSON. Ctrl+C ends them.
    """
    signals.doing("The command simulate")
    with error_boundary(as_json=as_json):
        require_simulator()
        from bema_tui.simulator import CannotServe, SimulatorSettings, load_profile, serve

        try:
            settings = SimulatorSettings(
                seed=seed,
                subscribers=subscribers,
                orders=orders,
                campaigns=campaigns,
                quota=quota,
                window_seconds=window_seconds,
                edd_version=edd_version,
                faults=load_profile(expand(faults, "--faults", os.environ) if faults else None, seed),
            )
        except ValueError as error:
            raise ConfigurationError(
                f"--faults {faults}: {error}.", advice="Take rough, rough:0.2, or a TOML file as --help shows it."
            ) from error
        try:
            serve(settings, port=port, announce=_announce, alive=lambda: parent is None or os.getppid() == parent)
        except OSError as error:
            raise ConfigurationError(
                f"Port {port} can't be used: {error.strerror or error}.", advice="Take another with --port."
            ) from error
        except CannotServe as error:
            raise BemaError(f"The simulator does not run: {error}.") from error


def _announce(endpoints: Endpoints) -> None:
    """Prints where the simulator is, and its keys."""
    document = {
        "mailerlite": {"url": endpoints.mailerlite_url, "key": endpoints.mailerlite_key},
        "edd": {"url": endpoints.edd_url, "key": endpoints.edd_key, "token": endpoints.edd_token},
        "state_url": endpoints.state_url,
    }
    signals.finish()
    click.echo(json.dumps(document))
