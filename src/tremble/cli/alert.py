"""tremble test-alert: does an alert arrive?"""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from tremble.cli.options import Dir, Sets, settings
from tremble.cli.watching import hook_of
from tremble.errors import ConfigError, TrembleError
from tremble.server import alerts
from tremble.server.alarms import Alert


def test_alert(*, directory: Dir = None, sets: Sets = None) -> None:
    """Send one alert to alerts.webhook_url, and say whether it was taken (exit code 0)."""
    path, loaded = settings(directory, sets)
    hook = hook_of(loaded.settings)
    if hook is None:
        raise ConfigError(f"alerts.webhook_url is not set; put it into {path / 'server.toml'}")
    test = Alert("test", "test", "this is a test: alerts arrive")
    status, _ = alerts.post(hook, alerts.body(hook, test, datetime.now(UTC)))
    host = urlsplit(hook.url).hostname
    if not 200 <= status < 300:
        told = f"answers {status}" if status else "does not answer"
        raise TrembleError(f"{host} {told}; the address in alerts.webhook_url may be wrong")
    print(f"{host} has taken it (status {status})")
