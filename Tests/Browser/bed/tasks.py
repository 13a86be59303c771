"""What a page's main thread did, task by task, as Chromium's own trace tells it.

A long task is one of over 50 ms: so long the page answers nobody. Browsers count it by the clock, so on a machine that others use a
task of 10 ms is a long one when it had to wait for a core. The trace knows also how long the thread really ran, which says what the page
itself is to blame for, on any machine.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field

from playwright.sync_api import Page

LONG = 50


@dataclass
class Task:
    """A task of the main thread: when it began, how long it took by the clock and how long it ran, in milliseconds, and on what."""

    begun: float
    duration: float
    processor: float
    parts: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        most = sorted(self.parts.items(), key=lambda part: -part[1])[:8]
        return f"{self.processor:.0f} ms of {self.duration:.0f} at {self.begun:.0f}" + (f" ({', '.join(f'{name} {spent:.0f}' for name, spent in most)})" if most else "")


class Tasks:
    """The tasks of a page during a `with`; only one at a time in a browser.

        with Tasks(page) as tasks:
            …
        assert not tasks.busy, tasks
    """

    def __init__(self, page: Page):
        self._page = page
        self._browser = page.context.browser
        self.all: list[Task] = []

    def __enter__(self) -> "Tasks":
        self._browser.start_tracing(page=self._page, categories=["toplevel", "devtools.timeline"])
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        trace = self._browser.stop_tracing()
        if kind is None:
            self.all = _tasks(json.loads(trace)["traceEvents"])
            assert self.all, "the trace has no task of a page"

    @property
    def busy(self) -> list[Task]:
        """Those that ran for longer than a task may, whatever else the machine did."""
        return [task for task in self.all if task.processor > LONG]

    @property
    def long(self) -> list[Task]:
        """Those that took longer by the clock."""
        return [task for task in self.all if task.duration > LONG]

    @property
    def busiest(self) -> Task:
        return max(self.all, key=lambda task: task.processor)

    def __str__(self) -> str:
        longest = max(self.all, key=lambda task: task.duration)
        return (f"{len(self.long)} tasks over {LONG} ms, {len(self.busy)} by processor time; "
                f"longest {longest.duration:.0f} ms, which ran for {longest.processor:.0f}; busiest {self.busiest}")


def _tasks(events: list[dict]) -> list[Task]:
    """Of all pages' main threads: what does nothing has no long task."""
    threads = {(event["pid"], event["tid"]) for event in events
               if event["ph"] == "M" and event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"}
    spans = defaultdict(list)
    for event in events:
        if event["ph"] == "X" and "dur" in event and (event["pid"], event["tid"]) in threads:
            spans[event["pid"], event["tid"]].append(event)
    found = []
    start = min((event["ts"] for of_thread in spans.values() for event in of_thread), default=0)
    for of_thread in spans.values():
        # A task comes before what is in it, though both may begin in the same microsecond.
        of_thread.sort(key=lambda event: (event["ts"], -event["dur"]))
        end, task = -1, None
        for event in of_thread:
            is_task = event["name"] == "ThreadControllerImpl::RunTask"
            if is_task and event["ts"] >= end:
                # The clock of a thread goes by ticks on some machines, and then ahead of the time.
                task = Task((event["ts"] - start) / 1000, event["dur"] / 1000, min(event["dur"], event.get("tdur", event["dur"])) / 1000)
                end = event["ts"] + event["dur"]
                found.append(task)
            elif not is_task and task and event["ts"] < end and event["dur"] > 1000:
                task.parts[event["name"]] = task.parts.get(event["name"], 0) + event.get("tdur", event["dur"]) / 1000
    return found
