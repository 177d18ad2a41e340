"""Removal of what was overwritten: a name that tells nothing, then no name."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from itertools import chain
from typing import Final

from app.domain.outcome import Reason
from app.domain.plan import PlanItem
from app.steps.wipe.examine import reason_of, same_file
from app.steps.wipe.keystream import names_for
from app.steps.wipe.last_look import Watch, watched
from app.steps.wipe.scene import Scene, Spared
from app.steps.wipe.verdict import Done
from app.system.disk import Folder
from app.system.names import length_of
from app.system.volumes import Writes, writes_of

_WORTH_ONE_SYNC: Final = 8


def is_there(item: PlanItem, scene: Scene) -> bool | None:
    """Whether what a stopped run had overwritten has a name still; None when another file has its name.

    What can't be asked for is there: its removal will say why.
    """
    try:
        folder, name = scene.place(item)
        if _name_now(item, folder, name, scene):
            return True
        return None if _taken(folder, name, scene) else False
    except FileNotFoundError:
        return False
    except OSError:
        return True


def remove(done: Done, scene: Scene) -> Watch:
    """Look at one file once more, rename and unlink it; gives it still open, to see who writes to it.

    NAME_REMAINS when its name did not go by our hand, also when it is not there any
    more: somebody moved it. The folder is not synced yet.

    Raises:
        Spared: CHANGED when it holds what we did not write, or why it can't be looked
            at; NO_SPACE, when a full volume has no room even for its removal.
    """
    item = done.item
    try:
        folder, name = scene.place(item)
        now = _name_now(item, folder, name, scene)
        if now is None:
            return Watch(done.doubted(Reason.NAME_REMAINS))
        with ExitStack() as unless_removed:
            watch = watched(done, folder, now, scene)
            unless_removed.callback(watch.close)
            if now == name:
                now = _renamed(item, folder, name, scene)
            if scene.terms.wiping.trim:
                with suppress(OSError):
                    scene.terms.disk.forgo(folder, now)
            scene.terms.disk.unlink(folder, now)
            unless_removed.pop_all()
            return watch
    except OSError as error:
        if reason_of(error) is Reason.NO_SPACE:
            raise Spared(Reason.NO_SPACE, touched=True) from error
        return Watch(done.doubted(Reason.NAME_REMAINS))


def _name_now(item: PlanItem, folder: Folder, name: str, scene: Scene) -> str | None:
    """The name that leads to the item's file: its own, or one that a stopped run gave it."""
    names = chain((name,), names_for(scene.terms.seed, item.id, length_of(name)))
    return next((each for each in names if _leads_to(item, folder, each, scene)), None)


def _leads_to(item: PlanItem, folder: Folder, name: str, scene: Scene) -> bool:
    try:
        return same_file(scene.terms.disk.look(folder, name), item.stamp)
    except FileNotFoundError:
        return False


def _taken(folder: Folder, name: str, scene: Scene) -> bool:
    try:
        scene.terms.disk.look(folder, name)
    except FileNotFoundError:
        return False
    return True


def _renamed(item: PlanItem, folder: Folder, name: str, scene: Scene) -> str:
    """Give the file one of its new names and tell which; its own where every one is taken.

    Nobody else knows the new name. So what it leads to after the renaming is what
    will be unlinked, whoever swapped the old name a moment before.

    Raises:
        OSError: when it can't be renamed; FileExistsError when another file had been
            put in its place, which has its name back.
    """
    disk = scene.terms.disk
    for new in names_for(scene.terms.seed, item.id, length_of(name)):
        with suppress(FileExistsError):
            disk.rename(folder, name, new)
            break
    else:
        return name
    if not _leads_to(item, folder, new, scene):
        disk.rename(folder, new, name)
        raise FileExistsError(name)
    return new


def near(item: PlanItem, scene: Scene) -> int | None:
    """An open folder of an item's volume, to ask of a file that has no name."""
    try:
        return scene.place(item)[0].fd
    except OSError:
        return None


def sync_folders(removed: Iterable[Done], scene: Scene) -> frozenset[str]:
    """Put the removals on the disk, each folder once; gives the ids whose folder could not be synced."""
    by_folder: dict[tuple[str, str], list[Done]] = {}
    for done in removed:
        parent = done.item.path.rpartition(os.sep)[0]
        by_folder.setdefault((parent, done.item.location), []).append(done)
    if len(by_folder) >= _WORTH_ONE_SYNC and _synced_at_once(by_folder.values(), scene):
        return frozenset()
    failed: set[str] = set()
    for together in by_folder.values():
        try:
            folder, _ = scene.place(together[0].item)
            scene.terms.disk.sync_folder(folder)
        except FileNotFoundError:
            continue
        except OSError:
            failed.update(done.item.id for done in together)
    return frozenset(failed)


def _synced_at_once(groups: Iterable[list[Done]], scene: Scene) -> bool:
    first = {group[0].item.stamp.device: group[0] for group in groups}
    if any(writes_of(done.verdict.file_system) is not Writes.IN_PLACE for done in first.values()):
        return False
    try:
        folders = [scene.place(done.item)[0] for done in first.values()]
        return all(folder.fd is not None and scene.terms.disk.sync_volume(folder.fd) for folder in folders)
    except OSError:
        return False
