"""Make LetheRareHan.ttf: the rare hanzi that Noto Sans SC lacks, from HanaMinB.

Run once, when the face is to change: `python build_rare.py HanaMinB.ttf`, with the HanaMinB.ttf of
Debian's fonts-hanazono 20170904 and fontTools. It takes a minute. What it makes lies beside it.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.ttLib.scaleUpem import scale_upem

HERE = Path(__file__).parent
NAME = "LetheRareHan"
# The name of the original is reserved (OFL 1.1 section 3). Numbers: OpenType, table name.
NAMES = {1: "Lethe Rare Han", 2: "Regular", 3: NAME, 4: "Lethe Rare Han", 5: "Version 20170904", 6: NAME}
UNITS = 1000
"""Units of an em. reportlab writes wrong widths for any other number."""


def main(source: str) -> None:
    """Write the font beside this file."""
    plain = set(TTFont(HERE / "NotoSansSC-Regular.ttf").getBestCmap())
    font = TTFont(source)
    rare = [0x20] + [code for code in font.getBestCmap() if code > 0xFFFF and code not in plain]
    options = subset.Options(hinting=False, glyph_names=False, notdef_outline=True, layout_features=[])
    options.drop_tables += ["GSUB", "GPOS", "BASE", "GDEF", "FFTM", "vhea", "vmtx"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=rare)
    subsetter.subset(font)
    scale_upem(font, UNITS)
    names = font["name"]
    names.names = [one for one in names.names if one.nameID in (0, 13, 14)]
    for number, text in NAMES.items():
        names.setName(text, number, 3, 1, 0x409)
    font.recalcTimestamp = False
    font.save(HERE / f"{NAME}.ttf")


if __name__ == "__main__":
    main(sys.argv[1])
