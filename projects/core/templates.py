"""All templates."""

from projects.core import examples, letters, shapes

TEMPLATES = {template.key: template for template in (letters.TEMPLATE, shapes.TEMPLATE, *examples.TEMPLATES.values())}
