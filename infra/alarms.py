"""Where failures end up: a dead-letter queue for each trigger, and the topic that tells the operators."""

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledging import acknowledge
from infra.options import Options


class Alarms(Construct):
    """The topic `operations`, which every alarm of the stack tells; the operator's mail address subscribes to it."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        super().__init__(scope, construct_id)
        # No KMS key: CloudWatch may not use the one AWS manages for SNS, and a key of our own costs when idle.
        self.operations = sns.Topic(
            self, "Operations", display_name="Modelyard operations", enforce_ssl=options.tls_only
        )
        self.operations.add_to_resource_policy(self._alarms_may_publish())
        if options.operator:
            self.operations.add_subscription(subscriptions.EmailSubscription(options.operator))

    def watch(self, construct_id: str, metric: cloudwatch.Metric, *, above: float, description: str) -> None:
        """Alarm as soon as `metric` is above a value; no data is good news."""
        alarm = metric.create_alarm(
            self,
            construct_id,
            alarm_description=description,
            threshold=above,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(actions.SnsAction(self.operations))

    def _alarms_may_publish(self) -> iam.PolicyStatement:
        stack = Stack.of(self)
        alarms = stack.format_arn(
            service="cloudwatch", resource="alarm", resource_name="*", arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        return iam.PolicyStatement(
            sid="AlarmsMayPublish",
            principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
            actions=["sns:Publish"],
            resources=[self.operations.topic_arn],
            conditions={"ArnLike": {"aws:SourceArn": alarms}, "StringEquals": {"aws:SourceAccount": stack.account}},
        )


class DeadLetters(Construct):
    """The queue of one trigger's dead letters, kept for 14 days; any message in it is an alarm."""

    def __init__(self, scope: Construct, construct_id: str, *, trigger: str, alarms: Alarms, options: Options) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=options.tls_only,
            retention_period=Duration.days(14),
        )
        alarms.watch(
            f"{construct_id}Waiting",
            self.queue.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
            above=0,
            description=f"The trigger '{trigger}' gave up on an event: see its dead-letter queue.",
        )
        acknowledge(self.queue, "AwsSolutions-SQS3", "This queue is itself where dead letters go.")
