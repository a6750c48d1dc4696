"""What goes into /opt: from proven wheels to a layer, as a zip or a folder."""

from typing import TYPE_CHECKING

from lambda_wheels.doors import opened_later
from lambda_wheels.layers.compatibility import compatibility
from lambda_wheels.layers.contents import Contents, lay_out
from lambda_wheels.layers.entries import Entry, content_digest
from lambda_wheels.layers.layer import Layer, LayerWheel
from lambda_wheels.layers.manifest import Manifest, ManifestWheel, parse_manifest
from lambda_wheels.layers.views import Home, View, homes, site_packages
from lambda_wheels.layers.write import check_output, write_layer
from lambda_wheels.layers.zip_file import WrittenZip, write_zip
from lambda_wheels.targets.limits import DIRECT_UPLOAD_LIMIT, UNZIPPED_LIMIT

if TYPE_CHECKING:
    from lambda_wheels.layers.folder import write_folder
    from lambda_wheels.layers.wheel_folder import check_wheel_folder, copy_wheels

__all__ = [
    "DIRECT_UPLOAD_LIMIT",
    "UNZIPPED_LIMIT",
    "Contents",
    "Entry",
    "Home",
    "Layer",
    "LayerWheel",
    "Manifest",
    "ManifestWheel",
    "View",
    "WrittenZip",
    "check_output",
    "check_wheel_folder",
    "compatibility",
    "content_digest",
    "copy_wheels",
    "homes",
    "lay_out",
    "parse_manifest",
    "site_packages",
    "write_folder",
    "write_layer",
    "write_zip",
]

__getattr__ = opened_later(
    __name__, {"check_wheel_folder": "wheel_folder", "copy_wheels": "wheel_folder", "write_folder": "folder"}
)
