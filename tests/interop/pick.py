#!/usr/bin/python3
"""Chooses the generated CDA file that the clients derive their documents from and prints `FILE INS OID ORGANIZATION`.

It must stand for itself (no relatedDocument) and have an author's organisation; a laboratory report is preferred, because
every physician may read one, then the smallest file.
"""

import pathlib
import sys
import xml.etree.ElementTree as ElementTree

HL7 = "{urn:hl7-org:v3}"
STRUCTURES = "1.2.250.1.71.4.2.2"
INS_OIDS = {f"1.2.250.1.213.1.4.{n}" for n in (8, 9, 10, 11)}


def path(*names: str) -> str:
    return "/".join(HL7 + name for name in names)


def candidates(directory: str):
    for file in sorted(pathlib.Path(directory).glob("*.xml")):
        root = ElementTree.parse(file).getroot()
        document = root if root.tag == HL7 + "ClinicalDocument" else root.find(".//" + HL7 + "ClinicalDocument")
        if document is None or document.find(HL7 + "relatedDocument") is not None:
            continue
        people = [i for i in document.findall(path("recordTarget", "patientRole", "id")) if i.get("root") in INS_OIDS]
        organizations = [i.get("extension") for i in document.findall(
            path("author", "assignedAuthor", "representedOrganization", "id")) if i.get("root") == STRUCTURES]
        if not people or not organizations:
            continue
        laboratory = document.find(HL7 + "code").get("code") == "11502-2"
        yield not laboratory, file.stat().st_size, str(file), people[0].get("extension"), people[0].get("root"), organizations[0]


found = sorted(candidates(sys.argv[1]))
if not found:
    raise SystemExit(f"no usable CDA file in {sys.argv[1]}")
print(*found[0][2:])
