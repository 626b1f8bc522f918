"""The lines of a conversation: who reads them, who is named in them, and all that can be done with one."""
