"""People's words and pictures, made safe to show: Markdown to HTML, and uploads drawn anew."""

from interlock.converse.words.markdown import plain as plain
from interlock.converse.words.markdown import rendered as rendered
from interlock.converse.words.pictures import NotAPicture as NotAPicture
from interlock.converse.words.pictures import Redrawn as Redrawn
from interlock.converse.words.pictures import redrawn as redrawn
