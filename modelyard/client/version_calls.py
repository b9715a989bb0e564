"""Versions: register, get, list, update, upload, complete, verify, move, resolve."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypedDict, Unpack

from modelyard.client.api import segment, shape_request
from modelyard.client.calls import Calls, Moment, Value, as_moment, as_numbers, as_text, changed_tags, each, truth
from modelyard.contract.requests import (
    BaseRequest,
    CreateVersionRequest,
    DatasetRequest,
    DeletionRequest,
    EnvironmentRequest,
    FileRequest,
    RunRequest,
    SourceRequest,
    TransitionRequest,
    UpdateVersionRequest,
)
from modelyard.contract.responses import (
    FilePageResponse,
    FileResponse,
    RegisteredResponse,
    ResolvedResponse,
    UploadPageResponse,
    VersionPageResponse,
    VersionResponse,
)


class VersionFacts(TypedDict, total=False):
    """What can be said about a version when it is registered, beside its files."""

    description: str
    tags: Mapping[str, Value]
    params: Mapping[str, Value]
    metrics: Mapping[str, float]
    source_commit: str
    datasets: Sequence[DatasetRequest]
    run_url: str
    directions: Mapping[str, Literal["higher", "lower"]]
    source: SourceRequest
    run: RunRequest
    bases: Sequence[BaseRequest]
    environment: EnvironmentRequest
    card: str


def version_request(files: Sequence[FileRequest], facts: VersionFacts) -> CreateVersionRequest:
    """The body that registers a version of these files."""
    return shape_request(
        CreateVersionRequest,
        files=list(files),
        description=facts.get("description", ""),
        tags=as_text(facts.get("tags")),
        params=as_text(facts.get("params")),
        metrics=as_numbers(facts.get("metrics")),
        source_commit=facts.get("source_commit", ""),
        datasets=list(facts.get("datasets", ())),
        run_url=facts.get("run_url", ""),
        directions=dict(facts.get("directions", {})),
        source=facts.get("source", SourceRequest()),
        run=facts.get("run", RunRequest()),
        bases=list(facts.get("bases", ())),
        environment=facts.get("environment", EnvironmentRequest()),
        card=facts.get("card", ""),
    )


class VersionCalls(Calls):
    """The API of versions. A model is named by its name or its id."""

    def register(
        self, name: str, files: Sequence[FileRequest], *, key: str | None = None, **facts: Unpack[VersionFacts]
    ) -> RegisteredResponse:
        """A new version of a model that exists, and the first page of what must be sent for it."""
        return self.register_version(name, version_request(files, facts), key=key)

    def register_version(self, name: str, body: CreateVersionRequest, *, key: str | None = None) -> RegisteredResponse:
        """As `register`, from a request that is already made."""
        return self._api.post(f"/v1/models/{segment(name)}/versions", RegisteredResponse, body, key=key)

    def get_version(self, name: str, number: int, *, at: Moment | None = None) -> VersionResponse:
        """A version, as it was at a moment if one is given; NotFound when there is none."""
        return self._api.get(_path(name, number), VersionResponse, {"at": as_moment(at)})

    def list_versions(
        self, name: str, stage: str | None = None, *, at: Moment | None = None, deleted: bool = False
    ) -> Iterator[VersionResponse]:
        """A model's versions, newest first, now or at a moment; only those that stand in `stage` if it is given.

        Versions that are deleted are among them only if `deleted` says so.
        """

        def page(cursor: str | None) -> VersionPageResponse:
            query = {"limit": 1000, "cursor": cursor, "stage": stage, "at": as_moment(at), "deleted": truth(deleted)}
            return self._api.get(f"/v1/models/{segment(name)}/versions", VersionPageResponse, query)

        return each(page)

    def update_version(
        self,
        name: str,
        number: int,
        *,
        description: str | None = None,
        tags: Mapping[str, Value | None] | None = None,
        card: str | None = None,
        if_match: str | None = None,
    ) -> VersionResponse:
        """The version with these changes: what is None stays; a tag given as None goes, and so does a card given as ''.

        `if_match` is an ETag; PreconditionFailed when the version is no longer at it.
        """
        body = shape_request(UpdateVersionRequest, description=description, tags=changed_tags(tags), card=card)
        return self._api.patch(_path(name, number), VersionResponse, body, if_match=if_match)

    def delete_version(
        self, name: str, number: int, *, force: bool = False, reason: str = "", key: str | None = None
    ) -> VersionResponse:
        """The version, deleted; `deleted.purge_at` says until when it can be restored.

        InUse when it stands in a stage that serves or has aliases; with `force` it leaves them in the same step.
        """
        body = DeletionRequest(force=force, reason=reason)
        return self._api.post(f"{_path(name, number)}/delete", VersionResponse, body, key=key)

    def restore_version(self, name: str, number: int, *, key: str | None = None) -> VersionResponse:
        """The version as it was before it was deleted, a ready one once it is proven. NotFound when it is purged."""
        return self._api.post(f"{_path(name, number)}/restore", VersionResponse, key=key)

    def uploads(self, name: str, number: int, cursor: str | None = None) -> UploadPageResponse:
        """A page of what must still be sent."""
        return self._api.get(f"{_path(name, number)}/uploads", UploadPageResponse, {"cursor": cursor})

    def complete(self, name: str, number: int) -> VersionResponse:
        """Say that everything was sent: proof begins. UploadIncomplete when something is missing."""
        return self._api.post(f"{_path(name, number)}/complete", VersionResponse)

    def verify(self, name: str, number: int) -> VersionResponse:
        """Ask for proof again: storage is read anew. The answer is the version's, later."""
        return self._api.post(f"{_path(name, number)}/verify", VersionResponse)

    def files(self, name: str, number: int) -> Iterator[FileResponse]:
        """All files of a version in the order of their paths, with signed downloads when it is ready."""
        return each(lambda cursor: self.files_page(name, number, cursor))

    def files_page(
        self, name: str, number: int, cursor: str | None = None, *, deleted: bool = False
    ) -> FilePageResponse:
        """One page of them; with `deleted`, with downloads of what is deleted and can be restored, too."""
        query = {"cursor": cursor, "deleted": truth(deleted)}
        return self._api.get(f"{_path(name, number)}/files", FilePageResponse, query)

    def transition(
        self,
        name: str,
        number: int,
        stage: str,
        *,
        comment: str = "",
        replace: bool = False,
        key: str | None = None,
        if_match: str | None = None,
    ) -> VersionResponse:
        """Move a version to a stage; TransitionRefused lists in `facts` which requirement did not hold.

        With `replace`, the versions that stand there go to the last stage in the same step. `if_match` is an ETag;
        PreconditionFailed when the version is no longer at it.
        """
        body = shape_request(TransitionRequest, stage=stage, comment=comment, replace=replace)
        path = f"{_path(name, number)}/transitions"
        return self._api.post(path, VersionResponse, body, key=key, if_match=if_match)

    def resolve(self, reference: str, *, at: Moment | None = None) -> ResolvedResponse:
        """The ready version that `reference` stands for, and the first page of its files with signed downloads.

        At a moment, the one that it stood for then; its files can be fetched if `state_now` says `ready`.
        """
        return self._api.get("/v1/resolve", ResolvedResponse, {"ref": reference, "at": as_moment(at)})


def _path(name: str, number: int) -> str:
    return f"/v1/models/{segment(name)}/versions/{number}"
