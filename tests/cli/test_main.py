"""cli/__init__.py: a word that is wrong is told in one plain line."""

import pytest

from tremble.cli import main


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("admin operators add x --role y", 'Invalid value "y" for --role. Choose from: "viewer"'),
        ("admin nope", 'Unknown command "nope". Available commands: operators'),
        ("up --nope", "Unknown option: --nope."),
        ("query", 'Command "query" parameter --address requires an argument.'),
    ],
)
def test_wrong_usage(line: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and what is wrong on standard error, as with every other error."""
    with pytest.raises(SystemExit) as end:
        main(line.split())

    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == ""
    assert said.err.startswith(f"error: {told}") and said.err.count("\n") == 1
