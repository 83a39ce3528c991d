"""What a file is, by its first bytes and the end of its name; both must agree."""

ENDINGS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "md": "text/plain",
    "csv": "text/csv",
}
_HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/jpeg": b"\xff\xd8\xff",
    "application/pdf": b"%PDF-",
}


def ending_of(name: str) -> str:
    return name.rpartition(".")[2].lower()


def kind_of(name: str, head: bytes) -> str:
    """The media type, or "" if the bytes are not what the name says, or it is none that is taken."""
    kind = ENDINGS.get(ending_of(name), "") if "." in name else ""
    if kind == "image/webp":
        return kind if head[:4] == b"RIFF" and head[8:12] == b"WEBP" else ""
    if kind in _HEADS:
        return kind if head.startswith(_HEADS[kind]) else ""
    return kind if kind and _is_text(head) else ""


def _is_text(head: bytes) -> bool:
    """UTF-8, cut anywhere, without the bytes that no text has."""
    if b"\0" in head:
        return False
    for cut in range(4):  # a character may end after the head
        try:
            head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return True
    return False
