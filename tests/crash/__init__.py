"""`./do crash`: is anything lost or doubled when processes are killed, or when the power fails?"""
