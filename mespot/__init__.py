"""mespot: spotting of micro- and macro-expressions in long face videos.

Implements and extends Wang, Guo and Xia, "3D Feature Extraction Network Based on Self-supervision
for Micro-expression Spotting" (ICIPMC 2024).
"""
