"""Which names of documents a vCenter and its Supervisors do not have. Pure.

What is recorded already is not named about: an image may leave its library while VMs of it stay.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pacific_infra.converge.claims import Recorded
from pacific_infra.converge.nodes import NodeFinder
from pacific_infra.documents import Document, Estate
from pacific_infra.documents.guess import nearest
from pacific_infra.documents.kubernetes_release import is_form_of
from pacific_infra.documents.offered import Offering
from pacific_infra.documents.source import Path
from pacific_infra.documents.storage_class import storage_class
from pacific_infra.errors import PacificError
from pacific_infra.vcenter.offers import LIBRARY_ITEMS, ON_SUPERVISORS, Offer, Offers

MOST_NAMES = 8
_IMAGES, _LIBRARIES, _RELEASES = "images", "content-libraries", "kubernetes-releases"
_NOUNS: Mapping[str, str] = {
    "clusters": "compute cluster",
    "zones": "vSphere Zone",
    "networks": "network",
    "storage-policies": "storage policy",
    "virtual-machine-classes": "VM class",
    _LIBRARIES: "content library",
    "services": "Supervisor Service",
    "service-versions": "version of a Supervisor Service",
    _IMAGES: "VM image",
    "cluster-classes": "ClusterClass",
    _RELEASES: "Kubernetes release",
}


@dataclass(frozen=True)
class Question:
    """A name that a document has, and where it must be."""

    document: Document
    offering: Offering
    path: Path
    place: str
    """The Supervisor, the service that a version is of; empty: vCenter."""
    libraries: tuple[str, ...] = ()
    """For an image: the content libraries that its namespace and its Supervisor are to have."""

    @property
    def section(self) -> str:
        """Section of ``pacific discover``."""
        return self.offering.section


def questions(estate: Estate, resources: Iterable[Recorded]) -> Iterator[Question]:
    """Each name that ``resources``, those of the stack, do not have yet and that the estate does not make itself."""
    offerings = {offering for document in estate for offering in document.offers()}
    recorded: Mapping[str, set[str]] | None = None
    for document in estate:
        for offering, path in document.offered_names():
            if offering in offerings:
                continue
            recorded = _recorded_texts(resources) if recorded is None else recorded
            if recorded.get(document.id, set()).isdisjoint((offering.name, storage_class(offering.name))):
                yield from _question(document, offering, path, estate, offerings)


def _question(
    document: Document, offering: Offering, path: Path, estate: Estate, offerings: set[Offering]
) -> Iterator[Question]:
    if offering.section not in ON_SUPERVISORS:
        yield Question(document, offering, path, offering.within)
        return
    libraries = tuple(_libraries_of(document, estate)) if offering.section == _IMAGES else ()
    if any(Offering(_LIBRARIES, library) in offerings for library in libraries):
        return  # what a new library has nobody knows
    for supervisor in document.supervisors(estate.by_id):
        yield Question(document, offering, path, supervisor, libraries)


def _libraries_of(document: Document, estate: Estate) -> Iterator[str]:
    holders = [f"Namespace/{document.namespace}"]
    holders += [f"SupervisorCluster/{name}" for name in document.supervisors(estate.by_id)]
    for holder in holders:
        for offering, _ in estate.by_id[holder].offered_names() if holder in estate.by_id else ():
            if offering.section == _LIBRARIES:
                yield offering.name


def _recorded_texts(resources: Iterable[Recorded]) -> Mapping[str, set[str]]:
    """Every text among the inputs of each document's resources."""
    finder = NodeFinder()
    texts: dict[str, set[str]] = {}
    for resource in resources:
        node = finder.node(resource["urn"], resource.get("parent"))
        if node is not None and not resource.get("delete"):
            texts.setdefault(node, set()).update(_texts(resource.get("inputs")))
    return texts


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _texts(item)


def is_offered(question: Question, offers: Offers) -> bool | None:
    """Whether what it names is there; None: not known."""
    answers = [_is_among(question, offers, question.section, question.place)]
    answers += [_is_among(question, offers, LIBRARY_ITEMS, library) for library in question.libraries]
    if True in answers:
        return True
    if question.section == _IMAGES and question.libraries:
        # A namespace that is not there yet gets the images of its libraries, under identifiers that nobody knows yet.
        known = None not in answers[1:] and (answers[0] is False or not question.offering.name.startswith("vmi-"))
        return False if known else None
    return answers[0]


def _is_among(question: Question, offers: Offers, section: str, place: str) -> bool | None:
    name = question.offering.name
    for offer in _offers_at(question, offers, section, place):
        forms = (offer.name, offer.identifier)
        if name in forms or (section == _RELEASES and any(is_form_of(name, form) for form in forms if form)):
            return True
    unknown = section not in offers.sections or place in offers.not_read.get(section, {})
    return None if unknown else False


def _offers_at(question: Question, offers: Offers, section: str, place: str) -> Iterator[Offer]:
    """Those at ``place``; images are in the document's namespace, or of the whole Supervisor."""
    namespace = question.document.namespace
    for offer in offers.sections.get(section, ()):
        at, _, within = offer.place.partition("/")
        if offer.place == place or (at == place and (section != _IMAGES or within == namespace)):
            yield offer


def refusals(named: Sequence[Question], offers: Offers, discover: str) -> Iterator[PacificError]:
    """One error for each name that is not there, with all its places. ``discover``: the command that lists a section,
    without the section.
    """
    missing: dict[tuple[Offering, str, str | None], list[Question]] = {}
    for question in named:
        if is_offered(question, offers) is False:
            namespace = question.document.namespace if question.section == _IMAGES else None
            missing.setdefault((question.offering, question.place, namespace), []).append(question)
    for first, *others in missing.values():
        yield _refusal(first, others, offers, discover)


def _refusal(question: Question, others: Sequence[Question], offers: Offers, discover: str) -> PacificError:
    offering, place = question.offering, question.place
    where = "vCenter" if question.section not in ON_SUPERVISORS else f"the Supervisor {place}"
    noun = f"version of {offering.within}" if offering.within else _NOUNS[question.section]
    scope = f" for Namespace/{question.document.namespace}" if question.section == _IMAGES else ""
    names = list(dict.fromkeys(_names(question, offers)))
    near = nearest(offering.name, names, 3)
    listed = near or names[:MOST_NAMES]
    more = f", and {len(names) - len(listed)} more" if not near and len(names) > len(listed) else ""
    also = f", here and at {', '.join(other.document.place(other.path) for other in others)}" if others else ""
    lists = f"{discover} {question.section}"
    return PacificError(
        f"{where} has no such {noun}{scope}",
        place=question.document.place(question.path),
        value=offering.name,
        allowed=", ".join(listed) + more if listed else "none",
        fix=f"write {near[0]}{also}" if near else f"choose one{also}; {lists} shows them" if names else None,
    )


def _names(question: Question, offers: Offers) -> Iterator[str]:
    places = [(question.section, question.place), *((LIBRARY_ITEMS, library) for library in question.libraries)]
    for section, place in places:
        for offer in _offers_at(question, offers, section, place):
            yield offer.details.get("version", offer.name) if section == _RELEASES else offer.name


def not_asked(named: Sequence[Question], offers: Offers) -> str | None:
    """One line that says which names are not checked, and why; None where all are."""
    reasons: dict[str, dict[str, None]] = {}
    for question in named:
        if is_offered(question, offers) is None:
            reason = _reason(question, offers)
            reasons.setdefault(reason, {})[f"{_NOUNS[question.section]} {question.offering.name}"] = None
    if not reasons:
        return None
    return "; ".join(f"not checked whether there is {', '.join(names)}: {reason}" for reason, names in reasons.items())


def _reason(question: Question, offers: Offers) -> str:
    places = [*((LIBRARY_ITEMS, library) for library in question.libraries), (question.section, question.place)]
    for section, place in places:
        if (reason := offers.not_read.get(section, {}).get(place)) is not None:
            noun = "content library" if section == LIBRARY_ITEMS else "Supervisor"
            return f"{noun} {place}: {reason}" if place else reason
    return "its section was not read"
