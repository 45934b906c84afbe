"""YAML by the rules of version 1.2 (core schema), for plans and for what stands after `--set`.

PyYAML keeps to version 1.1, where `1e-3` is text, while `no` is a truth value, `010` is eight, `1:30` is ninety and
`2011-01-01` is a date. Here they are a number, text, ten, text and text. Keys are always text; other tags are refused.
"""

import re
from typing import Any

import yaml
from yaml.constructor import ConstructorError

NULL, TRUTH, WHOLE, NUMBER, TEXT, LIST, MAPPING = (
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "str", "seq", "map")
)
SPELLINGS = {  # YAML 1.2.2, section 10.3.2; what fits none is text
    NULL: re.compile(r"(null|Null|NULL|~|)\Z"),
    TRUTH: re.compile(r"(true|True|TRUE|false|False|FALSE)\Z"),
    WHOLE: re.compile(r"([-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)\Z"),
    NUMBER: re.compile(r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))\Z"),
}
BASES = {"0o": 8, "0x": 16}
LINE_BREAK = re.compile(r"[\n\r\x85\u2028\u2029]")
WIDE = 10**6  # columns; a value and its comment stay on one line


def read_yaml(text: str) -> Any:  # noqa: ANN401  any plain value
    """Return the value that a text holds.

    Example:
        >>> read_yaml("{rate: 1e-3, missing: [no, '12', 12, 2011-01-01], clip_norm: null, 12: true}")
        {'rate': 0.001, 'missing': ['no', '12', 12, '2011-01-01'], 'clip_norm': None, '12': True}

    Raises:
        yaml.YAMLError: the text is no YAML, or holds a tag of another kind.
    """
    return yaml.load(text, Loader=PlainLoader)


def one_line(value: Any) -> str:  # noqa: ANN401  any plain value
    """Return a value as YAML on one line; `read_yaml` reads it back, and so does a reader of YAML 1.1.

    Example:
        >>> one_line("1e-3"), one_line(1e-3), one_line(None), one_line(("no", 0.05))
        ("'1e-3'", '0.001', 'null', "['no', 0.05]")
    """
    text = yaml.dump(value, Dumper=PlainDumper, default_flow_style=True, allow_unicode=True, width=WIDE)
    return text.removesuffix("\n").removesuffix("\n...")


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> bool | int | float | None:
    """Return null, a truth value or a number."""
    text = loader.construct_scalar(node)
    if not SPELLINGS[node.tag].match(text):
        raise ConstructorError(None, None, f"{text!r} is not of the tag {node.tag}", node.start_mark)
    if node.tag == NULL:
        return None
    if node.tag == TRUTH:
        return text.lower() == "true"
    if node.tag == NUMBER:
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    try:
        return int(text, BASES.get(text[:2], 10))
    except ValueError as error:  # Python reads no more than some thousand digits
        raise ConstructorError(None, None, f"a number of {len(text)} digits", node.start_mark) from error


def _text(dumper: yaml.representer.BaseRepresenter, text: str) -> yaml.ScalarNode:
    """Return text; in double quotes a line break is written as an escape, so that the text stays on its line."""
    return dumper.represent_scalar(TEXT, text, style='"' if LINE_BREAK.search(text) else None)


class PlainLoader(yaml.SafeLoader):
    """A loader of null, truth values, numbers, text, lists and mappings, and of nothing else."""

    yaml_implicit_resolvers = {None: [*SPELLINGS.items()]}
    yaml_constructors = {
        **dict.fromkeys(SPELLINGS, _scalar),
        TEXT: yaml.SafeLoader.construct_yaml_str,
        LIST: yaml.SafeLoader.construct_yaml_seq,
        MAPPING: yaml.SafeLoader.construct_yaml_map,
        None: yaml.SafeLoader.construct_undefined,
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return a mapping; its keys are text, whatever they look like."""
        if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
            raise ConstructorError(None, None, "expected a mapping with words as keys", node.start_mark)
        return {key.value: self.construct_object(value, deep=deep) for key, value in node.value}


class PlainDumper(yaml.SafeDumper):
    """A dumper that quotes text whenever YAML 1.1 or 1.2 would take it for something else."""

    yaml_implicit_resolvers = {**yaml.SafeDumper.yaml_implicit_resolvers, None: [*SPELLINGS.items()]}
    yaml_representers = {**yaml.SafeDumper.yaml_representers, str: _text}
