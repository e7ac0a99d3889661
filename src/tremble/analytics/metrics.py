"""The metrics by name, in the order in which a report shows them."""

from tremble.analytics import metrics_people, metrics_play, metrics_servers
from tremble.analytics.metric import Metric

METRICS: dict[str, Metric] = {
    **metrics_people.METRICS,
    **metrics_play.METRICS,
    **metrics_servers.METRICS,
}
