"""The registry on AWS: a table of contents. What there is, who may use what, and what a client needs to know."""

from functools import partial
from pathlib import Path

from aws_cdk import Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.api import Door, iam_authorizer, jwt_authorizer
from infra.bus import NewsTopic, RegistryBus
from infra.functions import Codes, Functions
from infra.options import Options
from infra.outputs import names_of, tell
from infra.page import Page
from infra.reactions import Emitters, Reactions
from infra.storage import BlobStorage
from infra.table import CatalogueTable


class ModelyardStack(Stack):
    """Everything one registry needs, in one stack."""

    def __init__(self, scope: Construct, construct_id: str, *, code: Codes, page: Path, options: Options) -> None:
        super().__init__(scope, construct_id, description="Modelyard: a model registry with no server to run")
        alarms = Alarms(self, "Alarms", options=options)
        table = CatalogueTable(self, "Catalogue", options=options)
        blobs = BlobStorage(self, "Blobs", options=options)
        bus = RegistryBus(self, "Events", options=options)
        news = NewsTopic(self, "News", options=options)

        functions = Functions(self, "Functions", code=code, options=options)
        Reactions(self, "Reactions", functions, Emitters(table, blobs, bus), alarms=alarms, options=options)

        for name in ("api", "verify", "sweep", "rename", "attest"):
            table.grant_commands(functions[name])
        table.grant_placing(functions["relay"])
        table.grant_indexing(functions["index"])
        blobs.grant_signing(functions["api"])
        blobs.grant_proving(functions["verify"])
        blobs.grant_reading(functions["attest"])
        blobs.grant_removing(functions["sweep"])
        for name in ("relay", "sweep"):
            bus.grant_publish(functions[name])
        news.grant_publish(functions["notify"])

        door = partial(Door, self, handler=functions["api"], alarms=alarms, options=options)
        outputs = names_of(table=table, blobs=blobs, bus=bus, news=news, alarms=alarms)
        outputs["ApiUrl"] = door("Pipelines", authorizer=iam_authorizer()).url
        if options.issuer:
            people = door("People", authorizer=jwt_authorizer(options)).url
            made = Page(self, "Page", folder=page, door=people, blobs=blobs.bucket, options=options)
            outputs |= {"PeopleApiUrl": people, "PageUrl": made.url}
        tell(self, outputs)
