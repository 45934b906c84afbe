"""`espalier diagnose`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from espalier.app.cli.exit_codes import FINDINGS, FINE

if TYPE_CHECKING:
    from espalier.core.finding import Finding
    from espalier.diagnosis.generalisation import Generalisation
    from espalier.run import Run

CURVES_BUDGET = "5m"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """How it is told.

    Args:
        language: "en" or "ko", of findings and pages; what ESPALIER_LANGUAGE says when left out, else English.
        json: print the result as JSON.
    """

    language: Annotated[str | None, Parameter(metavar="LANGUAGE")] = None
    json: bool = False


def diagnose(
    run: Annotated[Path | None, Parameter(metavar="RUN")] = None,
    /,
    *,
    why: Annotated[str | None, Parameter(metavar="ID")] = None,
    curves: bool = False,
    repair: bool = False,
    budget: Annotated[str | None, Parameter(metavar="TIME")] = None,
    seeds: Annotated[int | None, Parameter(metavar="NUMBER")] = None,
    output: OutputOptions = OutputOptions(),
) -> int:
    """Say what went wrong in a run, or explain one sign.

    Args:
        run: the folder of a run.
        why: print the page of this sign, for example T07: what it is, how it is measured, and on what ground.
        curves: train again on 10 to 100 % of the training rows, and with rows left out in turn: would more data or a
            bigger model help, and which labels look wrong?
        repair: try repairs of what was found in paired trainings, keep those that are proved, and write the repaired plan
            into the folder of the run. The test part stays shut.
        budget: time for the trainings of --curves, or of --repair: 90s, 5m, 1h30m; when left out 5m, or 10m for repairs.
        seeds: paired trainings that prove a repair, 5 to 16; 5 when left out.
        output: how it is told.
    """
    from espalier.app.cli.given.language import language_of
    from espalier.app.cli.given.options import seconds_of
    from espalier.app.cli.given.run_folders import existing_run
    from espalier.app.cli.show.console import print_json
    from espalier.app.cli.show.curves import curve_mapping
    from espalier.app.cli.show.findings import matters
    from espalier.app.cli.show.repairs import effort_of, repair_and_print, to_mapping
    from espalier.diagnosis.texts.translate import translated
    from espalier.run import Run

    _check_asked(is_run=run is not None, is_page=why is not None)
    language = language_of(output.language)
    if why is not None:
        return _tell_page(why, language, as_json=output.json)
    _check_cost(budget, seeds, curves=curves, repair=repair)
    effort = effort_of(budget, seeds)
    opened = Run(existing_run(run or Path()))
    evidence, unlooked = _generalisation(opened, seconds_of(budget or CURVES_BUDGET) if curves else None, as_json=output.json)
    findings = _all_findings(opened, evidence)
    shown = tuple(translated(one, language) for one in findings)
    if not output.json:
        _print_found(evidence if curves else None, shown, unlooked, language)
    told = {"run": run, "findings": [one.to_mapping() for one in shown], **curve_mapping(evidence, unlooked, language)}
    if repair:
        told |= to_mapping(opened, repair_and_print(opened, findings, effort, language, as_json=output.json), language)
    if output.json:
        print_json(told)
    return FINDINGS if any(map(matters, findings)) else FINE


def _check_asked(*, is_run: bool, is_page: bool) -> None:
    """Refuse to tell of both a run and a sign, or of neither."""
    from espalier.core.errors import PlanError

    if is_run == is_page:
        raise PlanError("Give either the folder of a run, or a sign with --why: espalier diagnose --why T07")


def _check_cost(budget: str | None, seeds: int | None, *, curves: bool, repair: bool) -> None:
    """Refuse a time or a number of seeds for trainings that nobody asked for."""
    from espalier.core.errors import PlanError

    if budget is not None and not (curves or repair):
        raise PlanError("--budget is the time for --curves or --repair. Add one of them, or leave --budget out.")
    if seeds is not None and not repair:
        raise PlanError("--seeds is the number of paired trainings of --repair. Add --repair, or leave --seeds out.")


def _print_found(evidence: "Generalisation | None", findings: "tuple[Finding, ...]", unlooked: str, language: str) -> None:
    """Print the findings, and before them the curve where there is one."""
    from espalier.app.cli.show.console import human
    from espalier.app.cli.show.curves import print_curve
    from espalier.app.cli.show.findings import print_findings
    from espalier.diagnosis.texts.catalogue import ENGLISH, phrases

    words = phrases(language)
    if evidence is not None:
        print_curve(evidence, language)
    print_findings(human(), findings, language=language)
    if unlooked:
        human().print("\n" + words["unlooked"].format(why=unlooked))
    if findings:
        again = "" if language == ENGLISH else f" --language {language}"
        command = f"espalier diagnose --why {findings[0].id.partition('-')[0]}{again}"
        human().print("\n" + words["all_about"].format(command=command))


def _generalisation(run: "Run", seconds: float | None, *, as_json: bool) -> tuple["Generalisation | None", str]:
    """Return how what was learnt holds for other rows, or why that could not be looked at.

    Args:
        run: a finished run.
        seconds: for training again on fewer rows; None for not at all.
        as_json: people are told on standard error.
    """
    from espalier.app.cli.show.console import human
    from espalier.app.cli.show.progress import ProgressDisplay
    from espalier.core.errors import EspalierError
    from espalier.stages.generalise import from_run, open_run, with_curves

    try:
        opened = open_run(run.folder)
        evidence = from_run(opened, run.findings)
    except EspalierError as error:
        if seconds is not None:
            raise
        return None, str(error)
    if seconds is None:
        return evidence, ""
    stages = with_curves(opened, evidence, seconds)
    with ProgressDisplay(human(as_json=as_json)) as display:
        while True:
            try:
                display.show(next(stages))
            except StopIteration as end:
                return end.value, ""


def _all_findings(run: "Run", evidence: "Generalisation | None") -> tuple["Finding", ...]:
    from espalier.diagnosis.examine import in_order
    from espalier.stages.generalise import findings_of

    return in_order([*run.findings, *(findings_of(evidence) if evidence is not None else ())])


def _tell_page(name: str, language: str, *, as_json: bool) -> int:
    """Tell all about one sign."""
    from dataclasses import asdict

    from espalier.app.cli.show.console import print_json
    from espalier.app.cli.show.pages import print_page
    from espalier.diagnosis.pages import find_page
    from espalier.diagnosis.texts.translate import translated_page

    page = translated_page(find_page(name), language)
    if as_json:
        print_json(asdict(page))
    else:
        print_page(page, language)
    return FINE
