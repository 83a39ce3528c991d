"""A browser for the journeys; what a page reports as a fault is collected and compared with nothing."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

WAIT = 120_000  # milliseconds: a busy machine is no fault of a page
# Chromium hears only the last of such lists, so what Playwright turns off is in it too.
WITHOUT = (
    # of each window: two hidden pages below the address bar and a process in advance, which cost more than ours
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "PreloadTopChromeWebUI", "SpareRendererForSitePerProcess"),
    *("RenderDocument", "ProactivelySwapBrowsingInstance", "BackForwardCache"),  # pages of one house share a process
    *("AimEnabled", "AvoidCorsURLLoaderRestartOnRedirect", "AvoidUnnecessaryBeforeUnloadCheckSync"),
    *(
        "DestroyProfileOnBrowserClose",
        "HttpsFirstBalancedModeAutoEnable",
        "HttpsUpgrades",
        "LensOverlay",
        "MediaRouter",
    ),
    *("NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch"),
    "ThirdPartyStoragePartitioning",
)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(WITHOUT)}",
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The Chromium of this machine."""
    path = next(
        (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
    )
    if path is None:
        message = "No Chromium on this machine: install the package chromium."
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright keeps an event loop in this thread, beside which Django refuses to touch the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        expect.set_options(timeout=WAIT)
        yield browser
        browser.close()


@pytest.fixture
def open_window(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens a window of its own, with cookies of its own; whatever its pages complain of fails the test."""
    faults: list[str] = []
    windows: list[BrowserContext] = []

    def watch(page: Page) -> None:
        page.on(
            "console",
            lambda message: (
                faults.append(f"{page.url}: {message.text}")
                if message.type == "error" and not is_answer(message.text)
                else None
            ),
        )
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))

    def open_one(base_url: str, **options) -> BrowserContext:
        window = browser.new_context(base_url=base_url, **options)
        window.set_default_timeout(WAIT)
        window.on("page", watch)
        window.on(
            "request",
            lambda request: (
                faults.append(f"left the house: {request.url}") if not is_ours(request.url, base_url) else None
            ),
        )
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        window.close()
    assert not faults, "\n".join(faults)


def is_ours(url: str, base_url: str) -> bool:
    return url.startswith((base_url + "/", "data:", "blob:", "about:"))


def is_answer(words: str) -> bool:
    """Chromium writes every 4xx answer to its console; a refusal that a test asks for is no fault of the page."""
    return words.startswith("Failed to load resource: the server responded with a status of 4")


@pytest.fixture
def shoot() -> Callable[[Page, str], None]:
    """Pictures of a page at two widths in two themes, where DLSTART_SHOTS names a folder; else nothing."""
    folder = os.environ.get("DLSTART_SHOTS")

    def take(page: Page, name: str) -> None:
        if not folder:
            return
        before = page.viewport_size
        for width, height in ((1280, 900), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                page.screenshot(path=Path(folder) / f"{name}-{width}-{theme}.png", full_page=True, caret="initial")
        page.emulate_media(color_scheme="light")
        if before:
            page.set_viewport_size(before)

    return take
