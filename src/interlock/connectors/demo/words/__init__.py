"""The words of Aldermoor's customers: topics, voices, and how a text is put together from them."""
