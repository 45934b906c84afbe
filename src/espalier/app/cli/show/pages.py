"""The page of a sign."""

from rich.text import Text

from espalier.app.cli.show.console import human, indented
from espalier.diagnosis.pages import Page
from espalier.diagnosis.texts.catalogue import phrases, title_of


def print_page(page: Page, language: str) -> None:
    """Print all there is to say of a sign.

    Args:
        page: of the sign, in that language.
        language: of the words around it.
    """
    console, words = human(), phrases(language)
    console.print(Text.assemble((page.id, "bold"), f"  {title_of(page.id, language)}"))
    console.print(Text(words["place"].format(place=page.place), style="dim"))
    for paragraph in page.paragraphs:
        console.print()
        console.print(Text(paragraph))
    if page.rule:
        console.print()
        console.print(Text(page.rule))
    if page.thresholds:
        console.print("\n" + words["thresholds"])
    for one in page.thresholds:
        meaning = f"  ({one.meaning})" if one.meaning else ""
        indented(console, Text(f"{one.name}: {one.value}{meaning}"), 2)
    if page.explained_by:
        console.print(Text("\n" + words["explained_by"].format(signs=", ".join(page.explained_by)), style="dim"))
    if page.fixes:
        console.print("\n" + words["fixes_many" if len(page.fixes) > 1 else "fixes_one"])
    for fix in page.fixes:
        indented(console, Text(fix), 2)
    if page.example is not None:
        console.print("\n" + words["example"])
        indented(console, Text(page.example.sentence), 2)
        for repair in page.example.repairs:
            indented(console, Text(words["example_repair"].format(name=repair.name)), 2)
