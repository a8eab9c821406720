#!/usr/bin/python3
"""schema.py SCHEMA REPORT...: are the reports what the JSON Schema (draft 2020-12) says?

Knows the keywords that our schema uses, and refuses any other; where python3-jsonschema is at hand, it judges, too.
"""
import json
import re
import sys

KINDS = {
    "object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None),
}
KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "type", "properties", "required", "additionalProperties", "items",
    "enum", "const", "pattern", "minimum", "minLength", "anyOf", "dependentRequired",
}


def is_kind(value, kind):
    return isinstance(value, KINDS[kind]) and not (kind == "integer" and isinstance(value, bool))


def faults(value, schema, root, where):
    unknown = set(schema) - KNOWN
    if unknown:
        raise SystemExit(f"{where}: the schema uses {unknown}, which this does not know")
    if "$ref" in schema:
        yield from faults(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, where)
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_kind(value, kind) for kind in kinds):
        yield f"{where}: {value!r} is no {' or '.join(kinds)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    if "const" in schema and value != schema["const"]:
        yield f"{where}: {value!r} is not {schema['const']!r}"
    if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        yield f"{where}: {value!r} does not match {schema['pattern']}"
    if isinstance(value, str) and len(value) < schema.get("minLength", 0):
        yield f"{where}: is too short"
    if is_kind(value, "integer") and value < schema.get("minimum", value):
        yield f"{where}: {value} is under {schema['minimum']}"
    if "anyOf" in schema:
        tries = [list(faults(value, one, root, where)) for one in schema["anyOf"]]
        if all(tries):
            yield from min(tries, key=len)
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            yield from faults(one, schema["items"], root, f"{where}[{i}]")
    if isinstance(value, dict):
        yield from faults_of_members(value, schema, root, where)


def faults_of_members(value, schema, root, where):
    needed = list(schema.get("required", []))
    for name, others in schema.get("dependentRequired", {}).items():
        needed += others if name in value else []
    for name in needed:
        if name not in value:
            yield f"{where}: has no {name}"
    for name, one in value.items():
        if name in schema.get("properties", {}):
            yield from faults(one, schema["properties"][name], root, f"{where}.{name}")
        elif schema.get("additionalProperties", True) is False:
            yield f"{where}: has {name}, which the schema does not know"


def main():
    sys.path.pop(0)  # there is a numbers.py beside this
    schema, reports = json.load(open(sys.argv[1])), sys.argv[2:]
    try:
        import jsonschema
        jsonschema.Draft202012Validator.check_schema(schema)
        second = jsonschema.Draft202012Validator(schema)
    except ImportError:
        second = None
    found = []
    for path in reports:
        report = json.load(open(path))
        found += [f"{path}: {fault}" for fault in faults(report, schema, schema, "report")]
        if second is not None:
            found += [f"{path}: {e.json_path}: {e.message}" for e in second.iter_errors(report)]
    print("\n".join(found[:20]))
    sys.exit(1 if found or not reports else 0)


main()
