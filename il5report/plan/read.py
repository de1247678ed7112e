"""Reading a plan folder: merge what it extends, check every key and reference, name every fault.

A plan is a folder. ``study.yaml`` holds the top-level keys; each further file holds the key of its
own name (``outputs.yaml`` the key ``outputs``, and so does ``outputs_<part>.yaml``);
``term_lists.csv`` holds lists of terms (`il5report.plan.term_lists`), ``text/<number>.md`` the
writer's text of a section (the key ``text``), ``fonts/`` fonts for writing that those of the PDF
lack. ``extends`` in study.yaml names another plan: ``default``, or a folder relative to this one.
Mappings are merged key by key, null removes a key, a mapping tagged ``!replace`` and everything
else replaces what the other plan says. ``$NAME``: a constant (`il5report.plan.constants`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias, cast

import yaml
from pydantic import BaseModel, ValidationError

from il5report.errors import Finding, PlanError, nearest
from il5report.plan.constants import with_constants
from il5report.plan.estimands import estimand_faults
from il5report.plan.fonts import read_fonts
from il5report.plan.keys import model_at, repeated_keys
from il5report.plan.models import Plan
from il5report.plan.term_lists import FILE, read_term_lists, unknown_lists
from il5report.plan.texts import TEXT, read_texts, texts_of_no_section

FILES = (
    "study", "sections", "abbreviations", "analysis_sets", "estimands", "outputs", "derivation",
    "presets", "profiles", "labels",
)  # fmt: skip
MAX_NODES = 100_000
Path_: TypeAlias = tuple[str | int, ...]
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class OutputFacts(Protocol):
    """What the plan needs to know of an output."""

    @property
    def kind(self) -> str: ...
    @property
    def options(self) -> type[BaseModel]: ...


@dataclass(frozen=True)
class LoadedPlan:
    """A checked plan, where each of its keys stands, the files it was read from, and which of
    them are fonts."""

    plan: Plan
    places: Mapping[Path_, str]
    files: Mapping[str, bytes]
    fonts: tuple[Path, ...] = ()

    def place(self, *path: str | int) -> str:
        """``file:line`` of the key, or of the closest key above it."""
        return _place(self.places, path)


class Replace(dict[str, Any]):
    """A mapping that replaces, instead of changing, the one it extends."""


@dataclass
class _Tree:
    """One plan as plain data."""

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path_, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    fonts: tuple[Path, ...] = ()
    faults: list[Finding] = field(default_factory=list)
    nodes: int = 0
    checked: set[tuple[str, int]] = field(default_factory=set)


def read_plan(folder: Path, default: Path, outputs: Mapping[str, OutputFacts]) -> LoadedPlan:
    """Read and check a plan.

    Parameters
    ----------
    folder : Path
        The plan folder.
    default : Path
        The folder that ``extends: default`` means.
    outputs : Mapping
        Every output there is, by name.

    Raises
    ------
    PlanError
        With every fault: unreadable file, unknown key, wrong type or value, reference to an
        output, analysis set, columns or estimand that does not exist; an estimand that the
        derivation does not follow.
    """
    tree = _extended(folder, default, seen=())
    tree.data, unnamed = with_constants(tree.data, lambda path: _place(tree.places, path))
    faults, plan = [*tree.faults, *unnamed], None
    try:
        plan = Plan.model_validate(tree.data)
    except ValidationError as error:
        faults += _findings(error, Plan, (), tree.places)
    faults += [*_references(tree.data, tree.places, outputs), *unknown_lists(tree.data)]
    for number, message in texts_of_no_section(tree.data):
        faults.append(Finding("plan.text", message, place=_place(tree.places, (TEXT, number))))
    if plan is not None and not faults:
        faults += estimand_faults(plan, lambda *path: _place(tree.places, path))
    if faults or plan is None:
        raise PlanError(faults)
    return LoadedPlan(plan, tree.places, tree.files, tree.fonts)


def _extended(folder: Path, default: Path, seen: tuple[Path, ...]) -> _Tree:
    if folder.resolve() in seen:
        raise PlanError([Finding("plan.extends", f"plan {folder.name!r} extends itself")])
    tree = _load(folder)
    base = tree.data.pop("extends", None)
    if base is None:
        return tree
    place = _place(tree.places, ("extends",))
    target = default if base == "default" else folder / str(base)
    study = folder.resolve().parent
    if base != "default" and not target.resolve().is_relative_to(study):
        raise PlanError(
            [*tree.faults, Finding("plan.path", f"{base!r} leaves the study folder", place=place)]
        )
    if not (target / "study.yaml").is_file():
        fault = Finding("plan.extends", f"there is no plan at {base!r}", place=place)
        raise PlanError([*tree.faults, fault])
    under = _extended(target, default, (*seen, folder.resolve()))
    return _Tree(
        data=_merged(under.data, tree.data),
        places=under.places | tree.places,
        files={f"extends/{name}": content for name, content in under.files.items()} | tree.files,
        fonts=(*under.fonts, *tree.fonts),
        faults=under.faults + tree.faults,
    )


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    result = dict(under)
    for key, value in over.items():
        below = under.get(key)
        if value is None and key in result:
            del result[key]
        elif isinstance(value, dict) and isinstance(below, dict) and not isinstance(value, Replace):
            result[key] = _merged(below, value)
        else:
            result[key] = value
    return result


def _load(folder: Path) -> _Tree:
    tree = _Tree()
    if not (folder / "study.yaml").is_file():
        message = f"{folder.name!r} is not a plan folder: study.yaml is missing"
        raise PlanError([Finding("plan.missing", message)])
    known = [f"{name}.yaml" for name in FILES]
    for path in sorted(folder.glob("*.y*ml")):
        name = re.sub(r"^outputs_\w+$", "outputs", path.stem)
        if f"{name}.yaml" in known and path.suffix == ".yaml":
            _load_file(path, () if name == "study" else (name,), tree)
        else:
            message = f"unknown plan file{nearest(path.name, known)}"
            tree.faults.append(Finding("plan.file", message, place=path.name))
    texts, contents, faults = read_texts(folder)
    tree.data |= {TEXT: texts} if texts else {}
    tree.places |= {(TEXT, number): f"{TEXT}/{number}.md:1" for number in texts}
    tree.files |= contents
    tree.faults += faults
    tree.fonts, contents, faults = read_fonts(folder)
    tree.files |= contents
    tree.faults += faults
    if (folder / FILE).is_file():
        tree.files[FILE] = (folder / FILE).read_bytes()
        tree.data["term_lists"], faults = read_term_lists(tree.files[FILE])
        tree.faults += faults
    return tree


def _load_file(path: Path, prefix: Path_, tree: _Tree) -> None:
    content = path.read_bytes()
    tree.files[path.name] = content
    try:
        loader = _Loader(content.decode("utf-8"))
        node = loader.get_single_node()
        data = {} if node is None else _plain(node, loader, path.name, prefix, tree)
    except UnicodeDecodeError as error:
        message = f"not UTF-8 at byte {error.start}"
        tree.faults.append(Finding("plan.encoding", message, place=path.name))
        return
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        message = f"not YAML: {error.problem}"
        tree.faults.append(Finding("plan.yaml", message, place=f"{path.name}:{line}"))
        return
    if not isinstance(data, dict):
        tree.faults.append(Finding("plan.yaml", "a mapping is expected", place=f"{path.name}:1"))
    elif prefix:
        key = str(prefix[0])
        before = tree.data.get(key, {})
        for name in sorted(before.keys() & data.keys()):
            place = tree.places[(key, name)]
            tree.faults.append(Finding("plan.key", f"{name!r} is in another file too", place=place))
        tree.data[key] = type(before or data)({**before, **data})
    else:
        tree.data.update(data)


def _plain(node: yaml.Node, loader: Any, file: str, path: Path_, tree: _Tree) -> Any:
    """The node as plain data; notes where each key stands and refuses a key given twice."""
    tree.nodes += 1
    if tree.nodes > MAX_NODES:
        raise yaml.MarkedYAMLError(problem="too many values", problem_mark=node.start_mark)
    tree.places.setdefault(path, f"{file}:{node.start_mark.line + 1}")
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, loader, file, (*path, i), tree) for i, item in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return loader.construct_object(node)
    if (file, id(node)) not in tree.checked:  # an alias comes back to a node already flattened
        tree.checked.add((file, id(node)))
        tree.faults += repeated_keys(node, file)
    loader.flatten_mapping(node)  # "<<: *anchor" gives the keys that the mapping itself leaves out
    result: dict[str, Any] = Replace() if node.tag == "!replace" else {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        tree.places[(*path, key)] = f"{file}:{key_node.start_mark.line + 1}"
        result[key] = _plain(value_node, loader, file, (*path, key), tree)
    return result


def _findings(
    error: ValidationError, model: type[BaseModel], prefix: Path_, places: Mapping[Path_, str]
) -> Iterator[Finding]:
    for item in error.errors():
        loc = tuple(p for p in item["loc"] if p != "[key]")
        name = ".".join(map(str, (*prefix, *loc)))
        if item["type"] == "extra_forbidden":
            known = list(model_at(model, loc[:-1]).model_fields)
            message = f"unknown key {name!r}{nearest(str(loc[-1]), known)}"
        else:
            message = f"{name}: {item['msg'].removeprefix('Value error, ')}"
        yield Finding("plan.key", message, place=_place(places, (*prefix, *loc)))


def _references(
    data: Mapping[str, Any], places: Mapping[Path_, str], outputs: Mapping[str, OutputFacts]
) -> Iterator[Finding]:
    """Names that stand for something declared elsewhere, and options of outputs."""
    numbers: dict[tuple[str, str], str] = {}
    for key, entry in _items(data, "outputs"):
        name = str(entry.get("output") or key)
        if name not in outputs:
            message = f"unknown output {name!r}{nearest(name, sorted(outputs))}"
            yield Finding("plan.output", message, place=_place(places, ("outputs", key)))
            continue
        number = (outputs[name].kind, str(entry.get("number")))
        if number in numbers:
            message = f"{key!r} has the number of {numbers[number]!r}: {number[1]}"
            yield Finding("plan.number", message, place=_place(places, ("outputs", key, "number")))
        numbers[number] = key
        try:
            outputs[name].options.model_validate(entry.get("options", {}))
        except ValidationError as error:
            yield from _findings(error, outputs[name].options, ("outputs", key, "options"), places)
    for section, field_name, target in (
        ("outputs", "analysis_set", "analysis_sets"),
        ("outputs", "columns", "columns"),
        ("outputs", "estimand", "estimands"),
        ("estimands", "analysis_set", "analysis_sets"),
    ):
        known = [name for name, _ in _items(data, target)]
        for key, entry in _items(data, section):
            named = entry.get(field_name)
            if named and named not in known:
                message = f"{key}: unknown {field_name} {named!r}{nearest(str(named), known)}"
                place = _place(places, (section, key, field_name))
                yield Finding(f"plan.{field_name}", message, place=place)


def _items(data: Mapping[str, Any], key: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of a mapping of mappings; anything else is the validation's to refuse."""
    section = data.get(key)
    if isinstance(section, dict):
        for name, entry in section.items():
            if isinstance(entry, dict):
                yield name, cast(Mapping[str, Any], entry)


def _place(places: Mapping[Path_, str], path: Path_) -> str:
    for length in range(len(path), -1, -1):
        if path[:length] in places:
            return places[path[:length]]
    return ""
