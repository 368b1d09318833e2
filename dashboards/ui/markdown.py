"""Texts of others in Markdown; knows no Streamlit."""


def code(text: str) -> str:
    """Text of others as Markdown that shows it as it is.

    >>> code("s3://a_b_c"), code("![x](http://y)`")
    ('`s3://a_b_c`', "`![x](http://y)'`")
    """
    return f"`{text.replace('`', chr(39))}`"
