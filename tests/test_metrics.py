"""Metrics: histograms that add up, and text that Prometheus takes."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text

from tremble import metrics
from tremble.metrics import Histogram, counter, counters, gauge, histogram, may_read

BOUNDS = (0.5, 1.0, 2.0)


def seen(*values: float) -> Histogram:
    found = Histogram(BOUNDS)
    for value in values:
        found.observe(value)
    return found


@given(st.lists(st.floats(0, 4, allow_nan=False), max_size=40))
def test_histogram_counts_each_value_once(values: list[float]) -> None:
    """In the first bucket whose bound it does not pass."""
    found = seen(*values).value()

    assert found.count == len(values)
    for i, count in enumerate(found.counts):
        assert count == sum(1 for v in values if bisect_left(BOUNDS, v) == i)


def test_quantiles_lie_within_their_bucket() -> None:
    """As near as the bounds tell."""
    found = seen(0.1, 0.2, 0.7, 9.0).value()

    assert 0.0 < found.quantile(0.5) <= 0.5
    assert found.quantile(0.99) == 2.0
    assert seen().value().quantile(0.5) == 0.0
    assert seen(0.1, 0.7).value().less(seen(0.1).value()).counts == [0, 1, 0, 0]


def test_text_is_read_back() -> None:
    """Both formats say the same, with buckets that hold all below them."""
    families = [
        counters("tremble_a_total", "A.", "kind", {'odd "name"\n': 3}),
        gauge("tremble_b", "B.", 1.5),
        gauge("tremble_unknown", "Not known.", None),
        histogram("tremble_c_seconds", "C.", seen(0.1, 0.7, 9.0)),
    ]
    plain_type, plain = metrics.exposition(families, "text/plain;version=0.0.4")
    open_type, text = metrics.exposition(families, "application/openmetrics-text;version=1.0.0")

    assert plain_type.startswith("text/plain; version=0.0.4")
    assert open_type.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith(b"# EOF\n")
    for found in (list(read_text(plain.decode())), list(read_open(text.decode()))):
        values = {(s.name, *s.labels.values()): s.value for family in found for s in family.samples}
        assert values["tremble_a_total", 'odd "name"\n'] == 3
        assert values["tremble_b",] == 1.5
        assert values["tremble_c_seconds_bucket", "1.0"] == 2
        assert values["tremble_c_seconds_bucket", "+Inf"] == values["tremble_c_seconds_count",] == 3


def test_families_of_one_name_become_one() -> None:
    """Two processes that tell the same of themselves stand side by side."""
    web = counters("tremble_x_total", "X.", "process", {"web": 1})
    game = counters("tremble_x_total", "X.", "process", {"game": 2})

    [found] = metrics.merged([web, game])

    assert [(s.labels, s.value) for s in found.samples] == [(["web"], 1), (["game"], 2)]
    assert len(web.samples) == 1


def test_any_accept_is_answered() -> None:
    """Whatever a header says."""
    for accept in ("", "*/*", "application/openmetrics-text; version=;q=x", "\0"):
        assert (
            b"tremble_n_total 1.0"
            in metrics.exposition([counter("tremble_n_total", "N.", 1)], accept)[1]
        )


def test_who_may_read() -> None:
    """This machine, or who shows the token if there is one."""
    assert may_read("127.0.0.1", "", "")
    assert may_read("10.0.0.1", "Bearer secret", "secret")
    assert not may_read("10.0.0.1", "Bearer secre", "secret")
    assert not may_read("10.0.0.1", "Bearer ", "")
    assert not may_read("10.0.0.1", "", "")


def test_this_process_is_described() -> None:
    """CPU, memory, files, start, and which version it is."""
    found = {family.name: family for family in metrics.process_families("test")}

    assert found["tremble_process_cpu_seconds_total"].samples[0].value > 0
    assert found["tremble_process_resident_memory_bytes"].samples[0].value > 1e6
    assert found["tremble_process_open_fds"].samples[0].value >= 3
    assert found["tremble_build_info"].samples[0].value == 1
