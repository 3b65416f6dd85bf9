"""What has been read so far, each thing once and in its order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from tocsin.service.mailbox.reading.mail_text import LONGEST_TEXT, MailText
from tocsin.service.mailbox.reading.pieces import MOST_PIECES
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.texts import harmless

MOST_UNCLEAR = 50
LONGEST_UNCLEAR = 200


@dataclass
class Unclear:
    """Words that may mean something and were not understood, as they are written."""

    _said: dict[str, bool] = field(default_factory=dict)

    def add(self, said: str) -> None:
        """Keep words; the same words once."""
        text = harmless(said, LONGEST_UNCLEAR)
        if text:
            self._said[text] = True

    def add_tokens(self, tokens: Sequence[Token]) -> None:
        """Keep the words of tokens that stand together."""
        self.add(as_written(tokens))

    def add_all(self, said: Iterable[str]) -> None:
        """Keep each of several."""
        for each in said:
            self.add(each)

    def cut(self, mail: MailText) -> None:
        """Tell that a mail went on where we stopped reading."""
        if len(mail.body) >= LONGEST_TEXT - 1 or mail.body.count(" ") >= MOST_PIECES // 2:
            self.add(f"…{mail.body[-80:]}")

    def told(self) -> tuple[str, ...]:
        """All of it; of more than MOST_UNCLEAR the last says how many there are."""
        said = tuple(self._said)
        if len(said) <= MOST_UNCLEAR:
            return said
        return (*said[: MOST_UNCLEAR - 1], f"{said[MOST_UNCLEAR - 1]} … ({len(said)} in all)")


def as_written(tokens: Sequence[Token]) -> str:
    """The tokens as text, with blanks where there were some."""
    text, end = "", -1
    for each in tokens:
        text += f" {each.text}" if end >= 0 and (each.start > end) else each.text
        end = each.end
    return " ".join(text.split())


def before(tokens: Sequence[Token], at: int, most: int = 3) -> Sequence[Token]:
    """The tokens before `at`, breaks left out, at most so many."""
    return [each for each in tokens[max(0, at - 2 * most) : at] if each.kind is not Kind.BREAK][
        -most:
    ]
