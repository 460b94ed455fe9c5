"""Dumps by schedule: a CronJob with mongodump onto a volume of its own, which stays with the data."""

from pacific_mongodb.database import Database, Object
from pacific_mongodb.desired.crx import restricted, restricted_container, secret_variable
from pacific_mongodb.desired.metadata import metadata

_DUMP = """\
file=/backup/$(date -u +%Y%m%dT%H%M%SZ).archive.gz
mongodump --uri "$MONGODB_URI" --gzip --archive="$file.part"
mv "$file.part" "$file"
ls -1 /backup/*.archive.gz | sort -r | tail -n +$((KEEP + 1)) | xargs -r rm --
printf %s "${file##*/}" > /dev/termination-log
"""


def backup_objects(database: Database) -> list[Object]:
    """The CronJob and its volume; none where no backup is wanted."""
    backup = database.backup
    if backup is None:
        return []
    name = f"{database.name}-backup"
    container = {
        "name": "mongodump",
        "image": backup.image,
        "command": ["sh", "-ec", _DUMP],
        "env": [secret_variable("MONGODB_URI", database, "uri"), {"name": "KEEP", "value": str(backup.keep)}],
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}},
        "securityContext": restricted_container(),
        # Its last line is the file's name, or why no dump was written. backups.py reports it.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [{"name": "backup", "mountPath": "/backup"}],
    }
    pod = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": restricted(),
        "containers": [container],
        "volumes": [{"name": "backup", "persistentVolumeClaim": {"claimName": name}}],
    }
    labels = {**database.labels, **backup_selector(database)}
    return [
        volume_claim(database, name, backup.size),
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": metadata(database, name),
            "spec": {
                "schedule": backup.schedule,
                "timeZone": "Etc/UTC",
                "concurrencyPolicy": "Forbid",
                "jobTemplate": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "backoffLimit": 2,
                        "activeDeadlineSeconds": 6 * 3600,
                        "template": {"metadata": {"labels": labels}, "spec": pod},
                    },
                },
            },
        },
    ]


def backup_selector(database: Database) -> dict[str, str]:
    """Labels of the schedule's Jobs and their pods: other ones than a member's, which Services count."""
    return {**database.selector, "app.kubernetes.io/name": "mongodb-backup"}


def volume_claim(database: Database, name: str, size: str) -> Object:
    """A volume that stays when the database goes."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(database, name, owned=False),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            **({"storageClassName": database.storage_class} if database.storage_class else {}),
        },
    }
