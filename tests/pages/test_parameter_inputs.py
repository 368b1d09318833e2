"""The boxes of parameters: what is refused stays in its box, and is in no link."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.ui.parameters import PARAMETERS


def inputs() -> AppTest:
    """The inputs of a page that uses all parameters, as Streamlit draws them."""

    def page() -> None:
        import streamlit as st

        from dashboards.ui.parameter_inputs import parameters
        from dashboards.ui.parameters import PARAMETERS

        st.session_state["read"] = parameters(tuple(PARAMETERS))

    app = AppTest.from_function(page).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("name", "kind", "good", "bad"),
    [
        ("baseline", "text_input", "30d", "soon"),
        ("compare", "text_input", "2d", "x"),
        ("threshold", "number_input", 4.5, 0.0),
        ("window", "number_input", 10_000, 1),
        ("consecutive", "number_input", 2, -1),
    ],
)
def test_a_refused_parameter_stays_in_its_box_and_the_last_good_one_in_force(
    name: str, kind: str, good: str | float, bad: str | float
) -> None:
    app, parameter = inputs(), PARAMETERS[name]
    for typed, in_force in ((good, str(good)), (bad, str(good))):
        getattr(app, kind)(key=f"typed-{name}").set_value(typed).run()
        assert not app.exception
        assert app.session_state[name] == in_force
        assert getattr(app.session_state["read"], name) == parameter.read(in_force)
        assert getattr(app, kind)(key=f"typed-{name}").value == typed
        assert len(app.error) == (typed == bad)
    getattr(app, kind)(key=f"typed-{name}").set_value(
        type(good)(parameter.write(parameter.default))
    ).run()
    assert app.session_state[name] == ""
    assert not app.error
