"""The built-in corpus: videos made from portraits of real people, with exact labels.

A portrait becomes several identities (`identities`), each of which is moved by facial action units
on its landmark mesh (`action_units`) after a random script of labelled expressions and unlabelled
distractors (`events`, `motion`), and filmed (`render`). Everything follows from one seed.
"""
