"""The finding as a DICOM structured report (TID 1500) that refers to the picture."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import coded_terms as terms
from .dicom_source import CHARACTER_SET, MANUFACTURER, Series, Source, highdicom, tell_identity
from .findings import Finding, policy_text
from .image_library import image_library

if TYPE_CHECKING:
    from pydicom import Dataset


# Code of the container "Imaging Measurements".
_MEASUREMENTS = "126010"


def structured_report(source: Source, series: Series, finding: Finding) -> Dataset:
    """A Comprehensive SR after template TID 1500, Measurement Report.

    It holds the image library with the source, the model as observing device and as algorithm with
    its version and operating point, whether the finding is present, absent or undetermined (left
    to a person), and its probability in percent. It is partial, preliminary and unverified: no
    person has looked at it yet.

    Patient and study are those of ``source.dataset``: identified only where the original was
    given, see :mod:`.dicom_source`.

    Args:
        source: the image that was scored.
        series: what the results of this run share.
        finding: what was found.

    Returns:
        a data set that ``save_as`` writes.

    Raises:
        MissingDependency: highdicom is not installed.

    Source:
        DICOM PS3.16, TID 1500, 1501 and 300.
    """
    hd = highdicom()
    evidence = source.complete()
    content = hd.sr.MeasurementReport(
        observation_context=_observer(hd, finding),
        procedure_reported=terms.CHEST_X_RAY.coded(),
        imaging_measurements=[_evaluated(hd, source, finding)],
        title=hd.sr.CodedConcept("126000", "DCM", "Imaging Measurement Report"),
        language_of_content_item_and_descendants=hd.sr.LanguageOfContentItemAndDescendants(
            hd.sr.CodedConcept("en", "RFC5646", "English")
        ),
    )
    _insert(content[0].ContentSequence, image_library(hd, source))
    report = hd.sr.ComprehensiveSR(
        evidence=[evidence],
        content=content[0],
        is_complete=False,
        is_final=False,
        is_verified=False,
        **series.next(source, "sr"),
    )
    report.SpecificCharacterSet = CHARACTER_SET
    _declare_scheme(report)
    tell_identity(report, source)
    return report


def write_structured_report(path: Path, source: Source, series: Series, finding: Finding) -> None:
    """Write :func:`structured_report` to ``path``."""
    structured_report(source, series, finding).save_as(path, enforce_file_format=True)


def _insert(items: Any, library: Any) -> None:
    """Put the image library where the template has it: before the measurements."""
    places = [at for at, item in enumerate(items) if item.name.value == _MEASUREMENTS]
    items.insert(places[0] if places else len(items), library)


def _observer(hd: Any, finding: Finding) -> Any:
    """The model as the device that observed."""
    from pydicom.uid import generate_uid

    # The same model has the same UID in every report.
    uid = generate_uid(entropy_srcs=[finding.bundle, finding.bundle_version])
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=uid,
        name=f"Lepton {finding.bundle}",
        manufacturer_name=MANUFACTURER,
        model_name=finding.bundle,
    )
    context = hd.sr.ObserverContext(hd.sr.CodedConcept("121007", "DCM", "Device"), device)
    return hd.sr.ObservationContext(observer_device_context=context)


def _evaluated(hd: Any, source: Source, finding: Finding) -> Any:
    """The group that holds the evaluation and its probability."""
    algorithm = hd.sr.AlgorithmIdentification(
        name=finding.bundle,
        version=finding.bundle_version,
        parameters=_parameters(finding),
        family=terms.ARTIFICIAL_INTELLIGENCE.coded(),
        manufacturer=MANUFACTURER,
    )
    name = terms.class_term(finding.finding)
    if finding.threshold is None:
        found = terms.UNDETERMINED if finding.review else name
        evaluation = hd.sr.QualitativeEvaluation(terms.FINDING.coded(), found.coded())
    else:
        presence = terms.presence_term(finding)
        evaluation = hd.sr.QualitativeEvaluation(name.coded(), presence.coded())
    properties = None
    if finding.low is not None and finding.high is not None:
        properties = hd.sr.MeasurementProperties(
            lower_measurement_uncertainty=_percent(finding.probability - finding.low),
            upper_measurement_uncertainty=_percent(finding.high - finding.probability),
        )
    instance = (source.dataset.SOPClassUID, source.dataset.SOPInstanceUID, source.frames)
    probability = hd.sr.Measurement(
        name=terms.probability_term(finding.finding).coded(),
        value=_percent(finding.probability),
        unit=terms.PERCENT.coded(),
        properties=properties,
        referenced_images=[hd.sr.SourceImageForMeasurement(*instance)],
    )
    group = hd.sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=hd.sr.TrackingIdentifier(hd.UID(), "AI reading aid"),
        algorithm_id=algorithm,
        finding_sites=[hd.sr.FindingSite(terms.LUNG.coded())],
        measurements=[probability],
        qualitative_evaluations=[evaluation],
        source_images=[hd.sr.SourceImageForMeasurementGroup(*instance)],
    )
    group[0].ContentSequence.append(
        hd.sr.TextContentItem(
            terms.COMMENT.coded(), finding.intended_use, hd.sr.RelationshipTypeValues.CONTAINS
        )
    )
    return group


def _parameters(finding: Finding) -> list[str]:
    policy = f"policy: {policy_text(finding)}"
    if finding.threshold is None:
        return [policy]
    return [f"threshold on the probability: {_percent(finding.threshold)} %", policy]


def _percent(share: float) -> float:
    """A share 0..1 in percent, with as many digits as mean something and a DS may hold."""
    return round(100.0 * max(share, 0.0), 2)


def _declare_scheme(report: Dataset) -> None:
    """Say what our own coding scheme is, for whoever meets its codes."""
    from pydicom import Dataset

    scheme = Dataset()
    scheme.CodingSchemeDesignator = terms.OWN_SCHEME
    scheme.CodingSchemeName = terms.OWN_SCHEME_TITLE
    scheme.CodingSchemeResponsibleOrganization = MANUFACTURER
    known = list(report.get("CodingSchemeIdentificationSequence", []))
    report.CodingSchemeIdentificationSequence = [*known, scheme]
