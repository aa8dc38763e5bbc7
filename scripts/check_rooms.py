"""Refuses cycles between the folders ("rooms") of a module: what a room uses must not use the room in turn.

Usage: check_rooms.py FOLDER … where each FOLDER holds the rooms of one module. A room uses another if its code names a
type, function or constant that only the other declares at its top level. Comments and texts do not count, and a member
that one room adds to another's type is not seen. Prints each cycle with a place for every step, and exits with 1 if
there is one. --uses prints who uses whom instead.
"""
import collections
import pathlib
import re
import sys

COMMENT_OR_TEXT = re.compile(r'//[^\n]*|/\*.*?\*/|"""(?:.|\n)*?"""|#"(?:[^\n])*?"#|"(?:\\.|[^"\\\n])*"', re.DOTALL)
MODIFIERS = r"(?:(?:@\w+(?:\([^)]*\))?|public|package|internal|open|final|indirect|nonisolated)\s+)*"
NAME = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
DECLARED = re.compile(rf"^{MODIFIERS}(?:struct|class|enum|protocol|actor|typealias|func|let|var)\s+(\w+)", re.MULTILINE)


def code_of(path):
    """The file's code, with comments and texts blanked so that line numbers stay."""
    text = path.read_text(encoding="utf-8")
    return COMMENT_OR_TEXT.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def uses(module):
    """{room: {other room: "FILE:LINE name"}}"""
    files = [(path, path.relative_to(module).parts[0], code_of(path)) for path in sorted(module.rglob("*.swift"))]
    files = [(path, room, code) for path, room, code in files if not room.endswith(".swift")]
    homes = collections.defaultdict(set)
    for _, room, code in files:
        for name in DECLARED.findall(code):
            homes[name].add(room)
    found = collections.defaultdict(dict)
    for path, room, code in files:
        for match in NAME.finditer(code):
            places = homes.get(match.group(), ())
            if len(places) == 1 and room not in places:
                line = code.count("\n", 0, match.start()) + 1
                found[room].setdefault(next(iter(places)), f"{path}:{line} {match.group()}")
    return found


def cycle(found):
    """A list of rooms that leads back to its first, or None."""
    done = set()

    def visit(room, way):
        if room in way:
            return way[way.index(room):] + [room]
        if room in done:
            return None
        for other in sorted(found.get(room, {})):
            back = visit(other, way + [room])
            if back:
                return back
        done.add(room)
        return None

    for room in sorted(found):
        back = visit(room, [])
        if back:
            return back
    return None


def main(arguments):
    show = "--uses" in arguments
    failed = False
    for module in map(pathlib.Path, (one for one in arguments if one != "--uses")):
        found = uses(module)
        if show:
            for room in sorted(found):
                for other, place in sorted(found[room].items()):
                    print(f"{room} -> {other}: {place}")
            continue
        back = cycle(found)
        if back:
            failed = True
            print(f"{module}: a cycle of rooms: {' -> '.join(back)}")
            for room, other in zip(back, back[1:]):
                print(f"  {room} uses {other}: {found[room][other]}")
    return 1 if failed else 0


sys.exit(main(sys.argv[1:]))
