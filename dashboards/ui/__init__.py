"""The only Streamlit code: page, panel, sidebar, state, map."""
