"""Progress: a line for each stage where nobody watches, a live line on a terminal."""

import io

from rich.console import Console

from confere.progress import RunProgress, shown_progress


def tell(progress: RunProgress) -> None:
    progress.stage("extract")
    progress.step("protheus SE1", done=1, total=2)
    progress.stage("extract")
    progress.note("protheus SE1: [não] foi entregue")
    progress.stage("publish")


def test_plain_lines_without_a_terminal() -> None:
    text = io.StringIO()
    with shown_progress(Console(file=text, width=40)) as progress:
        tell(progress)
    assert text.getvalue().splitlines() == [
        "extracting and loading",
        "protheus SE1: [não] foi entregue",
        "publishing",
    ]


def test_a_live_line_on_a_terminal() -> None:
    text = io.StringIO()
    with shown_progress(Console(file=text, width=120, force_terminal=True)) as progress:
        tell(progress)
    assert "protheus SE1: [não] foi entregue" in text.getvalue()
    assert "publishing" in text.getvalue()
