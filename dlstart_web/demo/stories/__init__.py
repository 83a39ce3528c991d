"""The six projects of the demo organisation, each at another stage. Stories are invented, data is real."""

from dlstart_web.demo.stories import (
    company_oracle,
    delivery_cart,
    game_bot,
    invoice_router,
    menu_predictor,
    mug_finder,
)
from dlstart_web.demo.stories.parts import Story

STORIES: tuple[Story, ...] = (
    mug_finder.STORY,
    invoice_router.STORY,
    menu_predictor.STORY,
    delivery_cart.STORY,
    game_bot.STORY,
    company_oracle.STORY,
)

IDEAS = (  # who put it on the wall, X, Y, and what would be better then
    ("mara", "photo of a returned plate", "how much of it was left?", "We would cook what is eaten."),
    (
        "jonas",
        "sound of the dish belt, one minute",
        "will it jam within the hour?",
        "The technician would come before it stands.",
    ),
    (
        "ines",
        "message to the canteen",
        "is it a complaint, a question or praise?",
        "Complaints would be answered the same day.",
    ),
)
