"""Public ids of the rows of a part: they say nothing of label, row number, part or time."""

import hashlib


def row_ids(key: bytes, part: str, rows: int) -> list[str]:
    """The ids of a part in the order of its file: a keyed hash of the place, so that without the key nobody finds it.

    Parameters
    ----------
    key : bytes
        Of the version, at most 64 bytes.
    part : str
        "validation", "checkpoint" or "final".
    rows : int
        Of the part.

    Returns
    -------
    list of str
        16 hexadecimal digits each. Two of 20 million rows are the same with a chance of 1 in 90,000.
    """
    begun = hashlib.blake2b(part.encode() + b"\0", key=key, digest_size=8)
    ids = []
    for place in range(rows):
        one = begun.copy()
        one.update(place.to_bytes(8, "big"))
        ids.append(one.hexdigest())
    return ids
