"""Aldermoor, the invented maker of e-bikes: coherent records with planted faults and honest decoys."""

from interlock.connectors.demo.aldermoor import aldermoor
from interlock.connectors.demo.truth import Decoy, Planted, Truth, truth

__all__ = ["Decoy", "Planted", "Truth", "aldermoor", "truth"]
