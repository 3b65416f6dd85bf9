"""What every command prints, and how it ends: figures, warnings, progress, errors, exit codes."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import typer
from rich.console import RenderableType

from tocsin.cli.exit_codes import DONE, INTERRUPTED, code_of
from tocsin.cli.options import DEFAULT_HOME
from tocsin.cli.progress import shown_progress
from tocsin.cli.terminal import SafeConsole, discard_stdout
from tocsin.model.errors import TocsinError, TransientError, UsageError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_OF_THE_PLACE = (PermissionError, FileNotFoundError, IsADirectoryError, NotADirectoryError)


class Output:
    """The voice of one command. Human words and tables, or one JSON object, never both."""

    def __init__(self, name: str, *, as_json: bool, home: Path | None = None) -> None:
        self.name = name
        self.as_json = as_json
        self.home = home
        self.exit_code = DONE
        self._value: dict[str, object] = {}
        self._warnings: list[str] = []
        self._next = ""

    def figures(self, value: Mapping[str, object], human: RenderableType | str) -> None:
        """Print `human` now, or add `value` to the JSON object that is printed at the end."""
        if self.as_json:
            self._value.update(value)
        else:
            self._print(human)

    def line(self, text: str) -> None:
        """One line of text on standard output; nothing with --json."""
        if not self.as_json:
            self._print(text)

    def warn(self, text: str) -> None:
        """A warning on standard error; also listed under `warnings` in the JSON object."""
        self._warnings.append(text)
        SafeConsole(stderr=True).print(f"warning: {text}", soft_wrap=True)

    def next(self, text: str) -> None:
        """What to do next: the last line of the human form, `next` in the JSON object.

        A command that stands there works as it is printed: it names the home if it is not the
        one that is taken anyway. Words behind three blanks say what it does.
        """
        called, gap, remark = text.partition("   ")
        if called.startswith("tocsin ") and self.home not in (None, _home_taken_anyway()):
            called += f" --home {shlex.quote(str(self.home))}"
        self._next = called + gap + remark

    def finish(self, code: int) -> None:
        """End with this exit code once the command is through; the higher of several counts."""
        self.exit_code = max(self.exit_code, code)

    def progress(
        self, title: str, total: int | None = None
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Show on standard error how far something is; call the yielded function to advance by n.

        A bar on a terminal; else a plain line every few seconds. `total` None: not known.
        """
        return shown_progress(SafeConsole(stderr=True), title, total)

    def close(self) -> None:
        """Print what is due at the end."""
        if not self.as_json:
            if self._next:
                self._print(f"\nNext: {_as_called(self._next)}")
            return
        if self._warnings:
            self._value["warnings"] = self._warnings
        if self._next:
            self._value["next"] = self._next
        _write_json(self._value)

    def failed(self, error: TocsinError) -> None:
        """Tell the error on standard error, and in the JSON object if that was asked for."""
        SafeConsole(stderr=True).print(f"tocsin {self.name}: {error.message()}", soft_wrap=True)
        if self.as_json:
            _write_json({"error": _as_value(error)})

    def _print(self, content: RenderableType | str) -> None:
        SafeConsole().print(content, soft_wrap=isinstance(content, str))


def _as_called(text: str) -> str:
    """Commands as they work when copied: with the path of the program where it is on none."""
    program = Path(sys.argv[0])
    if program.name != "tocsin" or shutil.which("tocsin"):
        return text
    path = program.resolve()
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return re.sub(r"(?m)^(\s*)tocsin ", lambda found: f"{found[1]}{shown} ", text)


def _home_taken_anyway() -> Path:
    return Path(os.environ.get("TOCSIN_HOME", DEFAULT_HOME))


@contextmanager
def command(name: str, *, as_json: bool, home: Path | None = None) -> Iterator[Output]:
    """Run one command's body: private files, one clear message for an error, the exit code.

    Raises typer.Exit with one of EXIT_CODES unless all is done and well.
    """
    output = Output(name, as_json=as_json, home=home)
    before = os.umask(0o077)
    try:
        yield output
        output.close()
    except TocsinError as error:
        output.failed(error)
        raise typer.Exit(code_of(error)) from error
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        known = _of_the_device(error)
        if known is None:
            raise
        output.failed(known)
        raise typer.Exit(code_of(known)) from error
    except KeyboardInterrupt:
        SafeConsole(stderr=True).print(
            f"tocsin {name}: interrupted; run the same command again to go on"
        )
        raise typer.Exit(INTERRUPTED) from None
    finally:
        os.umask(before)
    if output.exit_code:
        raise typer.Exit(output.exit_code)


def _of_the_device(error: OSError) -> TocsinError | None:
    """The error in our words if it is about a place on disk, None if it is a fault of ours."""
    what, where = error.strerror or str(error), str(error.filename or "")
    if error.errno in _NO_ROOM:
        return TransientError(what, where=where, todo="free some space and run it again")
    if isinstance(error, _OF_THE_PLACE):
        todo = "check the path, and the rights of the user that runs tocsin"
        return UsageError(what, where=where, todo=todo)
    return None


def _as_value(error: TocsinError) -> Mapping[str, object]:
    return {
        "kind": type(error).__name__,
        "what": error.what,
        "where": error.where,
        "line": error.line,
        "todo": error.todo,
        "transient": isinstance(error, TransientError),
        "problems": [
            {"where": each.where, "line": each.line, "what": each.what, "todo": each.todo}
            for each in error.problems
        ],
    }


def _write_json(value: Mapping[str, object]) -> None:
    # ASCII only: a terminal, a log or a pipe of any encoding takes it, control characters too.
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
    sys.stdout.flush()
