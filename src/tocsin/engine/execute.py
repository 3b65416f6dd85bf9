"""Running pure tasks on worker processes that may die at any line.

A task is a module-level function of one specification that can be pickled. It may run twice, so
it must come to the same files and the same result; then a lost worker costs time and nothing else.
"""

from __future__ import annotations

import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread
from types import TracebackType
from typing import Generic, Self, TypeVar

from tocsin.engine.allocation import collect_seldom, keep_freed_memory
from tocsin.model.errors import WorkerLost

MOST_TRIES = 3
"""How often one task may lose its worker before it is given up."""

Spec = TypeVar("Spec")
Result = TypeVar("Result")

Workers = Callable[[int], AbstractContextManager[Executor]]
"""Makes an executor of that many workers, and ends it on leaving: at once if by an exception.

`local_processes` is one; tasks on a cluster are another. A worker that is lost shows as
BrokenExecutor on its future.
"""


def run_tasks(
    function: Callable[[Spec], Result],
    specs: Sequence[Spec],
    *,
    workers: int,
    on_done: Callable[[int, Result], None] | None = None,
    initializer: Callable[[], None] | None = None,
    executors: Workers | None = None,
) -> list[Result]:
    """`function` of every specification; the results in the order of the specifications.

    `on_done(index, result)` is called in this process, one at a time, as each becomes done.
    `initializer` runs once in every worker. With one worker, or one task, no process is made
    and all runs here, unless `executors` says on what to run.

    An error of a task, or of `on_done`, ends the workers at once and is raised; what was done
    until then stays done. Lost workers are replaced and their tasks tried again; WorkerLost when
    one task was lost MOST_TRIES times.
    """
    told = on_done or _nobody
    if executors is None:
        if workers == 1 or len(specs) <= 1:
            return _inline(function, specs, told)

        def executors(count: int) -> AbstractContextManager[Executor]:
            return local_processes(count, initializer)

    return _Dispatch(function, specs, min(workers, len(specs)), told).run(executors)


def _nobody(_index: int, _result: object) -> None:
    pass


def _inline(
    function: Callable[[Spec], Result],
    specs: Sequence[Spec],
    on_done: Callable[[int, Result], None],
) -> list[Result]:
    results = []
    for index, spec in enumerate(specs):
        results.append(function(spec))
        on_done(index, results[-1])
    return results


class _Dispatch(Generic[Spec, Result]):
    """Hands out no more tasks than there are workers, so that it is known which were lost."""

    def __init__(
        self,
        function: Callable[[Spec], Result],
        specs: Sequence[Spec],
        workers: int,
        on_done: Callable[[int, Result], None],
    ) -> None:
        self.function = function
        self.specs = specs
        self.workers = workers
        self.on_done = on_done
        self.results: dict[int, Result] = {}
        self.waiting = deque(range(len(specs)))
        self.suspects: deque[int] = deque()
        self.losses: Counter[int] = Counter()

    def run(self, executors: Workers) -> list[Result]:
        while self.waiting or self.suspects:
            with executors(self.workers) as executor:
                lost = self._drain(executor)
            self._blame(lost)
        return [self.results[index] for index in range(len(self.specs))]

    def _drain(self, executor: Executor) -> list[int]:
        """Work until nothing is left or the executor breaks; the tasks lost with it."""
        running: dict[Future[Result], int] = {}
        lost: list[int] = []
        whole = self._fill(executor, running)
        while running:
            for future in _done(executor, running):
                index = running.pop(future)
                if future.cancelled() or isinstance(future.exception(), BrokenExecutor):
                    lost.append(index)
                else:
                    self.results[index] = future.result()
                    self.on_done(index, self.results[index])
            whole = whole and not lost and self._fill(executor, running)
        return lost

    def _fill(self, executor: Executor, running: dict[Future[Result], int]) -> bool:
        """Give every idle worker a task; False if the executor is broken."""
        while len(running) < self.workers:
            # A task that was lost before is tried alone, so that one that kills its worker
            # every time is not blamed on those that ran beside it.
            queue = self.suspects if self.suspects and not running else self.waiting
            if not queue or (self.suspects and running):
                return True
            try:
                running[executor.submit(self.function, self.specs[queue[0]])] = queue[0]
            except BrokenExecutor:
                return False
            queue.popleft()
            if queue is self.suspects:
                return True
        return True

    def _blame(self, lost: Sequence[int]) -> None:
        for index in sorted(lost):
            self.losses[index] += 1
            if self.losses[index] >= MOST_TRIES:
                raise WorkerLost(
                    f"task {index + 1} of {len(self.specs)} ({self.function.__name__}) "
                    f"lost its worker process {MOST_TRIES} times",
                    todo="see the system's log for what ended it (often: out of memory), "
                    "allow fewer workers or smaller slices, and run the same command again",
                )
            self.suspects.append(index)


_LOOK_AGAIN = 2.0
"""Seconds."""


def _done(executor: Executor, running: Mapping[Future[Result], int]) -> Collection[Future[Result]]:
    """Those that are done, as soon as any is.

    A process pool that waits while it starts a worker does not watch that worker until something
    wakes it: one that died at its start would be waited for for ever. So it is woken now and then.
    """
    while not (done := wait(running, timeout=_LOOK_AGAIN, return_when=FIRST_COMPLETED).done):
        try:
            executor.submit(os.getpid)
        except BrokenExecutor:
            # What it was given while it broke it knows nothing of any more.
            for future in running:
                future.cancel()
    return done


@contextmanager
def local_processes(
    workers: int, initializer: Callable[[], None] | None = None
) -> Iterator[Executor]:
    """Fresh processes on this machine, that end when this one ends, even by `kill -9`."""
    context = get_context("spawn")
    watched, held = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(watched, initializer)
    )
    try:
        yield executor
        if not _is_whole(executor):
            # A worker that was started while the pool broke would be waited for.
            held.close()
    except BaseException:
        held.close()
        raise
    finally:
        executor.shutdown(cancel_futures=True)
        held.close()
        watched.close()


class KeptProcesses:
    """Processes of this machine that stay from one `run_tasks` to the next, as its `executors`.

    What workers have read and compiled they keep. Leaving the `with` block, or `end`, ends them;
    so does an exception, at once. Where one was lost, the next call gets fresh ones.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._open: ExitStack | None = None
        self._executor: Executor | None = None

    @contextmanager
    def __call__(self, _count: int) -> Iterator[Executor]:
        """An executor for one round of tasks."""
        if self._executor is None or not _is_whole(self._executor):
            self.end()
            self._open = ExitStack()
            self._executor = self._open.enter_context(local_processes(self._workers))
        try:
            yield self._executor
        except BaseException as error:
            self._end(error)
            raise

    def run_tasks(
        self,
        function: Callable[[Spec], Result],
        specs: Sequence[Spec],
        *,
        on_done: Callable[[int, Result], None] | None = None,
    ) -> list[Result]:
        """As `run_tasks` with these processes; here, without any, where one would do."""
        kept = self if self._workers > 1 and len(specs) > 1 else None
        return run_tasks(function, specs, workers=self._workers, on_done=on_done, executors=kept)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end(error)

    def end(self) -> None:
        """End the processes, which have nothing to do."""
        self._end(None)

    def _end(self, error: BaseException | None) -> None:
        opened, self._open, self._executor = self._open, None, None
        if opened is not None:
            opened.__exit__(type(error) if error else None, error, None)


def _is_whole(executor: Executor) -> bool:
    """Whether no worker of it was lost."""
    try:
        executor.submit(os.getpid)
    except BrokenExecutor:
        return False
    return True


def _begin(watched: Connection, initializer: Callable[[], None] | None) -> None:
    """The first thing a worker does: private files, no Ctrl-C, an eye on its parent."""
    os.umask(0o077)
    keep_freed_memory()
    collect_seldom()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    if initializer is not None:
        initializer()


def _end_with_parent(watched: Connection) -> None:
    # Nothing is ever sent. The parent alone holds the other end: when it closes it, by will or
    # by dying, the kernel says so here, whatever the worker's main thread is doing.
    try:
        watched.recv_bytes()
    except (EOFError, OSError):
        os._exit(1)
