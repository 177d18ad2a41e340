import hashlib

import pytest

from app.steps.certify.evidence.merkle import EMPTY, leaf_hash, path_of, root_from, root_of


def by_definition(leaves):
    """RFC 9162 section 2.1.1, written down as it stands there."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + by_definition(leaves[:k]) + by_definition(leaves[k:])).digest()


def leaves_of(size):
    return [leaf_hash(str(n).encode()) for n in range(size)]


def test_leaf_of_rfc_test_vector():
    # Certificate Transparency's reference vectors.
    assert root_of([]) == EMPTY
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    two = [leaf_hash(b""), leaf_hash(b"\x00")]
    assert root_of(two).hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"


@pytest.mark.parametrize("size", range(1, 130))
def test_every_leaf_proves_and_nothing_else_does(size):
    leaves = leaves_of(size)
    root = root_of(leaves)
    assert root == by_definition(leaves)
    for index, leaf in enumerate(leaves):
        path = path_of(leaves, index)
        assert root_from(leaf, index, size, path) == root
        assert root_from(leaf_hash(b"other"), index, size, path) != root
        assert root_from(leaf, (index + 1) % size, size, path) != root or size == 1
        assert root_from(leaf, index, size, [*path, leaf]) != root
        if path:
            assert root_from(leaf, index, size, path[:-1]) != root
            assert root_from(leaf, index, size, [leaf, *path[1:]]) != root


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_place_in_the_tree(index, size):
    assert root_from(leaf_hash(b""), index, size, []) is None


def test_path_of_a_leaf_that_is_not_there():
    with pytest.raises(IndexError):
        path_of(leaves_of(3), 3)
