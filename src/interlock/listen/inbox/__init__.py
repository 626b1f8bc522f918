"""The inbox: where every record that comes in live is stored before anybody is told that it was received."""

from interlock.listen.inbox.arrivals import close_arrival as close_arrival
from interlock.listen.inbox.arrivals import open_arrival as open_arrival
from interlock.listen.inbox.checking import checked as checked
from interlock.listen.inbox.checking import what_came as what_came
from interlock.listen.inbox.clean import clean_signals as clean_signals
from interlock.listen.inbox.grouping import take_in_batched as take_in_batched
from interlock.listen.inbox.offering import Offer as Offer
from interlock.listen.inbox.offering import Offered as Offered
from interlock.listen.inbox.offering import Refusal as Refusal
from interlock.listen.inbox.offering import Taken as Taken
from interlock.listen.inbox.putting_back import put_back_arrival as put_back_arrival
from interlock.listen.inbox.taking import take_in as take_in
from interlock.listen.inbox.undoing import undo_arrival as undo_arrival
