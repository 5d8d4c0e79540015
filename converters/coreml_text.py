"""MIL programs in their text form, as `model.mil` of a compiled CoreML model holds one.

program(1.0)
[buildInfo = dict<string, string>({{"coremlc-version", "3505.4.1"}})]
{
    func main<ios18>(tensor<fp32, [1, 4]> x) {
        tensor<fp32, [1, 4]> y = relu(x = x)[name = string("y")];
    } -> (y);
}
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from genescan.converters.assembly import Assembly
from genescan.converters.base import Clock, Source, quote
from genescan.converters.coreml_model import ModelBuilder
from genescan.converters.coreml_program import Argument, Function, ProgramReader, Row, closed
from genescan.converters.coreml_values import Constant, Kind, Values
from genescan.errors import LimitExceeded, ModelError, Unsupported
from genescan.graph import Attr, Graph, Payload, Tensor
from genescan.limits import Limits

_TOKEN = re.compile(
    r"""(?:\s|//[^\n]*(?:\n|\Z))*+(?:
    (?P<string>"(?:[^"\\]|\\.)*")
    |(?P<number>[-+]?(?:0x[0-9a-fA-F.]+(?:p[-+]?\d+)?|\d[\d.]*(?:[eE][-+]?\d+)?|inf|nan)(?![\w.]))
    |(?P<word>[A-Za-z_@][\w.@/$-]*)
    |(?P<mark>->|[()<>\[\]{}=,;:?])
    |(?P<end>\Z))""",
    re.VERBOSE | re.DOTALL,
)
_DTYPES = {
    "fp16": "float16",
    "fp32": "float32",
    "fp64": "float64",
    "bf16": "bfloat16",
}
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_OFTEN = 4_096
_DIGITS = 18
"""Of one size."""


def read(source: Source, limits: Limits) -> Graph:
    """The graph of a program in text form.

    Raises:
        ModelError: the text is malformed; the place is a character offset or an operation.
        Unsupported: an operation has blocks of its own, whose text form is not known here.
        LimitExceeded: a budget of `limits` ran out.
    """
    clock = Clock(limits)
    if source.size > limits.skeleton_bytes:
        raise LimitExceeded(f"{limits.skeleton_bytes} bytes of text")
    text = source.read(0, source.size).decode("utf-8", "backslashreplace")
    values = Values(frozenset(), limits)
    functions = _Parser(text, ProgramReader(values, clock)).program()
    assembly = Assembly("coreml", limits, clock)
    outputs = ModelBuilder(values, clock, assembly).program(functions)
    if not outputs:
        raise ModelError("the model has no outputs")
    return assembly.graph(outputs, {"model": "mlProgram", "form": "compiled text"})


class _Parser:
    """Reads one program from the front to the back; nothing in it recurses."""

    def __init__(self, text: str, reader: ProgramReader) -> None:
        self._tokens = self._scan(text)
        self._reader = reader
        self._limits = reader.values.limits
        self._at, self._kind, self._word = 0, "", ""
        self._next()

    def _scan(self, text: str) -> Iterator[tuple[int, str, str]]:
        at, count = 0, 0
        while True:
            found = _TOKEN.match(text, at)
            if found is None or found.lastgroup is None:
                raise ModelError("not a token of MIL", place=f"character {at}")
            count += 1
            if not count % _OFTEN:
                self._reader.clock.check()
            yield found.start(found.lastgroup), found.lastgroup, found[found.lastgroup]
            at = found.end()

    def _next(self) -> str:
        """The word that stands here, and on to the next."""
        word = self._word
        self._at, self._kind, self._word = next(self._tokens)
        if self._kind in ("string", "word") and len(self._word) > self._limits.string_bytes:
            raise LimitExceeded(f"{self._limits.string_bytes} bytes in one string")
        return word

    def _take(self, mark: str) -> bool:
        if self._word == mark and self._kind != "string":
            self._next()
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._wrong(quote(mark))

    def _wrong(self, expected: str) -> ModelError:
        found = quote(self._word) if self._kind != "end" else "the end"
        return ModelError(f"expected {expected}, found {found}", place=f"character {self._at}")

    def _name(self) -> str:
        if self._kind != "word":
            raise self._wrong("a name")
        return self._next()

    def program(self) -> list[Function]:
        """All functions, `main` first."""
        self._expect("program")
        self._skip("(")
        if self._word == "[":
            self._skip("[")
        self._expect("{")
        found: list[Function] = []
        while self._take("func"):
            found.append(self._function())
        self._expect("}")
        if self._kind != "end":
            raise self._wrong("the end")
        names = [function.name for function in found]
        if not found or len(set(names)) < len(names):
            raise ModelError("the program has no functions, or two of one name")
        return sorted(found, key=lambda f: (f.name != "main", f.name))

    def _skip(self, mark: str) -> None:
        """Over a balanced group, whatever is in it."""
        self._expect(mark)
        stack = [_CLOSING[mark]]
        while stack:
            if self._kind == "end":
                raise self._wrong(quote(stack[-1]))
            if self._kind == "mark" and self._word in _CLOSING:
                stack.append(_CLOSING[self._word])
            elif self._kind == "mark" and self._word == stack[-1]:
                stack.pop()
            if len(stack) > self._limits.depth:
                raise LimitExceeded(f"{self._limits.depth} nested groups")
            self._next()

    def _function(self) -> Function:
        name = self._name()
        if self._word == "<":
            self._skip("<")
        self._expect("(")
        inputs = self._declared(")")
        if self._word == "[":
            self._skip("[")
        self._expect("{")
        rows = []
        while not self._take("}"):
            rows.append(self._row())
        self._expect("->")
        self._expect("(")
        outputs = self._names()
        self._take(";")
        block = closed(inputs, tuple(rows), outputs)
        for missing, reader in block.free.items():
            raise ModelError(f"{quote(missing)} is not defined", place=reader)
        return Function(name, block)

    def _names(self) -> tuple[str, ...]:
        names: list[str] = []
        while not self._take(")"):
            names.append(self._name())
            self._take(",")
        return tuple(names)

    def _declared(self, end: str) -> tuple[tuple[str, Kind], ...]:
        found: list[tuple[str, Kind]] = []
        while not self._take(end):
            self._reader.charge(1)
            kind = self._type()
            found.append((self._name(), kind))
            self._take(",")
        return tuple(found)

    def _type(self) -> Kind:
        """`tensor<fp16, [1, ?]>`, `state<tensor<...>>`, `list<tensor<...>, ...>`, or `fp16`."""
        outer = self._name()
        if not self._take("<"):
            return Kind("tensor", _DTYPES.get(outer, outer), ())
        if outer == "tensor":
            return self._sized()
        self._expect("tensor")
        self._expect("<")
        inner = self._sized()
        while not self._take(">"):
            self._skip("[") if self._word == "[" else self._anything()
        return inner._replace(form=outer)

    def _sized(self) -> Kind:
        """What stands inside `tensor<...>`, and its end."""
        dtype = self._name()
        self._expect(",")
        self._expect("[")
        sizes: list[int] = []
        while not self._take("]"):
            known = self._word.isdecimal() and len(self._word) <= _DIGITS
            sizes.append(int(self._next()) if known else self._unknown())
            self._take(",")
        self._expect(">")
        shape = self._reader.values.dims(sizes, f"character {self._at}")
        return Kind("tensor", _DTYPES.get(dtype, dtype), shape)

    def _unknown(self) -> int:
        if self._kind not in ("word", "mark") or self._word in _CLOSING or self._word in "])}>;":
            raise self._wrong("a size")
        self._next()
        return -1

    def _anything(self) -> None:
        if self._kind == "end":
            raise self._wrong("'>'")
        self._next()

    def _row(self) -> Row:
        self._reader.charge(4)
        outputs = self._declared("=")
        kind = self._name()
        self._expect("(")
        inputs: dict[str, tuple[Argument, ...]] = {}
        while not self._take(")"):
            slot = self._name()
            self._expect("=")
            inputs[slot] = self._arguments()
            self._take(",")
        first = outputs[0][0] if outputs else kind
        if self._word in "({":
            raise Unsupported(f"{quote(kind)} with blocks in MIL text", kind="MIL text")
        attrs: dict[str, Constant] = {}
        if self._take("["):
            while not self._take("]"):
                key = self._name()
                self._expect("=")
                attrs[key] = self._value(first)
                self._take(",")
        self._expect(";")
        named = attrs.pop("name", None)
        name = named.value if named is not None and isinstance(named.value, str) else first
        return Row(kind, name or first, dict(sorted(inputs.items())), outputs, attrs)

    def _arguments(self) -> tuple[Argument, ...]:
        if not self._take("("):
            return (self._argument(),)
        found: list[Argument] = []
        while not self._take(")"):
            self._reader.charge(1)
            found.append(self._argument())
            self._take(",")
        return tuple(found)

    def _argument(self) -> Argument:
        word = self._name()
        if self._word not in ("<", "("):
            return word
        return self._value(word, word)

    def _value(self, owner: str, begun: str = "") -> Constant:
        """`tensor<int32, [2]>([1, 2])`, `fp16(0x1p-1)`, or where a weight lies."""
        if begun and self._word == "(":
            kind = Kind("tensor", _DTYPES.get(begun, begun), ())
        elif begun:
            self._expect("<")
            kind = self._sized()
        elif self._word not in ("dict", "tuple", "list"):
            kind = self._type()
        else:
            self._next()
            self._skip("<")
            self._skip("(")
            return Constant(Tensor("dictionary", None, None, owner), None)
        self._expect("(")
        made = self._blob(kind, owner) if self._take("BLOBFILE") else self._literal(kind, owner)
        self._expect(")")
        return made

    def _blob(self, kind: Kind, owner: str) -> Constant:
        path, offset = "", 0
        self._expect("(")
        while not self._take(")"):
            key = self._name()
            self._expect("=")
            value = self._value(owner).value
            if key == "path" and isinstance(value, str):
                path = value
            elif key == "offset" and isinstance(value, int):
                offset = value
            self._take(",")
        payload = Payload(path[: self._limits.name_length], offset, 0)
        return Constant(Tensor(kind.dtype, kind.shape, None, owner, payload), None)

    def _literal(self, kind: Kind, owner: str) -> Constant:
        """Numbers or strings, in brackets as deep as the shape has axes."""
        data: list[float | int | bool | str] = []
        depth, count = 0, 0
        while self._word != ")" or self._kind == "string":
            if self._kind == "mark":
                depth += {"[": 1, "]": -1}.get(self._word, 0)
                if self._word not in ("[", "]", ",") or depth < 0:
                    raise self._wrong("a value")
            elif self._kind == "end":
                raise self._wrong("')'")
            else:
                count += 1
                if count <= self._limits.fold_elements:
                    data.append(self._scalar(kind.dtype))
            self._next()
        if any(isinstance(value, str) for value in data):
            words = tuple(str(value) for value in data)
            return Constant(None, words if kind.shape else words[0])
        numbers = tuple(value for value in data if not isinstance(value, str))
        whole = 1
        for size in kind.shape or ():
            whole *= size or 0
        if len(numbers) != whole:
            return Constant(Tensor(kind.dtype, kind.shape, None, owner), None)
        value: Attr = numbers if kind.shape else numbers[0]
        return Constant(Tensor(kind.dtype, kind.shape, numbers, owner), value)

    def _scalar(self, dtype: str) -> float | int | bool | str:
        word = self._word
        if self._kind == "string":
            return word[1:-1].replace('\\"', '"')
        if word in ("true", "false"):
            return word == "true"
        try:
            if "int" in dtype:
                return int(word, 0)
            return float.fromhex(word) if "0x" in word else float(word)
        except (ValueError, OverflowError):
            raise self._wrong("a number") from None
