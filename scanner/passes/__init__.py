"""The canonicalisation pipeline: the ordered list of passes, with the reason for each place.

A pass edits a `Draft`; after each one `genescan.verify` runs. Passes are `verb_object.run`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from genescan.draft import Draft
from genescan.passes import (
    absorb_affines,
    contract_movement,
    cut_before_gates,
    dequantise,
    drop_epsilons,
    drop_guards,
    drop_noise,
    drop_resizing,
    drop_unused,
    fold_constants,
    fold_pads,
    follow_layout,
    inline_bodies,
    join_groups,
    join_heads,
    join_lookups,
    merge_duplicates,
    narrow_windows,
    order_sums,
    restore_activations,
    restore_attention,
    restore_batch_norm,
    restore_dilations,
    restore_hard_gates,
    restore_linear,
    restore_means,
    restore_norms,
    restore_rearrangements,
    restore_recurrence,
    restore_responses,
    restore_rotary,
    restore_softmax,
    settle_attributes,
    split_attention,
    split_fused,
    tell_signs,
    unify_selections,
    unify_spellings,
    unstack,
)


class Pass(NamedTuple):
    """One step of the pipeline."""

    name: str
    run: Callable[[Draft], None]
    reason: str
    """Why it stands where it stands."""


PIPELINE: tuple[Pass, ...] = (
    Pass("drop_unused", drop_unused.run, "first: what the source itself left dangling"),
    Pass("drop_whole_cuts", drop_resizing.run_unfolded, "folding forgets whose size a bound was"),
    Pass("fold_constants", fold_constants.run, "shapes and constants decide later rules"),
    Pass("inline_bodies", inline_bodies.run, "needs constant conditions; all else sees one graph"),
    Pass("dequantise", dequantise.run, "clamps stand next to their producer only before splitting"),
    Pass("split_fused", split_fused.run, "primitive operators for everything that follows"),
    Pass("split_attention", split_attention.run, "as above; its projections become Linear"),
    Pass("fold_split", fold_constants.run, "bodies and kernels brought constants and shapes"),
    Pass("unstack", unstack.run, "needs axes of one, which movement takes away"),
    Pass("contract_types", contract_movement.run_retyping, "casts stand inside rearrangements"),
    Pass("restore_dilations", restore_dilations.run, "as above; what follows takes movement away"),
    Pass("restore_rearrangements", restore_rearrangements.run, "needs movement, which goes next"),
    Pass("narrow_windows", narrow_windows.run, "needs shapes, and movement around windows"),
    Pass("drop_resizing", drop_resizing.run, "needs shapes, as the former"),
    Pass("follow_layout", follow_layout.run, "the last that sees transposes as nodes"),
    Pass("contract_movement", contract_movement.run, "what follows matches through movement"),
    Pass("fold_again", fold_constants.run_again, "constants that only movement separated"),
    Pass("tell_signs", tell_signs.run_stored, "a spelling may turn on a sign"),
    Pass("unify_spellings", unify_spellings.run, "one spelling for the matchers below"),
    Pass("restore_means", restore_means.run, "quotients are factors now; norms need means"),
    Pass("unify_selections", unify_selections.run, "as above; bounds may be sums"),
    Pass("join_lookups", join_lookups.run, "every cut is a Slice now"),
    Pass("drop_noise", drop_noise.run, "factors are spelt alike now, and stand alone"),
    Pass("cut_before_gates", cut_before_gates.run, "as above"),
    Pass("merge_duplicates", merge_duplicates.run, "once spelt alike, what is alike is equal"),
    Pass("flatten_concats", unify_selections.run_flattening, "equal ones are one, so it is shared"),
    Pass("restore_softmax", restore_softmax.run, "its powers are one node now; before attention"),
    Pass("drop_guards", drop_guards.run, "guards stand inside attention and embeddings"),
    Pass("restore_norms", restore_norms.run, "before affine constants are merged elsewhere"),
    Pass("restore_activations", restore_activations.run, "before scales are absorbed"),
    Pass("restore_hard_gates", restore_hard_gates.run, "takes what the former left of them"),
    Pass("order_sums", order_sums.run, "after norms, whose epsilon is a constant addend"),
    Pass("restore_rotary", restore_rotary.run, "before attention: its products are no scores"),
    Pass("restore_attention", restore_attention.run, "before Linear takes products with weights"),
    Pass("order_signs", order_sums.run_signs, "gates and rotations know a sign; weights take it"),
    Pass("fold_pads", fold_pads.run, "before convolutions are settled"),
    Pass("join_groups", join_groups.run, "parts are padded alone; before convolutions are settled"),
    Pass("restore_responses", restore_responses.run, "what norms left of powers; after padding"),
    Pass("drop_epsilons", drop_epsilons.run, "norms and powers are restored, quotients spelt"),
    Pass("restore_linear", restore_linear.run, "after norms: gamma is a constant factor too"),
    Pass("absorb_affines", absorb_affines.run, "layers have their own biases and norms now"),
    Pass("join_heads", join_heads.run, "projections are Linear now, and cut apart where packed"),
    Pass("restore_batch_norm", restore_batch_norm.run, "after padding and sums are settled"),
    Pass("restore_recurrence", restore_recurrence.run, "cells are made of Linear and activations"),
    Pass("merge_again", merge_duplicates.run_again, "what norms and layers left; axes are known"),
    Pass("settle_attributes", settle_attributes.run, "last: attributes of what stays"),
)
