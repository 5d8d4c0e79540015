"""A set of signatures, linked: components resolved, cycles refused, every problem collected.

Patterns are parsed when a library is loaded and expanded when a graph first needs them;
`Library.check` expands all of them at once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import genescan.signatures
from genescan import notation
from genescan.condition import Condition
from genescan.errors import NotationError, Problem, SignatureError
from genescan.expand import Linked
from genescan.facts import Ref
from genescan.limits import DEFAULT, Limits
from genescan.signature import Signature, TooNew, parse
from genescan.suggest import hint

BUNDLED = Path(genescan.signatures.__file__).parent
"""Where the signatures lie that come with genescan."""

SUFFIX = ".yml"
MAX_FILES = 10_000
"""Signature files of one folder."""


@dataclass(frozen=True)
class Library:
    """Signatures in an order in which each comes after those that it uses."""

    signatures: Mapping[str, Signature] = field(default_factory=dict)
    """By id; components before what uses them."""
    errors: tuple[SignatureError, ...] = ()
    """Files that were not loaded, with every problem found."""
    skipped: tuple[TooNew, ...] = ()
    """Files for a later engine."""
    digest: str = ""
    """SHA-256 over the contents of every file, in the order they were read."""
    limits: Limits = DEFAULT
    _linked: dict[tuple[str, str], Linked] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, *folders: Path, bundled: bool = True, limits: Limits = DEFAULT) -> Library:
        """Read the bundled signatures and those of more folders (or single files).

        Never raises for a bad file: its problems are in `errors`, and the others still work.
        The patterns of bundled signatures are not expanded here; their tests have done that.
        """
        texts = _texts(BUNDLED, "", limits) if bundled else []
        more = [item for folder in folders for item in _texts(folder, f"{folder}/", limits)]
        return cls.build([*texts, *more], limits).check({path for path, _ in more})

    @classmethod
    def build(
        cls, texts: Iterable[tuple[str, str | SignatureError]], limits: Limits = DEFAULT
    ) -> Library:
        """A library from texts, or the reasons why one could not be read, by path."""
        parsed: list[Signature] = []
        errors: list[SignatureError] = []
        skipped: list[TooNew] = []
        digest = hashlib.sha256()
        for path, text in texts:
            if isinstance(text, SignatureError):
                errors.append(text)
                continue
            digest.update(f"{len(text)}\0{text}".encode())
            try:
                found = parse(text, path, limits)
            except SignatureError as error:
                errors.append(error)
                continue
            if isinstance(found, TooNew):
                skipped.append(found)
            else:
                parsed.append(found)
        signatures, wrong = _ordered(parsed)
        return cls(signatures, (*errors, *wrong), tuple(skipped), digest.hexdigest(), limits)

    def plus(self, text: str, path: str = "draft.yml") -> tuple[Library, Signature]:
        """This library and one more signature; raises `SignatureError` where it is wrong."""
        added = parse(text, path, self.limits)
        if isinstance(added, TooNew):
            raise SignatureError(path, (Problem(1, 1, "written for a later engine"),))
        if not _needs(added) <= self.signatures.keys():
            raise SignatureError(path, (_unplaced(added, self.signatures, {}),))
        if problems := tuple(_references(added, self.signatures)):
            raise SignatureError(path, problems)
        signatures = {**self.signatures, added.id: added}
        return replace(self, signatures=signatures, _linked={}), added

    def __iter__(self) -> Iterator[Signature]:
        return iter(self.signatures.values())

    def __len__(self) -> int:
        return len(self.signatures)

    def linked(self, signature: Signature, ref: Ref) -> Linked:
        """The pattern that a condition of `signature` means by `ref`; raises KeyError."""
        if ref.alias:
            signature = self.signatures[signature.uses[ref.alias]]
        return self._link(signature, ref.pattern or signature.main)

    def _link(self, signature: Signature, name: str) -> Linked:
        key = signature.id, name
        found = self._linked.get(key)
        if found is None:
            body = signature.patterns[name]
            heads = notation.heads(body)
            aliases = {head.alias for head in heads if isinstance(head, notation.Use)}
            components = [(alias, self.signatures[signature.uses[alias]]) for alias in aliases]
            uses = {alias: self._link(other, other.main) for alias, other in components}
            found = self._linked[key] = Linked(name, body, uses, self.limits.variants)
        return found

    def check(self, paths: Collection[str] | None = None) -> Library:
        """Expand the patterns of all files, or of some; those that cannot be go to `errors`."""
        wrong = [
            SignatureError(signature.path, problems)
            for signature in self
            if paths is None or signature.path in paths
            if (problems := tuple(self._unexpandable(signature)))
        ]
        if not wrong:
            return self
        bad = {error.path for error in wrong}
        good, orphans = _ordered([s for s in self if s.path not in bad])
        return replace(self, signatures=good, errors=(*self.errors, *wrong, *orphans), _linked={})

    def _unexpandable(self, signature: Signature) -> Iterator[Problem]:
        for name in signature.patterns:
            try:
                _ = self._link(signature, name).variants
            except NotationError as error:
                place = signature.places.get(f"patterns.{name}", (1, 1))
                yield Problem(*place, f"{name}: {error.message}")


def _texts(folder: Path, prefix: str, limits: Limits) -> list[tuple[str, str | SignatureError]]:
    """Paths and texts of the signature files below a folder, in alphabetical order."""
    if folder.is_file():
        return [(str(folder), _read(folder, str(folder), limits))]
    if not folder.is_dir():
        return [(str(folder), SignatureError(str(folder), (Problem(1, 1, "no such folder"),)))]
    found: list[tuple[str, Path]] = []
    pending = [(prefix, folder)]
    while pending:
        above, current = pending.pop()
        for entry in current.iterdir():
            path = f"{above}{entry.name}"
            if entry.is_dir() and not entry.is_symlink():
                pending.append((f"{path}/", entry))
            elif entry.name.endswith(SUFFIX):
                found.append((path, entry))
    return [(path, _read(entry, path, limits)) for path, entry in sorted(found)[:MAX_FILES]]


def _read(file: Path, path: str, limits: Limits) -> str | SignatureError:
    try:
        with file.open("rb") as stream:
            data = stream.read(limits.yaml_bytes + 1)
        if len(data) > limits.yaml_bytes:
            raise ValueError(f"longer than {limits.yaml_bytes} bytes")
        return data.decode()
    except (OSError, ValueError) as error:
        return SignatureError(path, (Problem(1, 1, f"unreadable: {error}"),))


def _ordered(parsed: list[Signature]) -> tuple[dict[str, Signature], list[SignatureError]]:
    """Signatures with components first, and errors for those that cannot be linked."""
    by_id: dict[str, Signature] = {}
    errors: list[SignatureError] = []
    for signature in parsed:
        if (other := by_id.get(signature.id)) is not None:
            place = signature.places["id"]
            message = f"{signature.id} is already defined in {other.path}"
            errors.append(SignatureError(signature.path, (Problem(*place, message),)))
        else:
            by_id[signature.id] = signature
    placed: dict[str, Signature] = {}
    waiting = dict(by_id)
    while waiting:
        ready = [s for s in waiting.values() if all(need in placed for need in _needs(s))]
        for signature in ready:
            del waiting[signature.id]
            problems = _references(signature, placed)
            if problems:
                errors.append(SignatureError(signature.path, tuple(problems)))
            else:
                placed[signature.id] = signature
        if not ready:
            errors += [
                SignatureError(s.path, (_unplaced(s, by_id, waiting),)) for s in waiting.values()
            ]
            break
    return placed, errors


def _needs(signature: Signature) -> set[str]:
    asked = [signature.condition.found, *(c.found for _, c in signature.variants)]
    return set(signature.uses.values()).union(*asked)


def _unplaced(
    signature: Signature, by_id: Mapping[str, Signature], waiting: Mapping[str, Signature]
) -> Problem:
    """Why a signature could not be put after those that it needs."""
    place = signature.places.get("uses", signature.places.get("condition", (1, 1)))
    for need in sorted(_needs(signature)):
        if need not in by_id:
            return Problem(*place, f"needs {need}, which is not there", hint(need, by_id))
    stuck = ", ".join(sorted(_needs(signature) & waiting.keys()))
    if stuck:
        return Problem(*place, f"needs {stuck}, which needs this or could not be loaded")
    missing = ", ".join(sorted(_needs(signature)))
    return Problem(*place, f"needs {missing}, which could not be loaded")


def _references(signature: Signature, placed: Mapping[str, Signature]) -> list[Problem]:
    """Problems with what patterns and conditions say about components."""
    problems: list[Problem] = []
    for name, body in signature.patterns.items():
        place = signature.places[f"patterns.{name}"]
        for head in notation.heads(body):
            if isinstance(head, notation.Use):
                other = placed[signature.uses[head.alias]]
                if not other.patterns:
                    problems.append(Problem(*place, f"{other.id} has no pattern to use"))
    conditions: list[tuple[str, Condition]] = [("condition", signature.condition)]
    conditions += [("variants", condition) for _, condition in signature.variants]
    for key, condition in conditions:
        place = signature.places.get(key, (1, 1))
        for ref in sorted(condition.refs):
            if ref.alias and (ref.alias not in condition.aliases or ref.pattern):
                other = placed[signature.uses[ref.alias]]
                if ref.pattern not in other.patterns and (ref.pattern or not other.patterns):
                    wanted = ref.pattern or "any"
                    suggestion = hint(wanted, other.patterns)
                    problems.append(
                        Problem(*place, f"{other.id} has no pattern {wanted}", suggestion)
                    )
    return problems
