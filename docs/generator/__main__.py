"""Write the generated pages; says which ones changed."""

import sys

from docs.generator import REFERENCE, forgotten, pages


def main() -> None:
    """Write what differs, remove what nothing generates any more."""
    for page, text in pages().items():
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            sys.stdout.write(f"wrote {page.relative_to(REFERENCE.parents[1])}\n")
    for page in forgotten():
        page.unlink()
        sys.stdout.write(f"removed {page.relative_to(REFERENCE.parents[1])}\n")


main()
