"""What a replay did, in plain words for the terminal. Figures come in, sentences go out."""

from dagster_project.replayed import Replayed


def told(replayed: Replayed) -> str:
    """How many refused records are good now, how many were refused once more and why, and what waits."""
    if not replayed.tried and not replayed.waiting:
        return "nothing stands refused that this could take again"
    lines = [
        f"taken again: {replayed.tried}; good now: {replayed.taken};"
        f" refused once more: {replayed.tried - replayed.taken}"
    ]
    lines += [
        f"  {source} {stream}: {reason} {count}"
        for (source, stream, reason), count in sorted(replayed.refused.items())
    ]
    if replayed.waiting:
        lines.append(
            f"not kept as it came: {replayed.waiting}; that can only be delivered again"
            " (see quality.rejected_records)"
        )
    return "\n".join(lines)
