"""Channels of chats outside that are told of what concerns a function.

`outbox` keeps what each is to be told, in the transaction in which it happens; `keeping` is what people set. How it is
said and sent stands in `converse/chats/`, which knows what every room would say.
"""
