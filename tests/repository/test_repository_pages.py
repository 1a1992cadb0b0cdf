"""What the pages for people point at is there."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from xml.etree import ElementTree

from repository_files import ROOT, run, text, tracked

from constructs_lib.flows import FLOWS, SERVERS

LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]+)(?:#[^)]*)?\)")
PICTURE = ElementTree.fromstring(text("docs/topology.svg"))
TEXT = "{http://www.w3.org/2000/svg}text"


def test_every_link_to_a_file_leads_to_a_file_that_git_keeps() -> None:
    kept = {str(ROOT / name) for name in tracked()}
    links = [
        (name, link, str((ROOT / name).parent.joinpath(link).resolve()))
        for name in tracked("*.md")
        for link in LINK.findall(text(name))
    ]
    assert len(links) > 3
    assert [
        (name, link) for name, link, path in links if path not in kept and not Path(path).is_dir()
    ] == []


def test_the_readme_opens_both_doors() -> None:
    assert {"make run", "make test"} <= set(re.findall(r"^make \w+", text("README.md"), re.M))


def test_make_alone_names_every_door_of_the_makefile() -> None:
    doors = re.search(r"^\.PHONY: help (.*)$", text("Makefile"), re.M)
    assert doors
    said = re.findall(r"^make (\w+)", run("make").stdout, re.M)
    assert said == doors[1].split()


def test_the_picture_shows_the_addresses_of_dev() -> None:
    dev = re.sub(r"^operators.*", "", text("environments/dev.toml"), flags=re.M)
    addresses = set(re.findall(r'"(\d+(?:\.\d+){3}(?:/\d+)?)"', dev))
    assert len(addresses) == 9
    assert {
        address for address in addresses if address not in " ".join(PICTURE.itertext())
    } == set()


def test_the_picture_shows_the_flows_and_no_others() -> None:
    ports: dict[str, set[int]] = defaultdict(set)
    for flow in FLOWS:
        if flow.destination in SERVERS or (flow.source, flow.destination) == ("app", "internet"):
            ports[f"{flow.source}-to-{flow.destination}"].add(flow.port.number)
    shown = {key: label.text for label in PICTURE.iter(TEXT) if (key := label.get("id"))}
    assert shown == {key: ", ".join(map(str, sorted(numbers))) for key, numbers in ports.items()}
