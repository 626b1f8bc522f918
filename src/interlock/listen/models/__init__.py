"""What the room keeps: sources, imports with their accounting, what came in live, a searchable copy of every
signal, and the clocks and answers of customers who wait.

The records themselves lie in the lake. A signal is copied here as well because somebody must answer it:
the copy carries the names a reader needs (account, product, region) and nothing that is not in the lake.
"""

from interlock.listen.models.answers import Answer as Answer
from interlock.listen.models.answers import AnsweredSignal as AnsweredSignal
from interlock.listen.models.answers import AnswerRound as AnswerRound
from interlock.listen.models.answers import Clock as Clock
from interlock.listen.models.answers import RestingClock as RestingClock
from interlock.listen.models.answers import Sending as Sending
from interlock.listen.models.answers import Stage as Stage
from interlock.listen.models.arrivals import Arrival as Arrival
from interlock.listen.models.arrivals import EarlierRow as EarlierRow
from interlock.listen.models.arrivals import InboxRow as InboxRow
from interlock.listen.models.arrivals import RefusedRow as RefusedRow
from interlock.listen.models.arrivals import ReplyRoute as ReplyRoute
from interlock.listen.models.customers import CustomerWorth as CustomerWorth
from interlock.listen.models.customers import WorthBands as WorthBands
from interlock.listen.models.imports import Errand as Errand
from interlock.listen.models.imports import Import as Import
from interlock.listen.models.imports import State as State
from interlock.listen.models.outcry import Alarm as Alarm
from interlock.listen.models.outcry import Notice as Notice
from interlock.listen.models.outcry import NoticeState as NoticeState
from interlock.listen.models.outcry import OutcryWatch as OutcryWatch
from interlock.listen.models.outcry import StreamKind as StreamKind
from interlock.listen.models.outcry import StreamState as StreamState
from interlock.listen.models.outcry import Verdict as Verdict
from interlock.listen.models.outcry import WatchedStream as WatchedStream
from interlock.listen.models.signals import Facet as Facet
from interlock.listen.models.signals import Signal as Signal
from interlock.listen.models.signals import SignalsCopied as SignalsCopied
from interlock.listen.models.sources import Source as Source
from interlock.listen.models.sources import SourceKind as SourceKind
from interlock.listen.models.theme_findings import ThemeDriver as ThemeDriver
from interlock.listen.models.theme_findings import ThemeDrivers as ThemeDrivers
from interlock.listen.models.theme_findings import ThemeShift as ThemeShift
from interlock.listen.models.themes import ChangeKind as ChangeKind
from interlock.listen.models.themes import Cluster as Cluster
from interlock.listen.models.themes import NameAsked as NameAsked
from interlock.listen.models.themes import PlacedSignal as PlacedSignal
from interlock.listen.models.themes import SegmentVoices as SegmentVoices
from interlock.listen.models.themes import SignalVector as SignalVector
from interlock.listen.models.themes import Theme as Theme
from interlock.listen.models.themes import ThemeChange as ThemeChange
from interlock.listen.models.themes import ThemedSignal as ThemedSignal
from interlock.listen.models.themes import ThemeFigures as ThemeFigures
from interlock.listen.models.themes import ThemesLearnt as ThemesLearnt
from interlock.listen.models.themes import ThemeState as ThemeState
from interlock.listen.models.understanding import Correction as Correction
from interlock.listen.models.understanding import Intent as Intent
from interlock.listen.models.understanding import LanguageCorrection as LanguageCorrection
from interlock.listen.models.understanding import LearntFeeling as LearntFeeling
from interlock.listen.models.understanding import Sentiment as Sentiment
from interlock.listen.models.understanding import Understood as Understood
