"""The passes of each method, by their bytes."""

import pytest

from app.domain.wiping import Method, Pass, Wiping

BYTES = {
    Method.KEYSTREAM: ["random"],
    Method.ZEROS: ["00"],
    Method.GAT_1143_3: ["55", "aa", "random"],
    Method.GAT_1143_7: ["00", "ff", "random", "00", "55", "aa", "random"],
}


@pytest.mark.parametrize("method", [method for method in Method if method is not Method.CONTRACT])
def test_the_bytes_of_each_method(method):
    assert [one.text for one in Wiping(method).sequence] == BYTES[method]
    with pytest.raises(ValueError, match=method.value):
        Wiping(method, (Pass(),))


def test_a_contract_lists_its_own_passes():
    passes = tuple(Pass.of(text) for text in ("6db6", "random"))
    assert Wiping(Method.CONTRACT, passes).sequence == passes
    assert [one.random for one in passes] == [False, True]
    assert [one.text for one in passes] == ["6db6", "random"]
    for wrong in ((), (Pass(),) * 36):
        with pytest.raises(ValueError, match="contract"):
            Wiping(Method.CONTRACT, wrong)


@pytest.mark.parametrize("text", ["", "0", "xyz", "Random", "00" * 4097])
def test_what_is_no_pass_is_refused(text):
    with pytest.raises(ValueError):
        Pass.of(text)


def test_only_the_methods_of_one_standard_are_for_magnetic_media_alone():
    assert [method for method in Method if method.magnetic_only] == [Method.GAT_1143_3, Method.GAT_1143_7]
