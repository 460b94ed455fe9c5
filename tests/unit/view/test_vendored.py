"""The scripts of others are those that npm has published, with their licences, and the wheel has them."""

import hashlib
import json
from pathlib import Path

from pacific_infra import view

STATIC = Path(view.__file__).parent / "static"
VENDOR = STATIC / "vendor"


def test_each_script_is_the_published_one_and_has_its_licence() -> None:
    listed = json.loads((VENDOR / "vendored.json").read_text())["files"]
    assert {entry["file"] for entry in listed} == {file.name for file in VENDOR.glob("*.js")}
    for entry in listed:
        assert hashlib.sha256((VENDOR / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
        assert "BSD" in (VENDOR / entry["license"]).read_text()
        assert entry["version"].count(".") == 2


def test_no_file_of_the_pages_names_another_host() -> None:
    files = [*STATIC.glob("*.js"), *STATIC.glob("*.css"), *(STATIC.parent / "templates").glob("*.html")]
    assert len(files) > 10
    for file in files:
        text = file.read_text().replace('startswith("https://")', "")
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "https://" not in text
