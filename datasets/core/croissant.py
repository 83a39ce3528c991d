"""A data set described in Croissant 1.0, the vocabulary that tools of machine learning read (docs.mlcommons.org/croissant)."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from datasets.core.formulas import neutral_name

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
TYPES = {
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:DateTime",
    "picture": "sc:ImageObject",
    "sound": "sc:AudioObject",
}  # all else is sc:Text
ENCODINGS = {"parquet": "application/x-parquet", "csv": "text/csv"}


def describe(
    *,
    name: str,
    description: str,
    number: int,
    url: str,
    licence: str,
    creator: str,
    published: date,
    columns: Sequence[Mapping[str, str]],
    target: str,
    files: Mapping[str, tuple[str, int]],
    ending: str,
) -> dict[str, Any]:
    """The JSON-LD of a version.

    Parameters
    ----------
    name, description, licence, creator : str
        As people wrote them.
    number : int
        Of the version.
    columns : sequence of {"name", "kind"}
        As they stand in the files, in this order.
    target : str
        Name of the label's column.
    files : mapping of part to (SHA-256, bytes)
    ending : {"parquet", "csv"}
    """
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": name,
        "description": description,
        "version": f"{number}.0.0",
        "url": url,
        "license": licence,
        "citeAs": f"{creator} ({published.year}): {name}, version {number}. {url}",
        "creator": {"@type": "sc:Organization", "name": creator},
        "datePublished": published.isoformat(),
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": f"{part}.{ending}",
                "name": f"{part}.{ending}",
                "contentUrl": f"{part}.{ending}",
                "contentSize": f"{size} B",
                "encodingFormat": ENCODINGS[ending],
                "sha256": digest,
            }
            for part, (digest, size) in files.items()
        ],
        "recordSet": [_records(part, columns, target, ending) for part in files],
    }


def _records(part: str, columns: Sequence[Mapping[str, str]], target: str, ending: str) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": part,
        "name": part,
        "description": f"The rows of {part}.",
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{part}/{place}",  # a column's name may hold what an id may not
                "name": column["name"],
                "description": "The label." if column["name"] == target else f"A {column['kind']}.",
                "dataType": TYPES.get(column["kind"], "sc:Text"),
                "source": {
                    "fileObject": {"@id": f"{part}.{ending}"},
                    "extract": {"column": neutral_name(column["name"]) if ending == "csv" else column["name"]},
                },
            }
            for place, column in enumerate(columns)
        ],
    }
