"""A language in which every translated text stands in brackets: what is outside went past the catalogue."""

import ast
import re
import subprocess

LANGUAGE = "en_XA"
TEXT = re.compile(r'^msg(id|str) ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.M)


def unquoted(lines):
    return "".join(ast.literal_eval(line) for line in lines.strip().split("\n"))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def bracketed(text):
    """Line ends at both sides stay outside: msgfmt wants them as they were."""
    inner = text.strip("\n")
    begin = len(text) - len(text.lstrip("\n"))
    return "\n" * begin + f"⟦{inner}⟧" + "\n" * (len(text) - begin - len(inner))


def make(template, folder):
    """A catalogue made of the template; `folder` is what COWORK_LOCALEDIR then names."""
    blocks = template.read_text().split("\n\n")
    out = [blocks[0].replace("CHARSET", "UTF-8")]
    for block in blocks[1:]:
        texts = {kind: unquoted(lines) for kind, lines in TEXT.findall(block + "\n")}
        out.append(block[:block.index("\nmsgid") + 1] + f'msgid {quoted(texts["id"])}\nmsgstr {quoted(bracketed(texts["id"]))}\n')
    into = folder / LANGUAGE / "LC_MESSAGES"
    into.mkdir(parents=True)
    (folder / "pseudo.po").write_text("\n\n".join(out))
    subprocess.run(["msgfmt", "-o", into / "cowork.mo", folder / "pseudo.po"], check=True)
    return {"LANGUAGE": LANGUAGE, "COWORK_LOCALEDIR": str(folder)}


def outside(screen):
    """What stands in no brackets."""
    before = None
    while before != screen:
        before, screen = screen, re.sub(r"⟦[^⟦⟧]*⟧", " ", screen)
    return screen
