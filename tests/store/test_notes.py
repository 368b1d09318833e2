"""Notes on many objects become one sentence a kind."""

from __future__ import annotations

from vpcflow_core.store.notes import KEPT, Notes


def test_counts_add_up_and_other_notes_count_their_objects() -> None:
    notes = Notes()
    for _ in range(3):
        notes.add(["1,500 records without any time.", "Unknown fields, kept as text: x"])
    notes.add(["Event 2: cut short", "1 control message without records."])
    assert list(notes.sentences()) == [
        "4,500 records without any time.",
        "1 control message without records.",
        "Unknown fields, kept as text: x (3 objects)",
        "Event 2: cut short",
    ]


def test_a_note_that_differs_in_every_object_does_not_fill_the_screen() -> None:
    notes = Notes()
    for number in range(10 * KEPT):
        notes.add([f"Event {number}: cut short"])
    assert len(list(notes.sentences())) == KEPT
