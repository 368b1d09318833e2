"""Queries that would run on: calls that look at no clock, rows without end, texts that explode.

Each has to end within the limits of time and memory: in an answer, or in a sentence.
"""

from __future__ import annotations

_LONG = "repeat('x', 100000000)"
_LIST = "range(100000000)"

# One call each, with an argument that makes it long.
_CALLS = (
    "lpad('x', 2000000000, 'y')", "rpad('x', 2000000000, 'y')", "repeat('x', 4000000000)",
    "length(repeat(repeat('x', 1000000), 1000))", "list_resize([1], 2000000000)", "range(2000000000)",
    "generate_series(1, 2000000000)", "len(range(2000000000))", "list_sum(range(1000000000))",
    "range(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 SECOND)",
    "levenshtein(repeat('a', 300000), repeat('b', 300000))",
    "damerau_levenshtein(repeat('ab', 30000), repeat('ba', 30000))",
    "jaro_winkler_similarity(repeat('ab', 300000), repeat('ba', 300000))",
    "jaro_similarity(repeat('ab', 300000), repeat('ba', 300000))", "format('{:>2000000000}', 'x')",
    "printf('%2000000000d', 1)", "format('{:.2000000000f}', 1.0)", "bar(1, 0, 1, 1000000000)",
    "factorial(2000000000)", "2 ** 2000000000", "repeat('9', 100000000)::HUGEINT", "md5(repeat('x', 2000000000))",
    "sha256(repeat('x', 2000000000))", "base64(repeat('x', 1000000000)::BLOB)", "hex(repeat('x', 1000000000))",
    "url_encode(repeat('%', 500000000))", "reverse(repeat('\u00e9', 500000000))", "upper(repeat('\u00df', 500000000))",
    "replace(repeat('a', 10000000), 'a', repeat('b', 1000))", "translate(repeat('a', 900000000), 'a', 'b')",
    "string_split(repeat('a,', 300000000), ',')", "string_split_regex(repeat('a,', 300000000), '[,;]')",
    "regexp_replace(repeat('a', 100000000), 'a*?', 'bbbb', 'g')", "regexp_matches(repeat('a', 100000000), '(a|aa)*$b')",
    "regexp_extract_all(repeat('a', 300000000), 'a')", "regexp_matches('a', '((a{1,100}){1,100}){1,100}')",
    "regexp_matches('a', repeat('(a?', 40000) || repeat(')', 40000))", "repeat('%a', 20000) LIKE repeat('%a', 20000) || 'b'",
    "repeat('a', 50000) LIKE repeat('%a', 20000) || 'b'", "repeat('a', 50000) ILIKE repeat('%A', 20000) || 'b'",
    "repeat('a', 50000) SIMILAR TO repeat('(a|b)*', 2000) || 'c'", "repeat('a', 50000) GLOB repeat('*a', 20000) || 'b'",
    "contains(repeat('a', 500000000), repeat('a', 1000000) || 'b')", "instr(repeat('a', 500000000), repeat('a', 1000000) || 'b')",
    "(repeat('[', 100000) || repeat(']', 100000))::JSON::VARIANT", "json(repeat('[', 50000000))",
    "json_valid('[' || repeat('1,', 300000000) || '1]')", "json_structure(repeat('{\"a\":', 100000) || '1' || repeat('}', 100000))",
    "json_merge_patch(repeat('{\"a\":', 90000) || '1' || repeat('}', 90000), '{}')",
    "json_extract(repeat('[', 90000) || repeat(']', 90000), repeat('[0]', 90000))",
    "json_transform(repeat('[', 90000) || repeat(']', 90000), '[\"JSON\"]')", "to_json(range(300000000))",
    f"list_sort(list_transform({_LIST}, lambda x: hash(x)))", f"list_distinct({_LIST})", f"list_unique({_LIST})",
    f"list_reverse({_LIST})", f"list_aggregate({_LIST}, 'median')", f"list_aggregate({_LIST}, 'histogram')",
    f"list_transform({_LIST}, lambda x: repeat('x', 1000))", f"list_filter({_LIST}, lambda x: x % 7 = 0)",
    f"list_reduce({_LIST}, lambda a, b: a + b)", "list_transform(range(100000), lambda x: range(100000))",
    "list_reduce(range(64), lambda a, b: a)::VARCHAR || list_reduce(list_transform(range(40), lambda x: 'x'), lambda a, b: a || a)",
    f"list_zip({_LIST}, {_LIST})", f"array_to_string({_LIST}, ',')", f"flatten([{_LIST}, {_LIST}])", f"list_grade_up({_LIST})",
    f"list_intersect({_LIST}, {_LIST})", f"list_has_all({_LIST}, {_LIST})", f"map_from_entries(list_zip({_LIST}, {_LIST}))",
    f"map({_LIST}, {_LIST})", "list_cosine_similarity(range(50000000)::DOUBLE[], range(50000000)::DOUBLE[])",
    "bitstring('0', 2000000000)", "bit_count(bitstring('1', 2000000000))", "set_bit(bitstring('0', 2000000000), 1, 1)",
    "strftime(now(), repeat('%c', 20000000))", "strptime(repeat('1', 90000), repeat('%d', 90000))",
    "list_value(range(30000000), range(30000000), range(30000000))", "generate_subscripts(range(2000000000), 1)",
    "array_agg(x) FROM range(2000000000) t(x)", "string_agg(x, ',') FROM range(2000000000) t(x)",
    f"hamming({_LONG}, {_LONG})", f"jaccard({_LONG}, {_LONG})", f"strip_accents({_LONG})", f"nfc_normalize({_LONG})",
    f"unhex({_LONG})", f"from_base64({_LONG})", f"encode({_LONG})", f"ord({_LONG} || {_LONG})",
    "compress_string(repeat('x', 1000000000))", "error(repeat('x', 100000000))", "parse_path(repeat('/a', 100000000))",
)  # fmt: skip
# What reads all rows of an endless series {r} with numbers `i`.
_READING = (
    "SELECT i FROM {r} t(i)", "SELECT sum(hash(i)) FROM {r} t(i)", "SELECT i FROM {r} t(i) ORDER BY hash(i)",
    "SELECT i FROM {r} t(i) ORDER BY hash(i) LIMIT 5000000", "SELECT count(DISTINCT hash(i)) FROM {r} t(i)",
    "SELECT hash(i) AS h, count(*) FROM {r} t(i) GROUP BY h", "SELECT median(i) FROM {r} t(i)",
    "SELECT quantile_cont(i, 0.99) FROM {r} t(i)", "SELECT mode(i) FROM {r} t(i)", "SELECT list(i) FROM {r} t(i)",
    "SELECT histogram(i) FROM {r} t(i)", "SELECT sum(i) OVER (ORDER BY hash(i)) FROM {r} t(i)",
    "SELECT row_number() OVER (PARTITION BY i % 7) FROM {r} t(i)", "SELECT lag(i) OVER () FROM {r} t(i)",
    "SELECT median(i) OVER (ORDER BY i ROWS 1000000 PRECEDING) FROM {r} t(i)", "SELECT DISTINCT hash(i) FROM {r} t(i)",
    "SELECT i FROM {r} t(i) USING SAMPLE 10%", "SELECT repeat('x', 1000000) FROM {r} t(i)",
    "SELECT i, i::VARCHAR, md5(i::VARCHAR) FROM {r} t(i)", "SELECT approx_quantile(i, 0.5), arg_max(i, hash(i)) FROM {r} t(i)",
    "SELECT count(*) FROM {r} t(i) WHERE regexp_matches(i::VARCHAR, '1.*2.*3')", "PIVOT (SELECT i % 90000 AS k, i FROM {r} t(i)) ON k USING sum(i)",
    "SUMMARIZE SELECT i FROM {r} t(i)", "EXPLAIN ANALYZE SELECT sum(hash(i)) FROM {r} t(i)",
)  # fmt: skip
_ENDLESS = (
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1::HUGEINT UNION SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 'x' UNION ALL SELECT i || i FROM n) SELECT max(length(i)) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT [1] UNION ALL SELECT i || i FROM n) SELECT max(len(i)) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT a.i FROM n a, n b, range(9)) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT * FROM range(1000000) UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i FROM n WHERE (SELECT count(*) FROM range(1000000)) > i) SELECT 1 FROM n",
    "WITH RECURSIVE n(k, i) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, i + 1 FROM n) SELECT * FROM n",
    "WITH RECURSIVE n AS (SELECT srcaddr FROM flows UNION ALL SELECT f.srcaddr FROM flows f, n) SELECT count(*) FROM n",
)  # fmt: skip
_JOINS = (
    "SELECT sum(hash(a.i, b.i)) FROM range(1000000) a(i), range(1000000) b(i)",
    "SELECT a.i + b.i AS s FROM range(1000000) a(i), range(1000000) b(i) ORDER BY s",
    "SELECT count(*) FROM range(3000000) a(i) JOIN range(3000000) b(i) ON a.i < b.i AND a.i * 2 > b.i",
    "SELECT count(*) FROM range(300000) a(i) JOIN range(300000) b(i) ON a.i != b.i AND hash(a.i, b.i) % 2 = 0",
    "SELECT count(*) FROM range(30000000) a(i) JOIN range(30000000) b(i) ON a.i % 2 = b.i % 2 AND hash(a.i, b.i) = 1",
    "SELECT count(*) FROM range(100000) a(i) WHERE EXISTS (FROM range(100000) b(i) WHERE hash(a.i, b.i) = 1)",
    "SELECT (SELECT max(hash(a.i, b.i)) FROM range(1000000) b(i)) FROM range(1000000) a(i)",
    "SELECT * FROM flows a, flows b, flows c, flows d, flows e, flows f ORDER BY a.bytes",
    "SELECT sum(hash(a, b, c, d, e)) FROM flows a, flows b, flows c, flows d, flows e",
    "SELECT * FROM range(1000000) a(i), LATERAL (SELECT * FROM range(a.i)) b(j) ORDER BY hash(j)",
    "SELECT unnest(range(100000)) FROM range(100000000)",
    "SELECT unnest(list_transform(range(10000), lambda x: range(10000)), recursive := true) FROM range(1000000)",
    "SELECT count(*) FROM range(9000000) a(i) FULL JOIN range(9000000) b(i) ON hash(a.i) = hash(b.i + 1)",
    "SELECT count(*) FROM range(90000) a(i) JOIN range(90000) b(i) ON levenshtein(a.i::VARCHAR, b.i::VARCHAR) < 2",
    "SELECT * FROM range(99999999) a(i) POSITIONAL JOIN range(99999999) b(i) ORDER BY hash(a.i)",
)  # fmt: skip


def _doubling(count: int) -> str:
    """Each WITH names the one before twice: 2 ** count when written out."""
    parts = ["a0 AS (SELECT 1 AS i)"]
    parts += [f"a{n} AS (SELECT x.i FROM a{n - 1} x, a{n - 1} y)" for n in range(1, count)]
    return f"WITH {', '.join(parts)} SELECT count(*) FROM a{count - 1}"


# Texts that are long to read, bind or plan.
_TEXTS = (
    "SELECT " + "(" * 40_000 + "1" + ")" * 40_000, "SELECT " + "(" * 199 + "1" + ")" * 199,
    "SELECT " + "[" * 199 + "1" + "]" * 199, "SELECT " + "(SELECT " * 199 + "1" + ")" * 199,
    "SELECT " + "{'a': " * 199 + "1" + "}" * 199, "SELECT " + "coalesce(" * 199 + "1" + ", 2)" * 199,
    "SELECT " + "1+" * 40_000 + "1", "SELECT " + "NOT " * 20_000 + "true", "SELECT " + "- " * 40_000 + "1",
    "SELECT " + "CASE WHEN true THEN " * 4_000 + "1" + " END" * 4_000, "SELECT 1" + " UNION ALL SELECT 1" * 5_000,
    "SELECT 1" + " UNION SELECT 1" * 5_000, "SELECT 1" + " EXCEPT SELECT 1" * 5_000, "SELECT " + "1," * 40_000 + "1",
    "SELECT 1 IN (" + "1," * 40_000 + "1)", "SELECT * FROM flows" + ", flows" * 9_000, "FROM flows" + " NATURAL JOIN flows" * 300,
    "SELECT 1 FROM " + ", ".join(f"flows f{n}" for n in range(60)) + " WHERE " + " AND ".join(f"f{n}.bytes = f{n + 1}.packets" for n in range(59)),
    "SELECT 1 FROM flows GROUP BY CUBE (" + ", ".join(f"bytes + {n}" for n in range(24)) + ")",
    "SELECT 1 FROM flows GROUP BY ROLLUP (" + ", ".join(f"bytes + {n}" for n in range(3_000)) + ")",
    "SELECT 1 FROM flows GROUP BY CUBE (bytes, packets), CUBE (srcaddr, dstaddr, srcport, dstport, protocol, start_time, end_time, action)",
    _doubling(20), _doubling(40), _doubling(400), "SELECT " + "a." * 30_000 + "a FROM flows", "SELECT '" + "x" * 99_000 + "'",
    "SELECT " + "/*" * 40_000 + "1", "SELECT 1 " + "--" * 40_000, "WITH " + ", ".join(f"a{n} AS (SELECT 1)" for n in range(4_000)) + " SELECT 1",
    "SELECT " + "x -> " * 15_000 + "1", "SELECT " + ", ".join(["list_transform([1], lambda x: x)"] * 3_000), "SELECT COLUMNS('" + "(a?){9}" * 12_000 + "') FROM flows",
    "SELECT " + "'a' || " * 14_000 + "'a'", "SELECT sum(bytes) OVER (ORDER BY " + "bytes, " * 12_000 + "bytes) FROM flows",
    "SELECT " + " AND ".join(["bytes > 1"] * 9_000) + " FROM flows", "SELECT " + "bytes::VARCHAR::" * 6_000 + "BIGINT FROM flows",
    "SELECT 1::STRUCT(" + ", ".join(f"a{n} INTEGER" for n in range(7_000)) + ")", "SELECT NULL::INTEGER" + "[]" * 30_000,
    "SELECT NULL::" + "STRUCT(a " * 190 + "INTEGER" + ")" * 190, "PIVOT flows ON " + ", ".join(["action"] * 20) + " IN ('a', 'b') USING count(*)",
)  # fmt: skip

RUNAWAYS: dict[str, tuple[str, ...]] = {
    "one call": tuple(f"SELECT {call}" for call in _CALLS),
    "rows without end": tuple(
        query.replace("{r}", "range(10000000000)") for query in _READING
    ),
    "recursion": _ENDLESS,
    "joins": _JOINS,
    "texts": _TEXTS,
}  # fmt: skip
