"""Las hojas donde cuentan los procesos."""

from common.watch.shared_counts import LIVE, SharedCounts

SHAPE = 7


def worker(counts):
    """La hoja de un proceso nuevo, y con qué devolverla."""
    number = counts.lend()
    return counts.mine(SHAPE), number


def test_the_next_worker_goes_on_where_the_dead_one_left():
    counts = SharedCounts(2)
    sheet, number = worker(counts)
    sheet[0], sheet[LIVE] = 1, 5
    counts.take_back(number)
    sheet, _ = worker(counts)
    sheet[LIVE] += 1
    total = counts.total(SHAPE)
    assert (total[0], total[LIVE]) == (0, 6)


def test_those_alive_at_once_have_each_their_own():
    counts = SharedCounts(4)
    for _ in range(3):
        worker(counts)[0][LIVE] += 1
    assert counts.total(SHAPE)[LIVE] == 3
    assert counts.mine(SHAPE)[LIVE] == 1


def test_with_more_workers_than_sheets_they_share():
    counts = SharedCounts(2)
    for _ in range(5):
        worker(counts)[0][LIVE] += 1
    assert counts.total(SHAPE)[LIVE] == 5


def test_what_another_version_counted_is_not_mixed():
    counts = SharedCounts(1)
    worker(counts)[0][LIVE] = 9
    assert counts.mine(SHAPE + 1)[LIVE] == 0
    assert counts.total(SHAPE) == []
