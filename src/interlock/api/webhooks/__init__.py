"""What other systems send by themselves: signed messages, as plain JSON or as CloudEvents."""
