"""Words that can be written in several ways: IP addresses, and values of tags."""

from __future__ import annotations

import re
from socket import AF_INET6, inet_ntop, inet_pton
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.compute as pc

_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_GROUP = r"[0-9a-fA-F]{1,4}"
_GROUPS = rf"(?:{_GROUP}(?::{_GROUP})*)?"
# Eight groups, or fewer around one `::`; `_has_right_length` counts the latter.
_ADDRESS = rf"^(?:{_IPV4}|{_GROUP}(?::{_GROUP}){{7}}|{_GROUPS}::{_GROUPS})$"
_IPV4_TAIL = rf":{_IPV4}$"
_BAD_QUOTE = re.compile("%(?![0-9A-Fa-f]{2})")


def is_address(words: pa.Array) -> pa.Array:
    """Which of the words are IP addresses, version 4 or 6."""
    if not pc.any(pc.match_substring(words, ":")).as_py():
        return pc.match_substring_regex(words, f"^{_IPV4}$")
    six = pc.replace_substring_regex(words, _IPV4_TAIL, ":0:0")
    six = pc.if_else(pc.match_substring(words, ":"), six, words)
    return pc.and_(pc.match_substring_regex(six, _ADDRESS), _has_right_length(six))


def _has_right_length(six: pa.Array) -> pa.Array:
    """Whether `::` stands for at least one group, counted by colons; true without `::`."""
    colons = pc.count_substring(six, ":")
    at_edge = pc.match_substring_regex(six, r"^::|::$")
    few = pc.less_equal(colons, pc.if_else(at_edge, 8, 7))
    return pc.or_(pc.invert(pc.match_substring(six, "::")), few)


def are_addresses(words: pa.Array) -> bool:
    """Whether all of the words are IP addresses."""
    return bool(pc.all(is_address(words)).as_py() is not False)


def with_one_spelling(words: pa.DictionaryArray) -> pa.DictionaryArray:
    """The words, IPv6 addresses among them as RFC 5952 spells them: one address is one value."""
    known = words.dictionary
    six = pc.fill_null(pc.match_substring(known, ":"), False)
    if not pc.any(six).as_py():
        return words
    spelt = pa.array([_spelt(word) for word in known.filter(six).to_pylist()], pa.string())
    plain = pc.replace_with_mask(known, six, spelt)
    return words if plain.equals(known) else plain.take(words.indices).dictionary_encode()


def _spelt(word: str) -> str:
    try:
        return inet_ntop(AF_INET6, inet_pton(AF_INET6, word))
    except (OSError, ValueError):
        return word


def unquoted(words: pa.DictionaryArray) -> pa.DictionaryArray:
    """Values of tags as people wrote them: AWS percent-encodes them, hyphens too.

    What no UTF-8 without control characters comes out of stays as it is.
    """
    quoted = pc.match_substring(words.dictionary, "%")
    if not pc.any(quoted).as_py():
        return words
    plain = pa.array([_unquoted(word) for word in words.dictionary.to_pylist()], pa.string())
    return plain.take(words.indices).dictionary_encode()


def _unquoted(word: str) -> str:
    if _BAD_QUOTE.search(word):
        return word
    try:
        plain = unquote(word, errors="strict")
    except UnicodeDecodeError:
        return word
    return plain if plain.isprintable() else word
