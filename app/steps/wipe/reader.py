"""The privileged reader: compares what a device holds with what was written, and can do nothing else.

Run as a process of its own by pkexec or sudo, `python -m app.steps.wipe.reader`. It takes the
signed plan, opens the devices its files lie on for reading, and becomes the user who called. From
then on it answers, file by file, whether the places that were overwritten hold the last pass. It
gives back no byte of what it reads.

In: a line with the plan, its signatures, the seed and the passes; then lines of `{id: [[physical,
length, logical], …]}`. Out: a line `{"ready": how many devices}`, then for each line the ids whose
places all hold what they should. Anything else ends it with 1.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import IO, Any, Final

from app.domain.plan import Plan, PlanItem
from app.domain.wiping import Pass
from app.identity import Signature, SignedPlan
from app.register.codec import build
from app.steps.wipe.keystream import SEED_BYTES, streams_of
from app.steps.wipe.places import Place, placed
from app.steps.wipe.prove import differing
from app.steps.wipe.step import going
from app.system.device import Device, open_device
from app.system.disk import open_folder, this_disk
from app.system.extents import extents
from app.system.rights import become, caller
from app.system.volumes import volume_of

_LONGEST_LINE: Final = 1 << 30


class Reading:
    """One run of the reader: a signed plan, and the devices its files lie on."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        plan = build(Plan, asked["plan"])
        signatures = tuple(Signature.from_plain(one) for one in asked["signatures"])
        signed = SignedPlan(plan, signatures, asked["planned"])
        signed.verify()
        self._seed = bytes.fromhex(asked["seed"])
        if len(self._seed) < SEED_BYTES:
            raise ValueError("seed")
        self._passes = tuple(Pass.of(text) for text in asked["passes"])
        # What making a stream loads is loaded now: the user may not be allowed to read the program.
        streams_of(self._seed, "", self._passes)[-1].at(0, 16)
        self._items = {item.id: item for item in going(signed.plan.items)}
        self.devices: dict[int, Device] = {}
        for item in {item.stamp.device: item for item in self._items.values()}.values():
            with suppress(OSError):
                self._open(item)

    def _open(self, item: PlanItem) -> None:
        folder = open_folder(item.path.rpartition(os.sep)[0] or os.sep, item.location)
        try:
            volume = volume_of(folder.fd if folder.fd is not None else folder.path)
        finally:
            folder.close()
        device = open_device(volume) if volume.device == item.stamp.device else None
        if device:
            self.devices[item.stamp.device] = device

    def seen(self, asked: Mapping[str, Sequence[Sequence[int]]]) -> list[str]:
        """The ids whose places all hold the last pass. Places that are not the file's own count as not."""
        good = []
        for name, rows in asked.items():
            item = self._items[name]
            places = [Place(physical, length, logical, 0) for physical, length, logical in rows]
            device = self.devices.get(item.stamp.device)
            with suppress(OSError):
                if not (device and places and min(place.length for place in places) > 0):
                    continue
                last = streams_of(self._seed, item.id, self._passes)[-1]
                # Once more at the end: it may have been put elsewhere while it was read.
                if (
                    self._own(item, places)
                    and not differing(places, device, {0: last})
                    and self._own(item, places)
                ):
                    good.append(name)
        return good

    def _own(self, item: PlanItem, places: Sequence[Place]) -> bool:
        """Whether places are where this file of the plan lies now, by the file system's own word."""
        disk = this_disk()
        folder = open_folder(item.path.rpartition(os.sep)[0] or os.sep, item.location)
        try:
            fd = disk.open_to_read(folder, item.path.rpartition(os.sep)[2])
        finally:
            folder.close()
        try:
            told = os.fstat(fd)
            if (told.st_dev, told.st_ino) != (item.stamp.device, item.stamp.inode):
                return False
            runs = [(place.logical, place.logical + place.length) for place in places]
            return _spread(placed(runs, extents(fd) or ()) or []) == _spread(places)
        finally:
            os.close(fd)


def _spread(places: Sequence[Place]) -> list[tuple[int, int]]:
    """Places as (logical, physical - logical) runs, however they are cut."""
    runs: list[tuple[int, int]] = []
    for place in sorted(places, key=lambda one: one.logical):
        shift = place.physical - place.logical
        if runs and runs[-1][1] == shift:
            continue
        runs.append((place.logical, shift))
    return runs


def serve(given: IO[str], out: IO[str]) -> int:
    """Read the plan, open, drop every right, then answer until there is nothing more to read."""
    who = caller()
    if who is None:
        print("refused: only through pkexec or sudo", file=sys.stderr)
        return 1
    try:
        reading = Reading(json.loads(given.readline(_LONGEST_LINE)))
        become(*who)
        print(json.dumps({"ready": len(reading.devices)}), file=out, flush=True)
        while line := given.readline(_LONGEST_LINE):
            print(json.dumps(reading.seen(json.loads(line))), file=out, flush=True)
    except Exception as error:  # noqa: BLE001 whatever is wrong with what it was given, it answers nothing
        print(f"refused: {type(error).__name__}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(serve(sys.stdin, sys.stdout))
