"""Interlock: the collaborative fabric between a company and its customers.

    listen      every signal of every customer, in one record
    converse    two-way talk about a context, until the customer confirms
    reconnect   coordination the work requires and nobody does, with its harm and its money
    consult     a planned change is put to customers before it is made
    launch      stops, gates and collisions on the way to market
    rework      the customer's process, changed and measured
    reward      outcomes, shared goals, recognition together

Data flows one way: systems of record -> signals and records -> themes, symptoms, gaps -> conversations
-> decisions, consults, launches, changes -> outcomes. Imports flow the other way and are checked in the tests.
"""
