"""The production layout on this machine, without containers: `python -m deploy.local`.

Reads `docker-compose.yml` and starts the same commands with the same environment as processes: nginx with
the same configuration, the routers, the nine subgraphs, the bank, the jobs `migrate` and `demo`; secrets come
from `deploy/make-secrets`. In the stores' place stand PostgreSQL with the roles of `deploy/postgres`,
a Redis, a RabbitMQ, `nx-27017` for MongoDB (which checks no passwords), an SMTP catcher for mailpit.
Prometheus, Grafana and Jaeger are left out.

Tests use `LocalStack`. Must never touch a server that it did not start. Unlike Compose it
does not restart a process that ended: the test that killed it does.
"""

from deploy.environment import use_project_environment

use_project_environment("deploy.local")

from deploy.local.processes import Process, StartFailed
from deploy.local.stack import LocalStack

__all__ = ["LocalStack", "Process", "StartFailed"]
