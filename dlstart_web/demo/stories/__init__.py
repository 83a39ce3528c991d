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
