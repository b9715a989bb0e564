"""Several threads on one table: no update is lost, and nothing is written twice."""

import threading
from concurrent.futures import ThreadPoolExecutor

from modelyard.ports import Expect, Item, Key, Put, TableConflict, Update

COUNTER = Key("MODEL#churn", "MODEL")
THREADS = 16


def together(work):
    """Run `work(number)` in all threads, starting at once; raise what any of them raised."""
    barrier = threading.Barrier(THREADS)

    def start(number):
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def count_up(table, rounds):
    """Guarded by the revision; how many tries it took."""
    tries = 0
    for _ in range(rounds):
        while True:
            tries += 1
            (found,) = table.get([COUNTER])
            try:
                table.write([
                    Update(COUNTER, found.rev, found.rev + 1, {"count": found.fields["count"] + 1}),
                    Put(Item(Key(COUNTER.pk, f"ENTRY#{found.rev:06d}"), 1), Expect.ABSENT),
                ])  # fmt: skip
            except TableConflict:
                continue
            break
    return tries


def test_sixteen_threads_lose_no_update_of_one_item(shared_table):
    shared_table.write([Put(Item(COUNTER, 1, {"count": 0}), Expect.ABSENT)])
    tries = together(lambda _: count_up(shared_table, 5))
    assert shared_table.get([COUNTER]) == [Item(COUNTER, 81, {"count": 80})]
    entries = shared_table.query(COUNTER.pk, prefix="ENTRY#").items
    assert [item.key.sk for item in entries] == [f"ENTRY#{number:06d}" for number in range(1, 81)]
    assert sum(tries) >= 80


def test_of_sixteen_threads_that_put_one_item_one_wins(shared_table):
    def attempt(number):
        try:
            shared_table.write([Put(Item(COUNTER, 1, {"by": number}), Expect.ABSENT)])
        except TableConflict:
            return None
        return number

    winners = [number for number in together(attempt) if number is not None]
    assert [{"by": number} for number in winners] == [item.fields for item in shared_table.get([COUNTER])]


def test_threads_that_touch_different_items_all_succeed(shared_table):
    def work(number):
        for round_ in range(5):
            pair = [Key(f"MODEL#{number}", f"{round_}{half}") for half in "ab"]
            shared_table.write([Put(Item(key, 1), Expect.ABSENT) for key in pair])

    together(work)
    for number in range(THREADS):
        assert len(shared_table.query(f"MODEL#{number}").items) == 10
