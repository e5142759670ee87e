"""How the steps get hold of the run's session, whoever started the run.

The command line opens a session before Dagster and hands it over; a run that Dagster's own interface, a
schedule or the sensor starts opens one from the environment in its first step and ends it with the run. Both
share the lock, the log and the publication.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

import dagster as dg

from dagster_project.environment import WORKSPACE_VARIABLE
from dagster_project.progress import LoggedProgress
from dagster_project.session import RunSession, open_session
from ingestion.errors import ConfigurationError
from ingestion.workspace import parse_as_of, read_workspace


class SessionOfRun:
    """The resource: its session is opened by the first step that asks and is the same for every later one.

    Not before: Dagster also makes resources when nothing is going to be executed.
    """

    def __init__(self, opener: Callable[[], RunSession]) -> None:
        self._opener = opener

    @cached_property
    def session(self) -> RunSession:
        """The session of this run."""
        return self._opener()


@dg.resource(
    description="A run over the workspace that CONFERE_WORKSPACE names.",
    config_schema={
        "full": dg.Field(bool, default_value=False, description="Read everything again."),
        "sweep": dg.Field(
            bool, default_value=True, description="Look for rows that were deleted physically."
        ),
        "as_of": dg.Field(
            dg.Noneable(str), default_value=None, description="The run's clock, an instant or a date."
        ),
    },
)
def session_resource(context: dg.InitResourceContext) -> Iterator[SessionOfRun]:
    """One session for one run: the executor is in-process, so every step sees the same."""
    config = context.resource_config
    with ExitStack() as stack:

        def opener() -> RunSession:
            root = workspace_root()
            if root is None:
                raise dg.Failure(
                    f"There is no workspace: set {WORKSPACE_VARIABLE} to its folder and start again."
                )
            try:
                workspace = read_workspace(root, environ=os.environ)
            except ConfigurationError as error:
                raise dg.Failure(str(error)) from error
            return stack.enter_context(
                open_session(
                    workspace,
                    progress=LoggedProgress(),
                    full=config["full"],
                    sweep=config["sweep"],
                    as_of=parse_as_of(config["as_of"]) if config["as_of"] else None,
                    run_id=context.run_id,
                )
            )

        yield SessionOfRun(opener)


def workspace_root() -> Path | None:
    """The folder that CONFERE_WORKSPACE names, absolute; None when it names none."""
    root = os.environ.get(WORKSPACE_VARIABLE)
    return Path(root).absolute() if root else None
