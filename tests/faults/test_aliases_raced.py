"""Sixteen who move one alias by compare-and-set: of those who expect the same, exactly one wins."""

from dataclasses import replace
from threading import Lock

import pytest

from tests.faults.aws_yard import aws_yard
from tests.faults.invariants import check_all, check_table
from tests.faults.test_many_writers import OneByOne
from tests.faults.writers import real_time, together
from tests.faults.yard import embedded_yard

ALIAS = "/v1/models/churn/aliases/champion"
WRITERS = 16


def race(yard, steps):
    """All writers try each step: from the version before to the one after. Who won which."""
    won, lost, lock = [], [], Lock()

    def work(writer):
        for step in range(steps):
            body = {"version": step % 3 + 1, "expect": (step - 1) % 3 + 1 if step else None}
            answer = yard.insist("PUT", ALIAS, body, headers={"idempotency-key": f"{writer} {step}"})
            with lock:
                (won if answer.status == 200 else lost).append((step, answer))

    together([lambda writer=writer: work(writer) for writer in range(WRITERS)])
    return won, lost


def prepared(yard):
    assert yard.call("POST", "/v1/models", {"name": "churn"}).status == 201
    for number in range(3):
        yard.ready("churn", {"a": b"%d" % number})


def check_race(yard, won, lost):
    """Each step that was taken at all was taken as often as its turn came round, and every move is in the journal."""
    journal = yard.call("GET", "/v1/models/churn/history", query={"limit": "1000"}).body["items"]
    moves = [
        (event["before"]["version"], event["after"]["version"]) for event in journal if event["type"] == "alias.set"
    ]
    assert all(answer.body["kind"] == "AliasMoved" for _, answer in lost)
    assert len(won) == len(moves) > 0
    assert [before for before, _ in moves] == [None, *(after for _, after in moves[:-1])]


def test_exactly_one_of_sixteen_threads_moves_an_alias_on_sqlite(quick_folder):
    with embedded_yard(quick_folder) as yard:
        prepared(yard)
        real_time(yard)
        won, lost = race(yard, 1)
        assert (len(won), len(lost)) == (1, WRITERS - 1)
        check_race(yard, won, lost)
        yard.call("DELETE", ALIAS)
        check_table(yard.ports.table)


def test_sixteen_threads_that_move_it_round_and_round_never_both_win_a_step(quick_folder):
    with embedded_yard(quick_folder) as yard:
        prepared(yard)
        real_time(yard)
        won, lost = race(yard, 6)
        check_race(yard, won, lost)
        yard.pump()
        check_all(yard)


@pytest.mark.parametrize("steps", [1])
def test_exactly_one_of_sixteen_threads_moves_an_alias_on_dynamodb(steps):
    with aws_yard() as yard:
        prepared(yard)
        real_time(yard)
        yard.ports = replace(yard.ports, table=OneByOne(yard.ports.table))
        won, lost = race(yard, steps)
        assert (len(won), len(lost)) == (1, WRITERS - 1)
        check_race(yard, won, lost)
