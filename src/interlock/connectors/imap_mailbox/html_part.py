"""A plain mail as the HTML part beside it: the same words, larger where they matter, and links to press.

Nothing is fetched: no picture, no font, no script. Styles stand at each element because mail programs drop style sheets;
the one sheet only turns the colours for dark screens. Every word is escaped, and a link shows the address it leads to.
"""

import re
from html import escape
from string import Template

_WHOLE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>$subject</title>
<style>@media (prefers-color-scheme:dark){.page{background:#0b0f14!important}.sheet{background:#10151b!important;\
border-color:#2a323c!important}.ink{color:#f1ece2!important}.soft{color:#b9b2a5!important}a{color:#6cc5c9!important}}</style>
</head><body class="page" style="margin:0;padding:0;background:#faf7f0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>\
<td class="page" align="center" style="padding:24px 12px;background:#faf7f0">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr>\
<td class="sheet ink" align="left" style="padding:28px 24px;background:#fffdf8;border:1px solid #ddd5c6;\
border-top:3px solid #0b5f6b;color:#1c1a17;font:16px/1.5 Georgia,'Times New Roman',serif;overflow-wrap:anywhere;\
word-break:break-word">
<p class="soft" style="margin:0 0 4px;color:#4f4941;font:14px/1.4 Arial,sans-serif">$author</p>
<h1 class="ink" style="margin:0 0 20px;color:#1c1a17;font-size:24px;line-height:1.25;font-weight:normal">$heading</h1>
$body
</td></tr>$foot</table>
</td></tr></table>
</body></html>
""")
_FOOT = Template("""<tr><td class="soft" align="left" style="padding:16px 24px;color:#4f4941;\
font:14px/1.5 Arial,sans-serif;overflow-wrap:anywhere;word-break:break-word">$foot</td></tr>""")
_LETTER = Template("""<!doctype html>
<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>$subject</title></head>
<body style="margin:16px;max-width:600px;font:16px/1.5 Arial,sans-serif;overflow-wrap:anywhere;word-break:break-word">
$body
</body></html>
""")
_NAMED = re.compile(r"(?P<name>[^:\n]{1,60}): (?P<address>https?://[^\s<>\"“”]+)")
_ADDRESS = re.compile(r"https?://[^\s<>\"“”]+[^\s<>\"“”.,;:!?)\]]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def html_of(*, subject: str, text: str, author: str, language: str) -> str:
    """The HTML of a plain mail. Empty lines part paragraphs, and what follows the last line `-- ` is the foot.

    Words whose lines are all marked by `>` stand below whom they are from without the marks, in one paragraph.
    """
    words, *feet = _CONTROLS.sub("", text.replace("\r\n", "\n")).rsplit("\n-- \n", 1)
    foot = "".join(feet).strip()
    return _WHOLE.substitute(
        language=escape(language),
        subject=escape(_CONTROLS.sub("", subject)),
        # Who writes stands above it already; the subject needs the name, where mails of others stand beside.
        heading=escape(_CONTROLS.sub("", subject.removeprefix(f"{author}: "))),
        author=escape(author),
        body="\n".join(_paragraph(one) for one in _paragraphs(words)),
        foot=_FOOT.substitute(foot="<br>".join(_linked(line) for line in foot.split("\n"))) if foot else "",
    )


def letter_html(*, subject: str, text: str) -> str:
    """The HTML of a letter from one person to another: their words as written. A link with a name in front is pressed by its name."""
    words = _CONTROLS.sub("", text.replace("\r\n", "\n"))
    return _LETTER.substitute(
        subject=escape(_CONTROLS.sub("", subject)),
        body="\n".join(
            f'<p style="margin:0 0 16px">{"<br>".join(map(_pressed, one.split(chr(10))))}</p>'
            for one in _paragraphs(words)
        ),
    )


def _pressed(line: str) -> str:
    found = _NAMED.fullmatch(line.strip())
    if not found:
        return _linked(line)
    address = escape(found["address"])
    return (
        f'<a href="{address}" style="display:inline-block;margin:8px 0 2px;padding:8px 16px;border:2px solid #0b7d8c;'
        f'border-radius:4px;font-weight:bold">{escape(found["name"])}</a><br><small>{address}</small>'
    )


def _paragraphs(words: str) -> list[str]:
    return [one.strip("\n") for one in re.split(r"\n[ \t]*\n", words) if one.strip()]


def _paragraph(words: str) -> str:
    first, *more = words.split("\n")
    if len(more) == 1 and _ADDRESS.fullmatch(more[0]):  # what it is about, and where it stands
        return (
            '<h2 class="ink" style="margin:24px 0 4px;color:#1c1a17;font-size:18px;line-height:1.3">'
            f'{escape(first)}</h2>\n<p style="margin:0 0 16px">{_linked(more[0])}</p>'
        )
    if more and first.endswith(":"):  # who, and when
        quoted = all(line.startswith(">") for line in more)
        said = "<br>".join(_linked(line[1:].strip() if quoted else line) for line in more)
        return (
            '<p class="soft" style="margin:16px 0 2px;color:#4f4941;font:bold 14px/1.4 Arial,sans-serif">'
            f'{_linked(first)}</p>\n<p class="ink" style="margin:0 0 16px;color:#1c1a17">{said}</p>'
        )
    said = "<br>".join(_linked(line) for line in [first, *more])
    return f'<p class="ink" style="margin:0 0 16px;color:#1c1a17">{said}</p>'


def _linked(line: str) -> str:
    """One line, escaped; web addresses in it lead there under their own name."""
    parts, last = [], 0
    for found in _ADDRESS.finditer(line):
        address = escape(found.group())
        parts += [
            escape(line[last : found.start()]),
            f'<a href="{address}" style="color:#0b5f6b">{address}</a>',
        ]
        last = found.end()
    return "".join([*parts, escape(line[last:])])
