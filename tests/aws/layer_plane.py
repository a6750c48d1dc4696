"""The layers that a small Lambda remembers, by region: versions, contents, permissions, listings. (No network.)"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import threading
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from tests.aws.api_model import AwsError, invalid, missing

ACCOUNT: Final = "123456789012"
UNZIPPED_LIMIT: Final = 262_144_000
DIRECT_LIMIT: Final = 52_428_800
SIGNATURE: Final = "X-Amz-Signature=not-to-be-shown"
"""The query of a download."""
Members = dict[str, Any]


def a_zip(members: Mapping[str, bytes]) -> bytes:
    """A deflated zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, (2026, 5, 4, 3, 2, 2))
            member.external_attr = 0o100644 << 16
            archive.writestr(member, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


class Code:
    """An uploaded zip, and how large it is unpacked."""

    def __init__(self, data: bytes) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                self.unzipped = sum(member.file_size for member in archive.infolist())
                empty = not archive.namelist()
        except zipfile.BadZipFile:
            raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
        if empty:
            raise invalid("Uploaded file must be a non-empty zip")
        if self.unzipped > UNZIPPED_LIMIT:
            raise invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
        self.data, self.sha256 = data, base64.b64encode(hashlib.sha256(data).digest()).decode()


@dataclass(kw_only=True, slots=True)
class LayerVersion:
    """One version of a layer; ``said`` holds what the publisher said of it."""

    layer: str
    number: int
    code: Code
    said: Members
    readable: bool = True
    created: str = field(default_factory=lambda: now())
    policy: dict[str, Members] = field(default_factory=dict)
    policy_revision: str = ""

    @property
    def arn(self) -> str:
        """With the version."""
        return f"{self.layer}:{self.number}"


@dataclass(slots=True)
class Layer:
    """The versions that are there, and the highest number ever given."""

    made: int = 0
    versions: dict[int, LayerVersion] = field(default_factory=dict)


class LayerPlane:
    """The part that knows layers. The attributes may be changed at any time."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        """What S3 holds, by bucket and key."""
        self.bucket_regions: dict[str, str] = {}
        """Where buckets are; those not named are in every region."""
        self.page_size = 50
        """The most that one page of a listing holds."""
        self._lock = threading.RLock()
        self._layers: dict[str, Layer] = {}
        self._downloads: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        """What Locations begin with."""
        raise NotImplementedError

    def add_layer(
        self, region: str, name: str, code: bytes, *, account: str = ACCOUNT, readable: bool = True, **said: Any
    ) -> str:
        """A layer version made by hand, also of another account, which may keep it to itself; returns its ARN."""
        with self._lock:
            layer_arn = f"arn:aws:lambda:{region}:{account}:layer:{name}"
            layer = self._layers.setdefault(layer_arn, Layer())
            number, content = layer.made + 1, Code(code)
            version = LayerVersion(layer=layer_arn, number=number, code=content, said=said, readable=readable)
            layer.versions[number], layer.made = version, number
            return version.arn

    def versions(self, region: str, name: str) -> list[int]:
        """The versions of our layer that are there, in order."""
        with self._lock:
            return sorted(self._layers.get(_layer_arn(region, name), Layer()).versions)

    def made(self, region: str, name: str) -> int:
        """How many versions of our layer were ever made."""
        with self._lock:
            return self._layers.get(_layer_arn(region, name), Layer()).made

    def download(self, path: str) -> bytes | None:
        """What is below a Location."""
        with self._lock:
            return self._downloads.get(path)

    def _publish_layer_version(self, region: str, given: Members) -> Members:
        content = given["Content"]
        if ("ZipFile" in content) == ("S3Bucket" in content and "S3Key" in content):
            raise invalid("Please provide either a ZipFile or an S3 object as the content of the layer.")
        data = content["ZipFile"] if "ZipFile" in content else self._object(region, content)
        if len(content.get("ZipFile", b"")) > DIRECT_LIMIT:
            words = "Request must be smaller than 70167211 bytes for the PublishLayerVersion operation"
            raise AwsError(413, "RequestEntityTooLargeException", words)
        names = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")
        name = _our_name(region, given["LayerName"])
        arn = self.add_layer(region, name, data, **{name: given[name] for name in names if given.get(name)})
        return self._get_layer_version_by_arn(region, {"Arn": arn})

    def _object(self, region: str, content: Members) -> bytes:
        bucket, words = content["S3Bucket"], "Error occurred while GetObject. S3 Error Code: "
        home = self.bucket_regions.get(bucket, region)
        if home != region and content.get("S3ObjectStorageMode") != "REFERENCE":
            words += f"PermanentRedirect. S3 Error Message: The bucket is in this region: {home}."
            raise invalid(f"{words} Please use this region to retry the request")
        if (bucket, content["S3Key"]) not in self.objects:
            raise invalid(f"{words}NoSuchKey. S3 Error Message: The specified key does not exist.")
        return self.objects[bucket, content["S3Key"]]

    def _layer_version(self, region: str, layer: str, number: int) -> LayerVersion:
        arn = layer if layer.startswith("arn:") else _layer_arn(region, layer)
        version = self._layers.get(arn, Layer()).versions.get(number)
        if version is None or f":lambda:{region}:" not in arn:
            raise missing()
        if not version.readable:
            words = f"User: arn:aws:iam::{ACCOUNT}:user/test is not authorized to perform: lambda:GetLayerVersion"
            raise AwsError(403, "AccessDeniedException", f"{words} on resource: {version.arn}")
        return version

    def _named_version(self, region: str, given: Members) -> LayerVersion:
        return self._layer_version(region, given["LayerName"], given["VersionNumber"])

    def _location(self, region: str, code: Code) -> str:
        path = f"/download/{region}/{hashlib.sha256(code.data).hexdigest()}"
        self._downloads[path] = code.data
        return f"{self.url}{path}?{SIGNATURE}"

    def _get_layer_version(self, region: str, given: Members) -> Members:
        version = self._named_version(region, given)
        content = {"CodeSha256": version.code.sha256, "CodeSize": len(version.code.data)}
        content["Location"] = self._location(region, version.code)
        return {"Description": ""} | _listed(version) | {"LayerArn": version.layer, "Content": content}

    def _get_layer_version_by_arn(self, region: str, given: Members) -> Members:
        layer, number = split(given["Arn"])
        return self._get_layer_version(region, {"LayerName": layer, "VersionNumber": number})

    def _list_layer_versions(self, region: str, given: Members) -> Members:
        layer = self._layers.get(_layer_arn(region, _our_name(region, given["LayerName"])), Layer())
        wanted = [
            (f"{name}s", given[name]) for name in ("CompatibleRuntime", "CompatibleArchitecture") if name in given
        ]
        return self._page(
            "LayerVersions",
            {
                (-number,): _listed(version)
                for number, version in layer.versions.items()
                if all(value in version.said.get(name, ()) for name, value in wanted)
            },
            given,
        )

    def _delete_layer_version(self, region: str, given: Members) -> Members:
        layer = self._layers.get(_layer_arn(region, _our_name(region, given["LayerName"])), Layer())
        layer.versions.pop(given["VersionNumber"], None)
        return {}

    def _add_layer_version_permission(self, region: str, given: Members) -> Members:
        version, name, principal = self._named_version(region, given), given["StatementId"], given["Principal"]
        check_revision(given, version.policy_revision)
        if name in version.policy:
            words = f"The statement id ({name}) provided already exists. Please provide a new statement id"
            raise AwsError(409, "ResourceConflictException", f"{words}, or remove the existing statement.")
        if "OrganizationId" in given and principal != "*":
            raise invalid("OrganizationId is only supported with principal *.")
        account = re.search(r"\d{12}", principal)
        statement = {"Sid": name, "Effect": "Allow", "Action": given["Action"], "Resource": version.arn}
        statement["Principal"] = {"AWS": f"arn:aws:iam::{account[0]}:root"} if account else "*"
        if "OrganizationId" in given:
            statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": given["OrganizationId"]}}
        version.policy[name] = statement
        version.policy_revision = str(uuid.uuid4())
        return {"Statement": json.dumps(statement), "RevisionId": version.policy_revision}

    def _get_layer_version_policy(self, region: str, given: Members) -> Members:
        version = self._named_version(region, given)
        if not version.policy:
            raise missing("No policy is associated with the given resource.")
        policy = {"Version": "2012-10-17", "Id": "default", "Statement": list(version.policy.values())}
        return {"Policy": json.dumps(policy), "RevisionId": version.policy_revision}

    def _remove_layer_version_permission(self, region: str, given: Members) -> Members:
        version = self._named_version(region, given)
        check_revision(given, version.policy_revision)
        if version.policy.pop(given["StatementId"], None) is None:
            raise missing(f"Statement {given['StatementId']} is not found in resource policy.")
        version.policy_revision = str(uuid.uuid4())
        return {}

    def _page(self, name: str, found: Mapping[tuple[Any, ...], Members], given: Members) -> Members:
        """What comes after the marker, in the order of the keys; the marker is the last key that was shown."""
        try:
            start = tuple(json.loads(base64.urlsafe_b64decode(given["Marker"]))) if "Marker" in given else ()
            left = sorted(key for key in found if not start or key > start)
        except (ValueError, TypeError):
            raise invalid("Invalid pagination token") from None
        size = min(given.get("MaxItems", self.page_size), self.page_size)
        page: Members = {name: [found[key] for key in left[:size]]}
        if len(left) > size:
            page["NextMarker"] = base64.urlsafe_b64encode(json.dumps(left[size - 1]).encode()).decode()
        return page


def now() -> str:
    """The time as Lambda writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _layer_arn(region: str, name: str) -> str:
    return f"arn:aws:lambda:{region}:{ACCOUNT}:layer:{name}"


def _our_name(region: str, given: str) -> str:
    """The name in ``given``, a name or an ARN; only our own layers are changed and listed here."""
    name = given.rpartition(":")[2]
    if given not in {name, _layer_arn(region, name)}:
        raise AwsError(403, "AccessDeniedException", f"not authorized to perform this on resource: {given}")
    return name


def split(arn: str) -> tuple[str, int]:
    """The layer and the version that an ARN names."""
    layer, _, number = arn.rpartition(":")
    return layer, int(number) if number.isdecimal() else 0


def _listed(version: LayerVersion) -> Members:
    return {**version.said, "CreatedDate": version.created, "Version": version.number, "LayerVersionArn": version.arn}


def check_revision(given: Members, revision: str) -> None:
    """412 if the client knows another revision."""
    if given.get("RevisionId", revision) != revision:
        words = "The Revision Id provided does not match the latest Revision Id."
        raise AwsError(412, "PreconditionFailedException", f"{words} Call the GetFunction/GetAlias API to retrieve it.")
