"""``lepton verify``: is a bundle whole, and does it still compute what it did."""

from __future__ import annotations

from lepton_core.cli.options import Json, TaskOrBundle


def verify(target: TaskOrBundle, as_json: Json = False) -> int:
    """Check a bundle's files against its manifest and its models against stored outputs."""
    from lepton_core.bundle import verify_parity
    from lepton_core.bundle_files import verify_manifest
    from lepton_core.cli.output import print_json
    from lepton_core.solution import resolve

    folder = resolve(target).bundle_or_default()
    manifest = verify_manifest(folder)
    difference = verify_parity(folder)
    if as_json:
        files = len(manifest["files"])
        print_json({"bundle": str(folder), "files": files, "parity": difference, "ok": True})
    else:
        print(
            f"{folder.name}: {len(manifest['files'])} files as in the manifest; largest "
            f"difference from Keras {difference:.1e}"
        )
    return 0
