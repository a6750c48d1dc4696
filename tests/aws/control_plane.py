"""What a small Lambda remembers and refuses: the functions of each region, and all operations behind one lock. (No
network.)

Only layers and what attaches them; an operation or a member that is not here is answered with 501.
"""

from __future__ import annotations

import copy
import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import botocore

from tests.aws.api_model import AwsError, check_answer, invalid, missing
from tests.aws.layer_plane import (
    ACCOUNT,
    UNZIPPED_LIMIT,
    Code,
    LayerPlane,
    LayerVersion,
    Members,
    a_zip,
    check_revision,
    now,
    split,
)

SETTINGS: Final = {"Description", "Environment", "Handler", "MemorySize", "Role", "Runtime", "Timeout"}
"""What an update may change beside the layers."""
NOT_LISTED: Final = {"State", "LastUpdateStatus", "LastUpdateStatusReason", "LastUpdateStatusReasonCode"}
"""Members that listings leave out."""


@dataclass(kw_only=True, slots=True)
class Function:
    """A function's $LATEST, its published versions and its aliases."""

    arn: str
    settings: Members
    code: Code
    layers: list[LayerVersion] = field(default_factory=list)
    revision: str = field(default_factory=lambda: str(uuid.uuid4()))
    update: Members = field(default_factory=lambda: {"LastUpdateStatus": "Successful"})
    modified: str = field(default_factory=lambda: now())
    reads_left: int = 0
    outcome: Members = field(default_factory=dict)
    versions: dict[int, Members] = field(default_factory=dict)
    aliases: dict[str, Members] = field(default_factory=dict)
    published: Members = field(default_factory=dict)
    """What the newest published version was made of."""

    def describe(self) -> Members:
        """The configuration of $LATEST."""
        layers = [{"Arn": layer.arn, "CodeSize": len(layer.code.data)} for layer in self.layers]
        return {
            **self.settings,
            **self.update,
            **({"Layers": layers} if layers else {}),  # as at AWS: none, no member
            "FunctionName": self.arn.rpartition(":")[2],
            "FunctionArn": self.arn,
            "Version": "$LATEST",
            "CodeSha256": self.code.sha256,
            "CodeSize": len(self.code.data),
            "LastModified": self.modified,
            "RevisionId": self.revision,
            "State": "Active",
        }


class ControlPlane(LayerPlane):
    """Lambda's state in all regions. The attributes may be changed at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.update_reads = 1
        """How often an updated function is read as InProgress."""
        self.fail_updates: dict[str, str] = {}
        """Names of functions whose next update fails, with the reason. Each counts once."""
        self.revision_moves = True
        """Whether the end of an update changes the RevisionId once more."""
        self._functions: dict[str, Function] = {}

    def add_function(
        self,
        region: str,
        name: str,
        runtime: str = "python3.13",
        architectures: Sequence[str] = ("arm64",),
        layers: Iterable[str] = (),
        code: bytes | None = None,
        package_type: str = "Zip",
    ) -> str:
        """A function that is there, with ``layers`` given as ARNs with versions; returns its ARN."""
        settings: Members = {
            "Role": f"arn:aws:iam::{ACCOUNT}:role/test",
            "PackageType": package_type,
            "Description": "",
        }
        settings |= {"Architectures": list(architectures), "MemorySize": 128, "Timeout": 3}
        settings |= {} if package_type == "Image" else {"Runtime": runtime, "Handler": "app.handler"}
        made = Code(a_zip({"app.py": b"def handler(event, context): return event\n"}) if code is None else code)
        arn = f"arn:aws:lambda:{region}:{ACCOUNT}:function:{name}"
        with self._lock:
            found = [self._layers[layer].versions[number] for layer, number in map(split, layers)]
            self._functions[arn] = Function(arn=arn, settings=settings, code=made, layers=found)
        return arn

    def set_variables(self, region: str, name: str, variables: Mapping[str, str]) -> None:
        """Give a function its environment."""
        with self._lock:
            self._function(region, name)[0].settings["Environment"] = {"Variables": dict(variables)}

    def add_alias(
        self, region: str, function: str, name: str, version: str, weights: Mapping[str, float] | None = None
    ) -> None:
        """An alias of a version, if wanted with ``weights`` of further versions."""
        with self._lock:
            arn = self._function(region, function)[0].arn
            alias = {"AliasArn": f"{arn}:{name}", "Name": name, "FunctionVersion": version, "Description": ""}
            routing = {"RoutingConfig": {"AdditionalVersionWeights": dict(weights)}} if weights else {}
            self._functions[arn].aliases[name] = {**alias, **routing, "RevisionId": str(uuid.uuid4())}

    def perform(self, operation: str, region: str, parameters: Members) -> Members:
        """Do the work of an operation (the method is called as in boto3, behind ``_``)."""
        work: Callable[[str, Members], Members] | None = getattr(self, f"_{botocore.xform_name(operation)}", None)
        if work is None:
            raise AwsError(501, "NotImplemented", f"this test server knows no {operation}")
        with self._lock:
            answer = copy.deepcopy(work(region, parameters))
        check_answer(operation, answer)
        return answer

    def _function(self, region: str, given: str, qualifier: str | None = None) -> tuple[Function, str | None]:
        qualified = r"([\w.-]+)(?::(\$LATEST(?:\.PUBLISHED)?|[\w-]+))?"
        found = re.fullmatch(
            rf"(?:arn:aws[\w-]*:lambda:)?(?:([a-z][a-z0-9-]+-\d):)?(?:(\d{{12}}):)?(?:function:)?{qualified}", given
        )
        if not found:  # what the model lets through and has no place in an ARN
            raise missing(f"Function not found: {given}")
        if found[1] not in {None, region}:
            raise missing(f"Functions from '{found[1]}' are not reachable in this region ('{region}')")
        arn = f"arn:aws:lambda:{region}:{found[2] or ACCOUNT}:function:{found[3]}"
        if arn not in self._functions:
            raise missing(f"Function not found: {arn}")
        function = self._functions[arn]
        if function.update["LastUpdateStatus"] == "InProgress" and function.reads_left <= 0:
            function.update = function.outcome
            function.revision = str(uuid.uuid4()) if self.revision_moves else function.revision
        return function, qualifier or found[4]

    def _get_function_configuration(self, region: str, given: Members) -> Members:
        function, qualifier = self._function(region, given["FunctionName"], given.get("Qualifier"))
        if qualifier in {None, "$LATEST"}:
            answer = function.describe()
            function.reads_left -= 1
        else:
            number = function.aliases.get(qualifier, {}).get("FunctionVersion", qualifier)
            if number == "$LATEST":
                answer = function.describe()
            elif not number.isdecimal() or int(number) not in function.versions:
                raise missing(f"Function not found: {function.arn}:{qualifier}")
            else:
                answer = function.versions[int(number)]
        return answer | {"FunctionArn": f"{function.arn}:{qualifier}" if qualifier else function.arn}

    def _get_function(self, region: str, given: Members) -> Members:
        configuration = self._get_function_configuration(region, given)
        function, _ = self._function(region, given["FunctionName"])
        if configuration["PackageType"] == "Image":
            image = f"{ACCOUNT}.dkr.ecr.{region}.amazonaws.com/test:latest"
            return {"Configuration": configuration, "Code": {"RepositoryType": "ECR", "ImageUri": image}}
        code = {"RepositoryType": "S3", "Location": self._location(region, function.code)}
        return {"Configuration": configuration, "Code": code}

    def _changeable(self, region: str, given: Members) -> Function:
        function, qualifier = self._function(region, given["FunctionName"])
        if qualifier not in {None, "$LATEST"}:
            raise invalid("This operation is permitted on Lambda functions' $LATEST only.")
        if function.update["LastUpdateStatus"] == "InProgress":
            words = "The operation cannot be performed at this time. An update is in progress for resource: "
            raise AwsError(409, "ResourceConflictException", words + function.arn)
        check_revision(given, function.revision)
        return function

    def _update_function_configuration(self, region: str, given: Members) -> Members:
        function = self._changeable(region, given)
        if unknown := set(given) - SETTINGS - {"FunctionName", "RevisionId", "Layers"}:
            raise AwsError(501, "NotImplemented", f"this test server cannot set {sorted(unknown)}")
        if "Layers" in given:
            function.layers = self._attachable(region, function, given["Layers"])
        function.settings |= {name: given[name] for name in SETTINGS & set(given)}
        name = function.arn.rpartition(":")[2]
        reason = self.fail_updates.pop(name, None)
        function.outcome = {"LastUpdateStatus": "Successful" if reason is None else "Failed"}
        if reason is not None:
            function.outcome |= {"LastUpdateStatusReason": reason, "LastUpdateStatusReasonCode": "InternalError"}
        function.update, function.reads_left = {"LastUpdateStatus": "InProgress"}, self.update_reads
        function.revision, function.modified = str(uuid.uuid4()), now()
        return function.describe()

    def _attachable(self, region: str, function: Function, arns: list[str]) -> list[LayerVersion]:
        if function.settings["PackageType"] == "Image":
            raise invalid("Please don't provide Layers when the function has PackageType Image.")
        if len(arns) > 5:
            raise invalid("Cannot reference more than 5 layers.")
        layers: dict[str, LayerVersion] = {}
        for arn in arns:
            layer, number = split(arn)
            if layer in layers:
                words = (
                    "Two different versions of the same layer are not allowed to be referenced in the same function."
                )
                raise invalid(f"{words} {layers[layer].arn} and {arn}")
            try:
                layers[layer] = self._layer_version(region, layer, number)
            except AwsError as error:
                raise error if error.status != 404 else invalid(f"Layer version {arn} does not exist.") from None
        if function.code.unzipped + sum(layer.code.unzipped for layer in layers.values()) > UNZIPPED_LIMIT:
            raise invalid(f"Layers consume more than the available size of {UNZIPPED_LIMIT} bytes")
        return list(layers.values())

    def _publish_version(self, region: str, given: Members) -> Members:
        function = self._changeable(region, given)
        if given.get("CodeSha256", function.code.sha256) != function.code.sha256:
            raise invalid(f"CodeSHA256 ({given['CodeSha256']}) is different from current CodeSHA256 in $LATEST.")
        latest = function.describe()
        content = {name: latest[name] for name in latest if name not in NOT_LISTED | {"RevisionId", "LastModified"}}
        if content != function.published:
            function.published = content
            number = len(function.versions) + 1
            own: Members = {
                "Version": str(number),
                "FunctionArn": f"{function.arn}:{number}",
                "RevisionId": str(uuid.uuid4()),
            }
            own["Description"] = given.get("Description", latest["Description"])
            function.versions[number] = latest | own
        return function.versions[len(function.versions)]

    def _list_functions(self, region: str, given: Members) -> Members:
        found: dict[tuple[Any, ...], Members] = {}
        for arn, function in self._functions.items():
            if f":lambda:{region}:" in arn:
                versions = self._all_versions(function)
                shown = versions if "FunctionVersion" in given else {0: _brief(function.describe())}
                found |= {(arn, number): members for number, members in shown.items()}
        return self._page("Functions", found, given)

    def _list_versions_by_function(self, region: str, given: Members) -> Members:
        versions = self._all_versions(self._function(region, given["FunctionName"])[0])
        return self._page("Versions", {(number,): members for number, members in versions.items()}, given)

    def _all_versions(self, function: Function) -> dict[int, Members]:
        latest = function.describe() | {"FunctionArn": f"{function.arn}:$LATEST"}
        return {number: _brief(members) for number, members in {0: latest, **function.versions}.items()}

    def _list_aliases(self, region: str, given: Members) -> Members:
        aliases = self._function(region, given["FunctionName"])[0].aliases
        wanted = given.get("FunctionVersion")
        found = {(name,): alias for name, alias in aliases.items() if wanted in {None, alias["FunctionVersion"]}}
        return self._page("Aliases", found, given)


def _brief(configuration: Members) -> Members:
    return {name: value for name, value in configuration.items() if name not in NOT_LISTED}
