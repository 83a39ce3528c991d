"""How big a file may be. The settings give the numbers; each refusal names the one it met."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Largest sizes that are read, in bytes or counts (defaults: docs/architecture.md)."""

    upload: int = 2 * 2**30
    rows: int = 20_000_000
    columns: int = 10_000
    cell: int = 2**20
    line: int = 4 * 2**20
    column_name: int = 255
    label: int = 1024
    classes: int = 1000
    parquet_unpacked: int = 16 * 2**30
    zip_entries: int = 100_000
    zip_ratio: int = 100
    zip_levels: int = 8
    zip_unpacked: int = 8 * 2**30
    zip_entry: int = 256 * 2**20
    image_pixels: int = 50_000_000
    image_side: int = 16_384
    sound_seconds: int = 600
    least_rows: int = 10
    least_class_rows: int = 3
