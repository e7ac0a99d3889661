#!/bin/sh
# Makes the pictures of the docs from real runs, all of docs/images but heat.png: sh scripts/pictures.sh, after make build,
# on a machine with nothing else to do (else alerts of late ticks would be seen; it waits for a moment without any).
# Needs tmux, chromium and pngquant (Debian packages). Takes about fifteen minutes.
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'tmux kill-session -t tremble-pictures 2>/dev/null || true; rm -rf "$dir"' EXIT
tmux new-session -d -s tremble-pictures -x 86 -y 24 \
	".venv/bin/tremble up --bots 3 --dir $dir/data --set match.frag_limit=2 --set match.warmup_s=1"
sleep "${1:-220}"
tmux capture-pane -e -p -t tremble-pictures >"$dir/terminal.txt"
.venv/bin/python - "$dir/terminal.txt" <<'PY'
import sys
from rich.console import Console
from rich.text import Text
console = Console(record=True, width=86, file=open("/dev/null", "w"))
lines = open(sys.argv[1]).read().rstrip().splitlines()
view = next(n for n, line in enumerate(lines) if "╭" in line)  # above it stands the first password
console.print(Text.from_ansi("\n".join(lines[view:])))
console.save_svg("docs/images/terminal.svg", title="tremble up --bots 3")
PY
tmux kill-session -t tremble-pictures

# A server as it is played on: its dashboard and its first page. Then people, matches and a replay, of a made-up record.
.venv/bin/python scripts/pictures.py
TREMBLE_PICTURES=docs/images .venv/bin/pytest -q tests/web/dashboard/test_people_pages.py -k "everybody or evidence"

# The report of two made-up months.
made=$dir/report; mkdir "$made"
.venv/bin/python - "$made" <<'PY'
import sys
from datetime import UTC, datetime
from pathlib import Path

from tremble import ledger
from tremble.analytics.generate import Months, results
from tremble.store.engine import Store

months = Months(datetime(2026, 9, 20, tzinfo=UTC), 60, 40, 160, 20, 20, 150)
with Store(Path(sys.argv[1]) / "tremble.db") as store:
    store.write(lambda tx: ledger.record_all(tx, list(results(months, 5)))).result()
PY
.venv/bin/tremble report --dir "$made" --since 2026-10-19 --until 2026-11-18 --tz Europe/Berlin --html "$made/report.html" >/dev/null
chromium --headless --no-sandbox --hide-scrollbars --window-size=1280,1330 \
	--screenshot=docs/images/report.png "file://$made/report.html" 2>/dev/null
# Pages have few colours: a palette takes a third of the bytes.
pngquant --force --skip-if-larger --ext .png --quality 80-98 docs/images/*.png || [ $? = 98 ] || [ $? = 99 ]
ls -l docs/images
