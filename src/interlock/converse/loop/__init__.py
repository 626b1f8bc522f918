"""The loop of each signal: heard, grouped, decided, done, told, confirmed; and what customers and the public see of it."""
