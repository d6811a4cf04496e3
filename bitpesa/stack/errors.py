"""What goes wrong around the stack, said in one sentence."""


class StackError(Exception):
    """One clear sentence for the person at the keyboard. Shown without a traceback."""


class StateInUse(StackError):
    """Another stack holds this state folder: use its servers, or choose another folder."""
