"""The API of people, projects, proposals, reviews and decisions: the same services as the pages."""
