"""From a page's plain values to the text of the file. Whatever is in a name is shown, and nothing of it is run."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from pathlib import Path

from jitgate.model.printable import ESCAPES
from jitgate.report.html.page import Page

FOLDER = Path(__file__).parent

LONGEST = 600
"""Characters of one text: the longest reasons have 400; a name of 10 kB would bury the page."""

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
"""Categories of characters (Unicode) that are not seen, turn the direction of others, or can't be written as UTF-8."""


def render_page(page: Page) -> str:
    """The whole file. Its style sheet is allowed by its hash, and nothing else that a browser could load."""
    import jinja2
    import markupsafe

    style = (FOLDER / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value if isinstance(value, markupsafe.Markup) else shown(str(value)),
    )
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    template = environment.get_template("page.html.j2")
    return template.render(page=page, style=markupsafe.Markup(style), policy=policy) + "\n"  # noqa: S704 - a file of ours


def shown(text: str) -> str:
    """`text` on one line and not too long; a character that can't be seen is written as its code."""
    line = " ".join(ESCAPES.sub(_code, text).split())
    clear = "".join(_code_of(sign) if unicodedata.category(sign) in HIDDEN else sign for sign in line)
    return clear if len(clear) <= LONGEST else f"{clear[:LONGEST]}... ({len(clear):,} characters)"


def _code(found: re.Match[str]) -> str:
    return "".join(map(_code_of, found[0]))


def _code_of(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if ord(sign) < 256 else f"\\u{ord(sign):04x}"
