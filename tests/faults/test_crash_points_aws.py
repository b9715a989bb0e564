"""Every call to AWS fails once before and once after its effect, by botocore's own hooks, and is then tried again.

moto is slow, so that here one story holds many failures: each request's first attempt fails at its first call, its
second attempt at its second call, and so on.
"""

from collections import Counter

import pytest
from moto.s3 import models as moto_s3

from tests.faults import story
from tests.faults.aws_yard import aws_yard
from tests.faults.crashing import Plan, Relentless, Unheard, When
from tests.faults.invariants import check_all

pytestmark = pytest.mark.usefixtures("small_parts")


@pytest.fixture(autouse=True)
def tiny_parts(monkeypatch):
    """Moto refuses small parts as S3 does, but here all parts are small."""
    monkeypatch.setattr(moto_s3, "S3_UPLOAD_PART_MIN_SIZE", 1)


def told_with(plan: Plan) -> None:
    with aws_yard() as yard:
        yard.fail(plan)
        story.tell(yard)
        yard.mend()
        story.check_end(yard)
        check_all(yard)
        assert bool(yard.failures) == (type(plan) is not Plan)


WRITING = {
    *("dynamodb.TransactWriteItems", "dynamodb.DeleteItem", "eventbridge.PutEvents", "sns.Publish"),
    *("s3.CreateMultipartUpload", "s3.CompleteMultipartUpload", "s3.DeleteObject"),
}
READING = {
    *("dynamodb.GetItem", "dynamodb.BatchGetItem", "dynamodb.Query", "s3.HeadObject", "s3.GetObject"),
    *("s3.ListParts", "s3.ListMultipartUploads"),
}


def test_a_lost_answer_of_each_kind_is_made_good():
    """Of each kind of call, one has its effect and nobody hears of it; between them the story goes its usual way."""
    clean = Plan()
    told_with(clean)
    assert set(clean.calls) == WRITING | READING | {"door.put"}
    counts = Counter(name for name in clean.calls if name in WRITING)
    for share in (0.0, 0.7):
        plan = Unheard({name: int(share * (count - 1)) for name, count in counts.items()})
        told_with(plan)
        assert set(plan.unheard) == WRITING


@pytest.mark.parametrize(
    ("when", "dying"), [(When.BEFORE, False), (When.AFTER, False), (When.AFTER, True)], ids=["before", "after", "dies"]
)
def test_every_call_to_aws_may_fail_one_after_another(when, dying):
    plan = Relentless(when, dying=dying)
    told_with(plan)
    assert len(plan.fired) > 100
