"""Models: create, get, list, update."""

from collections.abc import Iterator, Mapping

from modelyard.client.api import segment, shape_request
from modelyard.client.calls import Calls, Moment, Value, as_moment, as_text, changed_tags, each, truth
from modelyard.contract.requests import CreateModelRequest, DeletionRequest, RenameModelRequest, UpdateModelRequest
from modelyard.contract.responses import ModelPageResponse, ModelResponse


class ModelCalls(Calls):
    """The API of models. A model is named by its name or its id."""

    def create_model(
        self,
        name: str,
        *,
        description: str = "",
        owner: str = "",
        tags: Mapping[str, Value] | None = None,
        key: str | None = None,
    ) -> ModelResponse:
        """A new model; AlreadyExists when the name is taken. The same `key` (Idempotency-Key) gives the same answer."""
        body = shape_request(CreateModelRequest, name=name, description=description, owner=owner, tags=as_text(tags))
        return self._api.post("/v1/models", ModelResponse, body, key=key)

    def get_model(self, name: str, *, at: Moment | None = None) -> ModelResponse:
        """A model, as it was at a moment if one is given; NotFound when there is none."""
        return self._api.get(f"/v1/models/{segment(name)}", ModelResponse, {"at": as_moment(at)})

    def list_models(
        self, prefix: str = "", *, at: Moment | None = None, deleted: bool = False
    ) -> Iterator[ModelResponse]:
        """All models whose names begin with `prefix`, in the order of their names; as they were at a moment, if given.

        Then the names are those that they had, and the order is that of the names they have now. Models that are
        deleted are among them only if `deleted` says so.
        """

        def page(cursor: str | None) -> ModelPageResponse:
            query = {"limit": 1000, "cursor": cursor, "prefix": prefix or None, "at": as_moment(at)}
            query |= {"deleted": truth(deleted)}
            return self._api.get("/v1/models", ModelPageResponse, query)

        return each(page)

    def update_model(
        self,
        name: str,
        *,
        description: str | None = None,
        owner: str | None = None,
        tags: Mapping[str, Value | None] | None = None,
        if_match: str | None = None,
    ) -> ModelResponse:
        """The model with these changes: what is None stays, a tag given as None goes.

        `if_match` is an ETag; PreconditionFailed when the model is no longer at it.
        """
        body = shape_request(UpdateModelRequest, description=description, owner=owner, tags=changed_tags(tags))
        return self._api.patch(f"/v1/models/{segment(name)}", ModelResponse, body, if_match=if_match)

    def rename_model(self, name: str, to: str, *, key: str | None = None) -> ModelResponse:
        """The model under another name; whatever used a former name goes on finding it.

        AlreadyExists when another model has the name, or had it.
        """
        body = shape_request(RenameModelRequest, name=to)
        return self._api.post(f"/v1/models/{segment(name)}/rename", ModelResponse, body, key=key)

    def delete_model(
        self, name: str, *, force: bool = False, reason: str = "", key: str | None = None
    ) -> ModelResponse:
        """The model, deleted with all its versions; `deleted.purge_at` says until when it can be restored.

        InUse when versions of it stand in stages that serve or have aliases, unless `force` is given.
        """
        body = DeletionRequest(force=force, reason=reason)
        return self._api.post(f"/v1/models/{segment(name)}/delete", ModelResponse, body, key=key)

    def restore_model(self, name: str, *, key: str | None = None) -> ModelResponse:
        """The model as it was before it was deleted; NotFound once it is purged."""
        return self._api.post(f"/v1/models/{segment(name)}/restore", ModelResponse, key=key)
