"""The API of data sets: versions, pieces of an upload, the catalogue; the same services as the pages."""
