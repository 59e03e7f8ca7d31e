"""`Composer`: writes messages in a language, with words from YAML and two layouts, for HTML and for text.

Values never become templates: they are filled in as text, and the HTML layout escapes them all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Final

import yaml
from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape
from jinja2.sandbox import SandboxedEnvironment

from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import TicketCode

_FOLDER: Final = "marquee_subgraphs.notifications"


@dataclass(frozen=True, slots=True)
class Template:
    """A message that staff may send; it has the same name in every language."""

    name: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Composed:
    """A message that is written and ready to be stored."""

    subject: str
    body: str
    """The paragraphs, for the notification in the application."""
    html: str
    text: str


class Composer:
    """Every message in every language, read once from the package."""

    def __init__(self, site_url: str = "") -> None:
        self._site_url = site_url.rstrip("/")
        self._words: dict[Locale, dict[str, Any]] = {
            locale: yaml.safe_load(_read(f"{locale.value}.yaml")) for locale in Locale
        }
        lines = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        self._lines = {
            line: lines.from_string(line)
            for words in self._words.values()
            for message in words.values()
            for line in (message["subject"], *message["paragraphs"])
        }
        self._layouts = Environment(
            loader=FunctionLoader(_read),
            autoescape=select_autoescape(enabled_extensions=("html.jinja",)),
            undefined=StrictUndefined,
        )

    def templates(self) -> list[Template]:
        """Return the messages that staff may send."""
        return [
            Template(name, tuple(words["variables"]))
            for name, words in self._words[Locale.EN].items()
            if words.get("staff")
        ]

    def compose(
        self,
        name: str,
        locale: Locale,
        values: Mapping[str, Any],
        codes: Sequence[TicketCode] = (),
        link: str | None = None,
    ) -> Composed:
        """Return one message; `link` is the page that its button opens, as `/orders/ord_1`.

        Raises `KeyError` for an unknown name, `UndefinedError` for a missing value.
        """
        words = self._words[locale][name]
        # One line: a title with a line break must not add a header to the mail.
        subject = " ".join(self._fill(words["subject"], values).split())
        paragraphs = [self._fill(paragraph, values) for paragraph in words["paragraphs"]]
        action = None
        if link is not None and "action" in words:
            action = {"label": words["action"], "url": f"{self._site_url}/#{link}"}
        shown = {
            "language": locale.value,
            "subject": subject,
            "paragraphs": paragraphs,
            "tickets": codes,
            "action": action,
        }
        return Composed(
            subject=subject,
            body="\n".join(paragraphs),
            html=self._layouts.get_template("layout.html.jinja").render(shown),
            text=self._layouts.get_template("layout.txt.jinja").render(shown),
        )

    def _fill(self, line: str, values: Mapping[str, Any]) -> str:
        return self._lines[line].render(values)


def _read(name: str) -> str:
    return resources.files(_FOLDER).joinpath("messages", name).read_text(encoding="utf-8")
