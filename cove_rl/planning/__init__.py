"""What a run needs before it is started: the memory of each GPU and the tokens of each batch, with their formulas.

Arithmetic alone: nothing here loads a model, a GPU library or verl. `docs/scale.md` explains the formulas.
"""
