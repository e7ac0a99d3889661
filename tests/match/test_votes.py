"""match/votes.py: when a vote passes, fails, and who must wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tremble.match.votes import FAILED, OPEN, PASSED, Votes, VoteSettings

PEOPLE = ["ann", "bob", "cyd", "dan", "eve"]


def called(by: str = "ann") -> Votes:
    votes = Votes(VoteSettings(30.0, 60.0, 0.5))
    assert votes.call("map arena_01", by, by, 100.0) == ""
    return votes


@pytest.mark.parametrize(
    ("yes", "no", "now", "outcome"),
    [
        ("", "", 129.0, OPEN),
        ("", "", 130.0, FAILED),  # one of five is no quorum
        ("bob cyd", "", 101.0, PASSED),
        ("", "bob cyd dan", 101.0, FAILED),
        ("bob", "cyd", 129.0, OPEN),
        ("bob", "cyd", 130.0, PASSED),
        ("", "bob cyd", 130.0, FAILED),
    ],
)
def test_outcome(yes: str, no: str, now: float, outcome: int) -> None:
    """The caller is for it; the others as given."""
    votes = called()
    for voter in yes.split():
        votes.cast(voter, True)
    for voter in no.split():
        votes.cast(voter, False)

    assert votes.advance(PEOPLE, now) == outcome


def test_only_those_here_count() -> None:
    """Who has left no longer counts, nor does who was never here; the last one here decides."""
    votes = called()
    votes.cast("bob", False)
    votes.cast("ghost", True)

    assert votes.advance(["ann", "bob", "cyd", "dan"], 101.0) == OPEN
    assert votes.advance(["ann"], 101.0) == PASSED
    assert votes.advance([], 101.0) == FAILED


def test_a_choice_may_change() -> None:
    votes = called()
    votes.cast("ann", False)

    assert votes.advance(["ann"], 101.0) == FAILED


def test_one_at_a_time_and_a_cooldown() -> None:
    """While one is open there is no other; who failed waits, others need not."""
    votes = called()
    refused = votes.call("restart", "bob", "bob", 101.0)
    votes.advance(PEOPLE, 130.0)
    votes.close()

    assert refused == "there is a vote already: map arena_01"
    assert votes.call("restart", "ann", "ann", 150.0) == "wait 41 s before you call another vote"
    assert votes.call("restart", "bob", "bob", 150.0) == ""
    votes.close()
    assert votes.call("restart", "ann", "ann", 190.0) == ""


def test_nothing_to_vote_on() -> None:
    votes = Votes(VoteSettings())

    assert votes.cast("ann", True) is False
    assert votes.advance(PEOPLE, 1e9) == OPEN


@given(
    st.lists(st.tuples(st.sampled_from(PEOPLE), st.booleans())),
    st.sets(st.sampled_from(PEOPLE), min_size=1),
)
def test_every_vote_comes_to_an_end(choices, here) -> None:
    """At its end it has passed or failed; it passes only with more for than against."""
    votes = called()
    for voter, choice in choices:
        votes.cast(voter, choice)
    final = {"ann": True} | dict(choices)
    balance = sum(1 if final[p] else -1 for p in here if p in final)

    outcome = votes.advance(sorted(here), 130.0)

    assert outcome != OPEN
    assert outcome == FAILED or balance > 0
