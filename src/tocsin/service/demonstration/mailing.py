"""Mails the night of the demonstration: into its folder of mail, where its mailbox page shows it.

    python -m tocsin.service.demonstration.mailing HOME DAY

It is a process of its own: a process serves one home.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

from tocsin.engine.reports import revisions_of
from tocsin.service.start import start


def mail_the_night(root: Path, day: dt.date) -> int:
    """Take the newest run of the day, plan and send it; how many messages were taken."""
    home = start(root)
    from tocsin.service import clock  # noqa: PLC0415 - Django has to be ready
    from tocsin.service.delivery.sending import send_due  # noqa: PLC0415 - as above
    from tocsin.service.delivery.taking import read_finished, take  # noqa: PLC0415 - as above
    from tocsin.service.work.worker import work_off  # noqa: PLC0415 - as above
    from tocsin.service.works import WORKS  # noqa: PLC0415 - as above

    # By its name: the day of the demonstration is long past, and would not be looked for.
    take(read_finished(home, day, revisions_of(root, day)[-1]), clock.now())
    work_off(WORKS, clock.now)
    return send_due(clock.now)


if __name__ == "__main__":
    sys.stdout.write(f"{mail_the_night(Path(sys.argv[1]), dt.date.fromisoformat(sys.argv[2]))}\n")
