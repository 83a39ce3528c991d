import argparse
from typing import Any

from dlstart_web import remote

HELP = "say where a project on a server stands: criterion, best run, looks left and when the next one opens"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    remote.add_server_arguments(parser)


def run(args: argparse.Namespace) -> int:
    try:
        server = remote.server_of(args)
        found = {
            "project": server.get(f"projects/{args.project}"),
            "criterion": _unless(404, server, f"projects/{args.project}/criterion"),
            "leaderboard": _unless(409, server, f"projects/{args.project}/leaderboard"),
            "looks": _unless(409, server, f"projects/{args.project}/looks"),
        }
    except remote.Failed as failure:
        return remote.told("status", failure, as_json=args.json)
    remote.say(found, "\n".join(f"{head:<11}{words}" for head, words in _lines(found)), as_json=args.json)
    return remote.DONE


def _unless(status: int, server: remote.Server, path: str) -> dict[str, Any] | None:
    """What lies there; None where it is too early for it."""
    try:
        return server.get(path)
    except remote.Failed as failure:
        if failure.status != status:
            raise
        return None


def _lines(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Heads and words, a line each."""
    criterion, board, ledger = found["criterion"], found["leaderboard"], found["looks"]
    lines = [("Project", str(found["project"]["name"])), ("Criterion", "not locked yet")]
    if criterion:
        locked = f"level {criterion['level']:g}, locked {criterion['locked_at'][:10]}"
        lines[1] = ("Criterion", f"{criterion['metric']}, {locked}")
    if board is None or ledger is None:
        return [*lines, ("Data", "nothing is sealed yet")]
    lines.append(("Best", _best(board)))
    if ledger["looks_left"]:
        lines.append(("Looks", f"{ledger['looks_left']} now, on {ledger['rows']:,} sealed rows"))
    elif ledger["next_look_at"]:
        lines.append(("Looks", f"0 now; the next opens {ledger['next_look_at']}, counted by {ledger['counted_by']}"))
    else:
        lines.append(("Looks", f"0 now. {ledger['refusal']}"))
    lines.append(("Spent", f"{ledger['bits_spent']:.1f} of {ledger['bits_budget']:g} bits"))
    return [*lines, *(("", _look(look)) for look in ledger["looks"])]


def _best(board: dict[str, Any]) -> str:
    if not board["entries"]:
        return "no run has a score yet"
    best = board["entries"][0]
    score = f"{best['score']:.4g} ({best['low']:.4g} to {best['high']:.4g})"
    words = (
        f"{best['name'] or best['recipe']}: {board['metric']} {score} on {best['rows_validation']:,} validation rows"
    )
    tied = sum(entry["rank"] == best["rank"] for entry in board["entries"])
    return words if tied == 1 else f"{words}; the cheapest of {tied} that cannot be told apart"


def _look(look: dict[str, Any]) -> str:
    number = f"look {look['number']}" if look["number"] else "look"
    return f"{number}, {look['spent_at'][:10]}: {look['sentence'] or look['state']}"
