"""A folder of this machine into which other systems put their exports."""

from .watching import WatchedFolder

connector = WatchedFolder()
