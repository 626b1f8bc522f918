"""What a named person says to a customer: written, sent once, taken back, or noted as sent by hand."""
