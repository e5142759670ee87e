"""Progress: plain lines where nobody watches, few of them; a live line with a pace on a terminal."""

import io

from rich.console import Console

from confere.progress import RunProgress, shown_progress


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


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


def test_documents_are_worth_a_line_now_and_then() -> None:
    text, clock = io.StringIO(), Clock()
    with shown_progress(Console(file=text, width=40), clock=clock) as progress:
        progress.stage("extract")
        progress.step("xml files", done=50_000)
        for second in range(1, 101):
            clock.now = second
            progress.step("xml files", done=second * 10, total=2_000, documents=second * 500)
    assert text.getvalue().splitlines() == [
        "extracting and loading",
        "xml files: 5 %, 5,000 documents, 500/s, 3 min left",
        "xml files: 20 %, 20,000 documents, 500/s, 3 min left",
        "xml files: 35 %, 35,000 documents, 500/s, 2 min left",
        "xml files: 50 %, 50,000 documents, 500/s, 2 min left",
    ]


def test_a_quick_load_says_nothing() -> None:
    text, clock = io.StringIO(), Clock()
    with shown_progress(Console(file=text, width=40), clock=clock) as progress:
        for source in ("one files", "other files"):
            for _ in range(9):
                clock.now += 1
                progress.step(source, done=1, total=1, documents=1)
    assert text.getvalue() == ""


def test_the_live_line_has_a_pace() -> None:
    text, clock = io.StringIO(), Clock()
    console = Console(file=text, width=140, force_terminal=True)
    with shown_progress(console, clock=clock) as progress:
        progress.stage("extract")
        progress.step("xml files", done=0, total=2_000, documents=0)
        clock.now = 10
        progress.step("xml files", done=500, total=2_000, documents=8_000)
    assert "25 %, 8,000 documents, 800/s, 30 s left" in text.getvalue()


def test_the_live_line_counts_what_has_no_documents() -> None:
    text = io.StringIO()
    with shown_progress(Console(file=text, width=140, force_terminal=True)) as progress:
        progress.step("xml files", done=120_000)
        progress.stage("transform")
        progress.step("sync_status", done=12, total=1_040)
    assert "12/1,040" in text.getvalue()
